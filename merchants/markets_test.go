package merchants_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/tenancies"
	"market40/migrations/database/worldtest"
)

func TestAMarketIsRegistered(t *testing.T) {
	w := newWorld(t)
	m := w.Call(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("ba-ngoi", "22366"), 201)
	for path, want := range map[string]string{
		"code": "BA-NGOI", "name": "Chợ ba-ngoi", "class": "1", "kind": "dan_sinh", "latitude": "12.253",
		"longitude":    "109.193",
		"commune_code": "22366", "locality.name": "Phường Nha Trang", "operator.kind": "ban_quan_ly",
		"stall_capacity": "100", "demo": "false",
	} {
		if got := m.Text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if again := w.Call(w.Admin, "GET", "/api/v1/markets/"+m.Text("id"), nil, 200); again.Text("code") != "BA-NGOI" {
		t.Errorf("read again the market is %v", again)
	}
	page := w.Call(w.Admin, "GET", "/api/v1/markets?limit=1", nil, 200)
	next := w.Call(w.Admin, "GET", "/api/v1/markets?limit=1&after="+page.Text("next"), nil, 200)
	if page.Items()[0].Text("code") != "BA-NGOI" || next.Items()[0].Text("code") != "CHODAM" || next["next"] != nil {
		t.Errorf("pages are %v, %v", page, next)
	}
	w.Refuse(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("BA-Ngoi", "22366"), 409, "code_in_use")
	w.Refuse(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("X Y", "22366"), 422, "invalid")
	w.Refuse(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("NOWHERE", "99999"), 422, "unknown_commune")
	w.Refuse(
		w.Admin,
		"POST",
		"/api/v1/markets",
		worldtest.MarketOrder("M1", "22366").With("kind", "mall"),
		422,
		"unknown_value",
	)
	w.Refuse(
		w.Admin,
		"POST",
		"/api/v1/markets",
		worldtest.MarketOrder("M1", "22366").With("class", 4),
		422,
		"unknown_value",
	)
	w.Refuse(
		w.Admin,
		"POST",
		"/api/v1/markets",
		worldtest.MarketOrder("M1", "22366").With("operator.kind", "club"),
		422,
		"unknown_value",
	)
	w.Refuse(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("M1", "22366").With("class", 4), 422,
		"unknown_value")
	w.Refuse(
		w.Admin,
		"POST",
		"/api/v1/markets",
		worldtest.MarketOrder("M1", "22366").With("operator.kind", "club"),
		422,
		"unknown_value",
	)
	w.Refuse(w.Admin, "GET", "/api/v1/markets?after=%25", nil, 422, "cursor_form")
}

// places are a market's dated units, "until..: Name", the earliest first.
func (w *world) places(market string) string {
	w.T.Helper()
	rows, err := w.DB.Pool.Query(w.T.Context(), `SELECT coalesce(lower(p.valid)::text,
		'') || '..' || coalesce(upper(p.valid)::text, '') || ' ' || v.name
		FROM market_places p JOIN locality_versions v ON v.locality_id = p.locality_id
		AND v.valid @> coalesce(lower(p.valid), upper(p.valid) - 1, '2026-01-01')
		WHERE p.market_id = $1 ORDER BY lower(p.valid) NULLS FIRST`, market)
	must(w.T, err)
	places, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.T, err)
	return strings.Join(places, " | ")
}

func TestMarketUnitsFollowTheDate(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ code, commune, places string }{
		// Phường Nha Trang was made of several wards, all of thành phố Nha Trang.
		{"MANY", "22366", "..2025-07-01 Thành phố Nha Trang | 2025-07-01.. Phường Nha Trang"},
		// 22348 was phường Vạn Thạnh, which became, whole, part of phường Nha Trang.
		{"GONE", "22348", "..2025-07-01 Thành phố Nha Trang | 2025-07-01.. Phường Nha Trang"},
		// Phường Ba Ngòi absorbed xã Cam Phước Đông, with the same code and name.
		{"SAME", "22423", "..2025-07-01 Thành phố Cam Ranh | 2025-07-01.. Phường Ba Ngòi"},
	} {
		if got := w.places(w.RegisterMarket(w.Admin, c.code, c.commune)); got != c.places {
			t.Errorf("a market in %s is in %s, want %s", c.commune, got, c.places)
		}
	}
	// Cam Hòa was divided: its code alone does not say where a market is today.
	w.Refuse(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("SPLIT", "22438"), 422, "unknown_commune")
}

func TestMarketOfRenamedUnit(t *testing.T) {
	w := newWorld(t)
	_, err := w.DB.Pool.Exec(t.Context(), `WITH made AS (INSERT INTO localities
		VALUES (gen_random_uuid()), (gen_random_uuid()) RETURNING id),
		pair AS (SELECT min(id::text)::uuid AS old, max(id::text)::uuid AS new FROM made),
		lineage AS (INSERT INTO locality_lineage SELECT old, new, '2025-07-01', false FROM pair)
		INSERT INTO locality_versions (id, locality_id, level, code, name, kind, valid)
		SELECT old, old, 'commune', '99001', 'Xã Cũ', 'xa', '(,2025-07-01)'::daterange FROM pair
		UNION ALL SELECT new, new, 'commune', '99002', 'Xã Mới', 'xa', '[2025-07-01,)' FROM pair`)
	must(t, err)
	for code, commune := range map[string]string{"OLD": "99001", "NEW": "99002"} {
		const want = "..2025-07-01 Xã Cũ | 2025-07-01.. Xã Mới"
		if got := w.places(w.RegisterMarket(w.Admin, code, commune)); got != want {
			t.Errorf("a market in %s is in %s, want %s", commune, got, want)
		}
	}
}

