package programme_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/reports/programme"
)

// states lists each locality with its code and state.
func (w *world) states(key, path string) string {
	w.T.Helper()
	var list []string
	for _, i := range w.Call(key, "GET", path, nil, 200).Items() {
		list = append(list, i.Text("locality.code")+" "+i.Text("state"))
	}
	return strings.Join(list, ", ")
}

func TestEveryRequiredLocality(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots"
	dam := w.market("DAM", "568", "22366")
	chosen := w.Call(w.admin, "PUT", at+"/568", object{"market_id": dam}, 200)
	if chosen.Text("state") != "chosen" || chosen.Text("market.code") != "DAM" ||
		chosen.Text("since") != "2024-05-28" || chosen.Text("milestones.chosen") != "2024-05-28" {
		t.Errorf("chosen: %v", chosen)
	}
	exempt := w.Call(w.admin, "PUT", at+"/576", object{"exempt_reason": "Trường Sa không có chợ"}, 200)
	if exempt.Text("state") != "exempt" || exempt["market"] != nil ||
		exempt.Text("exempt_reason") != "Trường Sa không có chợ" || exempt.Member("milestones")["chosen"] != nil {
		t.Errorf("exempt: %v", exempt)
	}
	if got := w.states(
		w.admin,
		at,
	); got != "568 chosen, 569 missing, 570 missing, 571 missing, 572 missing, 573 missing, 574 missing, 575 missing, 576 exempt" {
		t.Error(got)
	}
	first := w.Call(w.admin, "GET", at+"?state=missing&limit=3", nil, 200)
	if got := w.states(w.admin, at+"?state=missing&limit=10&after="+
		first.Text("next")); got != "572 missing, 573 missing, 574 missing, 575 missing" {
		t.Errorf("the next page of localities without a choice: %s", got)
	}
	for _, path := range []string{"/22366", "/999", "/" + dam} {
		w.Refuse(w.admin, "PUT", at+path, object{"market_id": dam}, 404, "not_found")
	}
}

func TestDesignationHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots/568"
	dam, moi := w.market("DAM", "568", "22366"), w.market("MOI", "568", "22366")
	w.Call(w.admin, "PUT", at, object{"market_id": dam}, 200)
	w.Call(w.admin, "PUT", at, object{"market_id": dam}, 200) // repeated: nothing changes
	w.Call(w.admin, "PUT", at, object{"market_id": moi, "since": "2026-01-01"}, 200)
	w.Call(w.admin, "PUT", at, object{"exempt_reason": "sửa chợ"}, 200)
	now := w.Call(w.admin, "PUT", at, object{"market_id": moi}, 200) // on the same day
	var reported []string
	for _, h := range now.List("history") {
		reported = append(
			reported,
			h.Text("market.code")+h.Text("exempt_reason")+" "+h.Text("since")+"–"+h.Text("until"),
		)
	}
	if got, want := strings.Join(reported, ", "),
		"DAM 2024-05-28–2026-01-01, MOI 2026-01-01–2026-11-22, sửa chợ –, MOI 2026-11-22–"; got != want {
		t.Errorf("the history is %s, not %s", got, want)
	}
	// A correction of the past cuts the designations that it overlaps.
	w.Call(w.admin, "PUT", at, object{"market_id": dam, "since": "2025-01-01"}, 200)
	now = w.Call(w.admin, "PUT", at, object{"market_id": dam}, 200)
	if now.Text("since") != "2025-01-01" || len(now.List("history")) != 5 ||
		now.List("history")[0].Text("until") != "2025-01-01" || now.List("history")[1]["since"] != nil {
		t.Errorf("after a correction: %v", now)
	}
}

func TestDesignationsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots/"
	dam, ngoi := w.market("DAM", "568", "22366"), w.market("BA-NGOI", "569", "22420")
	w.Call(w.admin, "PUT", at+"569", object{"market_id": ngoi}, 200)
	for _, tt := range []struct {
		body   object
		status int
		code   string
	}{
		{object{"market_id": ngoi}, 422, "market_elsewhere"},
		{object{"market_id": "019a0000-0000-7000-8000-000000000000"}, 422, "unknown_market"},
		{object{"market_id": "DAM"}, 422, "unknown_market"},
		{object{}, 422, "market_or_exemption"},
		{object{"market_id": dam, "exempt_reason": "x"}, 422, "market_or_exemption"},
		{object{"exempt_reason": "  "}, 422, "market_or_exemption"},
		{object{"exempt_reason": "mi\x1b[31mễn"}, 422, "text_form"},
		{object{"exempt_reason": "kh«ng cã chî nµo"}, 422, "text_encoding"},
		{object{"market_id": dam, "since": "2026-11-23"}, 422, "since_in_future"},
		{object{"market_id": dam, "since": "hôm nay"}, 422, "date_form"},
		{object{"market_id": dam, "since": "2019-01-01"}, 422, "before_campaign"},
	} {
		w.Refuse(w.admin, "PUT", at+"568", tt.body, tt.status, tt.code)
	}
	// A market that was first recorded in the wrong unit stays the pilot of that unit.
	w.Call(w.admin, "PUT", at+"568", object{"market_id": dam}, 200)
	w.Exec(`UPDATE market_places SET locality_id = (SELECT locality_id FROM market_places
		WHERE market_id = $2 AND lower_inf(valid)) WHERE market_id = $1 AND lower_inf(valid)`, dam, ngoi)
	w.Refuse(w.admin, "PUT", at+"569", object{"market_id": dam}, 409, "market_is_pilot")

	w.Call(w.admin, "POST", campaigns, object{
		"code": "OLD", "name": "x", "legal_ref": "x", "starts_on": "2024-05-28",
		"ends_on": "2025-12-31",
	}, 201)
	w.Refuse(w.admin, "PUT", campaigns+"/OLD/pilots/568", object{"exempt_reason": "x", "since": "2026-01-01"}, 409,
		"campaign_ended")
	// on its first day: a record of that time
	w.Call(w.admin, "PUT", campaigns+"/OLD/pilots/569", object{"market_id": dam}, 200)
}

