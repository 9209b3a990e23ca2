package reports_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports"
)

func readAnswer[T any](t testing.TB, answer *httptest.ResponseRecorder) (got T) {
	t.Helper()
	if answer.Code != http.StatusOK {
		t.Fatalf("answered with %d: %s", answer.Code, answer.Body)
	}
	must(t, json.Unmarshal(answer.Body.Bytes(), &got))
	return got
}

func TestTrend(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i := range 6 {
		s.paid(s.tenancies[i], "2026-10-31", 1)
	}
	for i := range 8 {
		s.paid(s.tenancies[i], "2026-11-21", 1)
	}
	for _, at := range []string{"basis=districts_2024", "basis=districts_2024&locality=568", "market=" +
		s.market.String()} {
		trend := readAnswer[reports.Trend](t,
			s.get(s.province, "/api/v1/reports/trend?indicator=I05&from=2026-09&to=2026-11&"+at))
		got := ""
		for _, p := range trend.Points {
			got += p.AsOf + " " + shortFigure(p.Figure) + " "
		}
		if got != "2026-10-01 0/12 2026-11-01 6/12 2026-11-22 8/12 " {
			t.Errorf("%s: %s", at, got)
		}
	}
	// The months count back from the last one and stop where the data begins. An explicit first
	// month before the data is refused.
	for query, want := range map[string]int{
		"to=2024-08&months=18": 4, "to=2026-10&months=18": 18,
		"to=2024-04&months=6": 0, "months=1": 1,
	} {
		if got := len(readAnswer[reports.Trend](t, s.get(s.province, "/api/v1/reports/trend?indicator=I05&"+
			query)).Points); got != want {
			t.Errorf("%s has %d points, not %d", query, got, want)
		}
	}
	for _, months := range []string{"0", "61", "-1", "x"} {
		if answer := s.get(s.province, "/api/v1/reports/trend?indicator=I05&months="+
			months); answer.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s months are answered with %d", months, answer.Code)
		}
	}
	for query, want := range map[string]string{
		"indicator=I05&from=2026-01&months=3": "one_start",
		"indicator=I99":                       "unknown_value", "indicator=I05&basis=x": "unknown_value",
		"indicator=I05&from=2021-11&to=2026-11": "period_long", "indicator=I05&from=2026-11&to=2026-10": "period_order",
		"indicator=I05&from=2024-01&to=2024-12": "before_data", "indicator=I05&to=2026-12": "as_of_in_future",
		"indicator=I05&from=11/2026": "month_form", "indicator=I05&locality=99999": "not_found",
		"indicator=I05&campaign=NONE": "not_found", "indicator=I05&market=" + uuid.NewString(): "not_found",
		"indicator=I05&locality=568&market=" + s.market.String(): "one_place",
	} {
		var problem struct{ Code string }
		must(t, json.Unmarshal(s.get(s.province, "/api/v1/reports/trend?"+query).Body.Bytes(), &problem))
		if problem.Code != want {
			t.Errorf("%s is refused by %q, not %s", query, problem.Code, want)
		}
	}
	for _, d := range []string{"I01", "I06", "I13", "I15", "I17", "I19", "I22", "I24"} {
		readAnswer[reports.Trend](t, s.get(s.province, "/api/v1/reports/trend?from=2026-10&indicator="+d))
	}
}

func TestTheMarketPage(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	s.Exec(`UPDATE stalls SET zone = z.zone FROM (SELECT stall_id, CASE WHEN n <= 2 THEN 'A' WHEN n <= 7 THEN 'B'
		ELSE 'C' END AS zone
		FROM (SELECT t.stall_id, array_position($1::uuid[], t.id) AS n FROM tenancies t) x WHERE n IS NOT NULL) z
		WHERE z.stall_id = stalls.id`, s.tenancies)
	s.Exec(`UPDATE markets SET parts_by = 'zone'`)
	// one merchant of zone B has not joined
	s.Exec(`DELETE FROM tenancy_accounts WHERE tenancy_id = $1`, s.tenancies[3])
	for i := range 12 {
		if i == 3 {
			continue
		}
		s.paid(s.tenancies[i], "2026-11-20", 1)
		s.scanned(s.tenancies[i], s.staff, "official", "2026-11-10T09:00:00+07:00")
	}
	page := readAnswer[reports.MarketPage](t, s.get(s.province, "/api/v1/reports/markets/"+s.market.String()))
	got := ""
	for _, z := range page.Zones {
		got += *z.Zone + " " + shortFigure(z.Figures["I05"]) + " "
	}
	// Zone A has two merchants. In zone B four merchants are active.
	if got != "A hidden/2 B hidden/5 C 5/5 " || shortFigure(page.Figures["I05"]) != "11/12" || *page.Unchecked != 11 ||
		*page.Dormant != 0 {
		t.Errorf("%s of %s, unchecked %v", got, shortFigure(page.Figures["I05"]), page.Unchecked)
	}
	drill := readAnswer[reports.DrillDown](t,
		s.get(s.province, "/api/v1/reports/drill-down?indicator=I05&by=zone&basis=districts_2024&locality=568"))
	if len(drill.Parts) != 3 || shortFigure(drill.Parts[2].Figure) != "5/5" || !drill.Parts[0].Figure.Suppressed ||
		shortFigure(drill.Figure) != "11/12" {
		t.Errorf("%+v", drill)
	}
	byMarket := readAnswer[reports.DrillDown](t,
		s.get(s.province, "/api/v1/reports/drill-down?indicator=I09&basis=districts_2024"))
	if len(byMarket.Parts) != 1 || shortFigure(byMarket.Parts[0].Figure) != "11/11" {
		t.Errorf("%+v", byMarket)
	}
	ownPage := s.get(s.manager, "/api/v1/reports/markets/"+s.market.String())
	if own := readAnswer[reports.MarketPage](t, ownPage); shortFigure(own.Zones[0].Figures["I05"]) != "2/2" {
		t.Error("the market's own manager does not see a small count")
	}
	for query, want := range map[string]int{
		"indicator=I09&by=zone": 422, "indicator=I05&by=x": 422,
		"indicator=I77": 422, "indicator=I05&as_of=2020-01-01": 422, "indicator=I05&locality=x": 404,
	} {
		if got := s.get(s.province, "/api/v1/reports/drill-down?"+query).Code; got != want {
			t.Errorf("%s is answered with %d", query, got)
		}
	}
	if got := s.get(s.Key(roles.LocalityOfficer, "locality:569"), "/api/v1/reports/markets/"+
		s.market.String()).Code; got != http.StatusNotFound {
		t.Errorf("another locality's officer is answered with %d", got)
	}
}