func TestLocalitiesAreListedByBasis(t *testing.T) {
	w := newWorld(t)
	for basis, want := range map[string]struct {
		n      int
		level  string
		parent string
	}{"districts_2024": {9, "district", "56"}, "communes_2025": {65, "commune", "56"}, "current": {
		65, "commune",
		"56",
	}} {
		list := w.Call(w.Admin, "GET", "/api/v1/localities?limit=200&basis="+basis, nil, 200)
		items := list.Items()
		if len(items) != want.n {
			t.Errorf("%s has %d units, want %d", basis, len(items), want.n)
		}
		for _, unit := range items {
			if unit.Text("id") == "" || unit.Text("level") != want.level || unit.Text("name") == "" ||
				unit.Text("parent.code") != want.parent {
				t.Errorf("%s holds %v", basis, unit)
			}
		}
	}
	w.Refuse(w.Admin, "GET", "/api/v1/localities?basis=counties_1890", nil, 422, "unknown_value")
	if banks := w.Call(w.Admin, "GET", "/api/v1/banks?limit=200", nil, 200).Items(); len(banks) != 72 ||
		banks[0].Text("bin") == "" || banks[0].Text("short_name") == "" {
		t.Errorf("%d banks are listed", len(banks))
	}
}

func TestCodesOfUnitsAreReusedAndVersionsNeverOverlap(t *testing.T) {
	w := newWorld(t)
	var names string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(name, ' → ' ORDER BY lower(valid) NULLS FIRST)
		FROM locality_versions WHERE level = 'commune' AND code = '22366'`).Scan(&names))
	if names != "Phường Phước Tiến → Phường Tân Tiến → Phường Nha Trang" {
		t.Errorf("22366 was borne by %s", names)
	}
	for constraint, insert := range map[string]string{
		"locality_one_holder_of_a_code": `INSERT INTO locality_versions (id, locality_id, level, code, name, kind,
			valid)
			SELECT gen_random_uuid(), (SELECT locality_id FROM locality_versions
			WHERE code = '22402' AND upper_inf(valid)), 'commune', '22366', 'x', 'x', '[2024-01-01,2024-02-01)'`,
		"locality_one_version_at_a_time": `INSERT INTO locality_versions (id, locality_id, level, code, name, kind,
			valid)
			SELECT gen_random_uuid(), locality_id, 'commune', '99999', 'x', 'x', '[2026-01-01,)' FROM locality_versions
			WHERE name = 'Phường Nha Trang'`,
		"market_one_place_at_a_time": `INSERT INTO market_places (id, market_id, locality_id, valid)
			SELECT gen_random_uuid(), market_id, locality_id, '[2026-01-01,)' FROM market_places WHERE upper_inf(valid)`,
	} {
		if _, err := w.DB.Pool.Exec(t.Context(), insert); err == nil || !strings.Contains(err.Error(), constraint) {
			t.Errorf("%s did not refuse: %v", constraint, err)
		}
	}
}

func TestOneTenancyAndOneStateAtATime(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	for constraint, insert := range map[string]string{
		"tenancy_one_at_a_time": `INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, created_at)
			SELECT gen_random_uuid(), market_id, stall_id, merchant_id, '[2026-01-01,2026-02-01)', now() FROM tenancies
			WHERE stall_id = $1`,
		"stall_one_state_at_a_time": `INSERT INTO stall_states (id, stall_id, state, valid)
			VALUES (gen_random_uuid(), $1, 'closed', '[2026-01-01,2026-02-01)')`,
	} {
		if _, err := w.DB.Pool.Exec(t.Context(), insert, s.Text("id")); err == nil || !strings.Contains(err.Error(),
			constraint) {
			t.Errorf("%s did not refuse: %v", constraint, err)
		}
	}
}

func TestThousandsOfStallsAreRegisteredAtOnce(t *testing.T) {
	w := newWorld(t)
	const n = 2600
	orders := make([]tenancies.StallOrder, n)
	for i := range orders {
		orders[i] = tenancies.StallOrder{
			Number:   fmt.Sprintf("A%04d", i),
			Merchant: &tenancies.MerchantOrder{FullName: fmt.Sprintf("Người %d", i), Phone: fmt.Sprintf("0900%06d", i)},
			Account: &tenancies.AccountOrder{
				BankBIN: "970436", AccountNumber: fmt.Sprintf("99%08d", i),
				HolderName: "NGUOI", HolderKind: "ca_nhan",
			},
		}
	}
	market, err := w.Registry.RegisterMarket(t.Context(), merchants.MarketOrder{
		Code: "BIG", Name: "Chợ lớn", Class: 1,
		Kind: "khac", CommuneCode: "22366", Demo: true,
	})
	must(t, err)
	began := time.Now()
	stalls, err := w.Registry.RegisterStalls(t.Context(), market.ID, orders)
	must(t, err)
	if took := time.Since(began); took > time.Minute {
		t.Errorf("%d stalls took %s", n, took)
	}
	codes := map[string]bool{}
	for i, s := range stalls {
		if s.Number != orders[i].Number || s.Code == nil || s.Code.Payload == nil ||
			s.Accounts[0].AccountNumber != orders[i].Account.AccountNumber {
			t.Fatalf("stall %d is %+v", i, s)
		}
		codes[s.Code.Code] = true
	}
	if len(codes) != n {
		t.Errorf("%d codes for %d stalls", len(codes), n)
	}
	orders[7].Number, orders[8].Merchant.Phone = "NEW", "1"
	_, err = w.Registry.RegisterStalls(t.Context(), market.ID, orders[6:9])
	if err == nil || !strings.Contains(err.Error(), "stalls[0].number") || !strings.Contains(err.Error(),
		"stalls[2].merchant.phone") {
		t.Errorf("refused as %v", err)
	}
}