// Before a campaign begins, no locality is missing. A choice made before counts from the first day.
func TestDesignationsBeforeACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dam := w.market("DAM", "568", "22366")
	w.Call(w.admin, "POST", campaigns, object{
		"code": "NEXT", "name": "x", "legal_ref": "x", "basis": "districts_2024",
		"starts_on": "2027-01-01",
	}, 201)
	at := campaigns + "/NEXT/pilots"
	if got := w.states(w.admin, at+"?state=missing"); got != "" {
		t.Errorf("missing before the campaign: %s", got)
	}
	if got := w.states(w.admin, at+"?limit=2"); got != "568 not_required, 569 not_required" {
		t.Errorf("before the campaign: %s", got)
	}
	for _, choice := range []object{
		{"exempt_reason": "sửa chợ"},
		{"market_id": dam, "since": "2026-01-01"},
		{"market_id": dam},
	} {
		now := w.Call(w.admin, "PUT", at+"/568", choice, 200)
		if now.Text("since") != "2027-01-01" {
			t.Errorf("%v counts from %s", choice, now.Text("since"))
		}
	}
	if got := w.states(w.admin, at+"?limit=2"); got != "568 chosen, 569 not_required" {
		t.Errorf("chosen before the campaign: %s", got)
	}
	w.Exec(`UPDATE campaigns SET starts_on = '2026-01-01', ends_on = '2026-11-20'`)
	w.Exec(`UPDATE pilots SET valid = '[2026-01-01,)' WHERE NOT isempty(valid)`)
	if got := w.states(w.admin, at+"?limit=2"); got != "568 chosen, 569 not_required" {
		t.Errorf("after the campaign: %s", got)
	}
	if got := w.states(w.admin, at+"?state=missing"); got != "" {
		t.Errorf("missing after the campaign: %s", got)
	}
	w.Exec(`UPDATE campaigns SET ends_on = '2026-11-21'`)
	if got := w.states(w.admin, at+"?limit=2"); got != "568 chosen, 569 missing" {
		t.Errorf("of its last day: %s", got)
	}
}

// Of two designations at the same time one succeeds. The other was made without knowledge of it and
// is refused.
func TestTwoDesignateAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots/568"
	const many = 6
	markets, answers := [many]string{}, [many]int{}
	for i := range many {
		markets[i] = w.market("M"+string(rune('A'+i)), "568", "22366")
	}
	var together sync.WaitGroup
	for i := range many {
		together.Go(func() { answers[i], _ = w.Try(w.admin, "PUT", at, object{"market_id": markets[i]}) })
	}
	together.Wait()
	won := 0
	for _, status := range answers {
		if status == 200 {
			won++
		} else if status != 409 {
			t.Errorf("one is answered with %d", status)
		}
	}
	var standing, rows int
	must(t, w.DB.Pool.QueryRow(t.Context(),
		`SELECT count(*) FILTER (WHERE upper_inf(valid)), count(*) FROM pilots`).Scan(&standing, &rows))
	// later requests saw an earlier answer, and replaced it
	if won == 0 || standing != 1 || rows != won {
		t.Errorf("%d succeeded, %d of %d designations are current", won, standing, rows)
	}
}