func TestTheDormantList(t *testing.T) {
	t.Parallel()
	s := newTestStand(t)
	for i := range 4 {
		s.scanned(s.tenancies[i], s.staff, "official", "2026-11-10T09:00:00+07:00")
	}
	s.paid(s.tenancies[0], "2026-11-20", 1)
	s.paid(s.tenancies[1], "2026-10-01", 1)
	s.Exec(`INSERT INTO consents (id, merchant_id, purpose, version, given, how, actor_id, at)
		SELECT gen_random_uuid(), merchant_id, 'dormant_list', 1, true, 'paper', $2, now() FROM tenancies
		WHERE id = ANY ($1)`, s.tenancies[:3], s.staff)
	s.Exec(`INSERT INTO refusals (id, market_id, tenancy_id, kind, reason, said_on, actor_id, recorded_at)
		VALUES ($1, $2, $3, 'refusal', 'tax', '2026-11-01', $4, now())`, uuid.New(), s.market, s.tenancies[1], s.staff)
	type list struct{ Items []reports.DormantStall }
	path := "/api/v1/markets/" + s.market.String() + "/dormant"
	for _, role := range []roles.Role{roles.Manager, roles.Team} {
		got := readAnswer[list](t, s.get(s.Key(role, "market:DAM"), path)).Items
		if len(got) != 2 {
			t.Fatalf("%s sees %+v", role, got)
		}
		for _, item := range got {
			if item.LastPayment != nil && (*item.LastPayment != "2026-10-01" || *item.RefusalReason != "tax") {
				t.Errorf("%+v", item)
			}
		}
	}
	if got := s.get(s.province, path).Code; got != http.StatusForbidden {
		t.Errorf("an officer is answered with %d", got)
	}
	s.Exec(`DELETE FROM connection_days`)
	if got := readAnswer[list](t, s.get(s.manager, path)).Items; len(got) != 0 {
		t.Errorf("a merchant who is not observed is on the list: %+v", got)
	}
}

// Three hidden markets are the pilots of three districts. The total of all pilots and the other
// figures of each district together would reveal one of them. Both totals stay visible.
func TestPilotsThatOverlapDistricts(t *testing.T) {
	t.Parallel()
	w := newNovember(t)
	admin := w.Key(roles.Admin, "")
	campaign := uuid.New()
	w.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
		VALUES ($1, 'CHO40', 'x', 'x', 'districts_2024', '2026-01-01', $2, now())`, campaign, w.staff)
	for i, c := range []crowd{
		{merchants: 9, noticed: 5},
		{merchants: 5, noticed: 2},
		{merchants: 6, noticed: 3},
		{merchants: 13, noticed: 8},
		{merchants: 10, noticed: 3},
		{merchants: 12, noticed: 4},
		{merchants: 10, noticed: 5},
		{merchants: 14, noticed: 7},
	} {
		c.registered = c.merchants
		market := w.AddMarket(fmt.Sprintf("M%d", i), communes[i%len(communes)]...)
		w.crowd(market, c)
		if district := map[int]string{2: "568", 4: "569", 5: "572"}[i]; district != "" {
			w.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
				SELECT $1, $2, locality_id, $3, '[2026-01-01,)', $4, now() FROM locality_versions
				WHERE level = 'district' AND code = $5`, uuid.New(), campaign, market, w.staff, district)
		}
	}
	// 22 is the total of unit 568 without the 17 merchants that are visible in it: M1 and M2. The
	// total without 568 and M3 is M4 and M5. The pilots are M2, M4 and M5.
	got := map[string]string{}
	for _, of := range []string{"", "&campaign=CHO40"} {
		got[of] = shortFigure(w.adoption(admin, "basis=districts_2024"+of).Total["I05"])
	}
	if got[""] != "37/79" || got["&campaign=CHO40"] != "10/28" {
		t.Errorf("the totals are %v", got)
	}
	for _, found := range w.attack(admin, asOf, "CHO40").findings() {
		t.Error(found)
	}
}