// An office acts for the units that its scope names or contains. After districts ended, it also
// acts for the district that has its pilot in the office's unit. All other localities are not
// found.
func TestWhoActsForALocality(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots"
	dam, ngoi := w.market("DAM", "568", "22366"), w.market("BA-NGOI", "569", "22420")
	district, heir, beside := w.Key(roles.LocalityOfficer, "locality:568"), w.Key(roles.LocalityOfficer,
		"locality:22366"), w.Key(roles.LocalityOfficer, "locality:22333")
	// no pilot is there yet
	w.Refuse(heir, "PUT", at+"/568", object{"market_id": dam}, 404, "not_found")
	w.Call(district, "PUT", at+"/568", object{"market_id": dam}, 200)
	w.Refuse(district, "PUT", at+"/569", object{"market_id": ngoi}, 404, "not_found")
	// the answer does not reveal that the market exists elsewhere
	w.Refuse(district, "PUT", at+"/568", object{"market_id": ngoi}, 422, "unknown_market")
	for key, want := range map[string]string{
		district: "568 chosen", heir: "568 chosen", beside: "",
		w.Key(roles.Manager, "market:DAM"): "568 chosen", w.Key(roles.Auditor, "locality:569"): "569 missing",
	} {
		if got := w.states(key, at); got != want {
			t.Errorf("one sees %q, not %q", got, want)
		}
	}
	w.Call(heir, "PUT", at+"/568/milestones/equipped", object{"reached_on": "2026-02-01"}, 200)
	w.Refuse(beside, "PUT", at+"/568/milestones/equipped", object{"reached_on": "2026-02-01"}, 404, "not_found")
	w.Refuse(w.Key(roles.Manager, "market:DAM"), "PUT", at+"/568", object{"market_id": dam}, 403, "not_allowed")
	if got := w.Call(heir, "PUT", at+"/568", object{"exempt_reason": "chợ cháy"}, 200); got.Text("state") != "exempt" {
		t.Errorf("the steps of the commune are %v", got)
	}
	// it is no longer there
	w.Refuse(heir, "PUT", at+"/568", object{"market_id": dam}, 404, "not_found")
}

// After a district ended and its commune began, an officer sees what the scope names on that day.
func TestDatedScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign()
	lan := uuid.New()
	w.Exec(`INSERT INTO actors (id, role) VALUES ($1, 'locality_officer')`, lan)
	w.Exec(`INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, created_at)
		VALUES ($1, 'lan', 'Lan', 'locality_officer', 'dated', $1, now())`, lan)
	w.Exec(`INSERT INTO user_scopes (user_id, scope_kind, scope_id, valid) SELECT $1, 'locality', locality_id, CASE code
		WHEN '568' THEN daterange(NULL, '2025-07-01') ELSE daterange('2025-07-01', NULL) END
		FROM locality_versions WHERE level = 'district' AND code IN ('568', '569')`, lan)
	p := programme.New(w.DB, time.Now)
	c, err := p.Campaign(t.Context(), "CHO40")
	must(t, err)
	list, err := p.Pilots(t.Context(), roles.Principal{ScopeKind: roles.ScopeDated, ScopeID: &lan}, c, "", web.Page{})
	must(t, err)
	if len(list.Items) != 1 || list.Items[0].Locality.Code != "569" {
		t.Errorf("sees %+v", list.Items)
	}
}

func TestMilestones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/pilots/568"
	steps := at + "/milestones/"
	w.Refuse(w.admin, "PUT", steps+"launched", object{"reached_on": "2026-01-01"}, 409, "no_pilot")
	w.Refuse(w.admin, "DELETE", steps+"launched", nil, 404, "not_found")
	w.Call(w.admin, "PUT", at, object{"market_id": w.market("DAM", "568", "22366")}, 200)
	w.Call(w.admin, "PUT", steps+"launched", object{"reached_on": "2026-03-01", "note": "lễ ra mắt"}, 200)
	w.Call(w.admin, "PUT", steps+"equipped", object{"reached_on": "2026-02-01"}, 200)
	reached := w.Call(w.admin, "PUT", steps+"launched", object{"reached_on": "2026-03-02", "note": "dời một ngày"}, 200)
	if m := reached.Member("milestones"); m.Text("equipped") != "2026-02-01" || m.Text("launched") != "2026-03-02" ||
		m["habitual"] != nil || reached.Text("notes.launched") != "dời một ngày" {
		t.Errorf("reached: %v", reached)
	}
	for _, tt := range []struct{ step, on, code string }{
		{"habitual", "2026-03-01", "milestone_order"},
		{"equipped", "2026-03-03", "milestone_order"},
		{"equipped", "2024-05-27", "before_campaign"},
		{"habitual", "2026-11-23", "date_in_future"},
		{"habitual", "1/1/2026", "date_form"},
		{"chosen", "2026-03-02", "unknown_value"},
	} {
		w.Refuse(w.admin, "PUT", steps+tt.step, object{"reached_on": tt.on}, 422, tt.code)
	}
	for _, tt := range []struct{ note, code string }{
		{"a\x00b", "text_form"},
		{"\u202eđảo chiều", "text_form"},
		{"lÔ ra m¾t chî", "text_encoding"},
		{strings.Repeat("ờ", 501), "invalid"},
	} {
		w.Refuse(w.admin, "PUT", steps+"launched", object{"reached_on": "2026-03-02", "note": tt.note}, 422, tt.code)
	}
	// the designation determines this step
	w.Refuse(w.admin, "DELETE", steps+"chosen", nil, 404, "not_found")
	w.Call(w.admin, "DELETE", steps+"launched", nil, 204)
	w.Refuse(w.admin, "DELETE", steps+"launched", nil, 404, "not_found")
	// The steps belong to the market: the next pilot starts from the beginning.
	next := w.Call(w.admin, "PUT", at, object{"market_id": w.market("MOI", "568", "22366")}, 200)
	if m := next.Member("milestones"); m["equipped"] != nil || m.Text("chosen") != today {
		t.Errorf("the next pilot has reached %v", m)
	}
}
