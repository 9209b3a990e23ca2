package reports_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

// townStall is a stall of a town with its merchant, and what is known about the merchant.
type townStall struct {
	Market, Stall, Merchant, Tenancy uuid.UUID
	Zone, Goods                      string
	Paid, Word                       bool
	Ready, Covered, Visited, Asked   bool
}

// field gives the stalls of a town codes, checks, visits, trainings and declared shares. It gives
// the markets fees, costs and samples.
func (w *world) field(rows []townStall, markets []uuid.UUID) {
	w.T.Helper()
	given, err := json.Marshal(rows)
	must(w.T, err)
	const of = ` FROM json_to_recordset($1::json) AS p ("Market" uuid, "Stall" uuid, "Merchant" uuid, "Tenancy" uuid,
		"Ready" bool, "Covered" bool, "Visited" bool, "Asked" bool)`
	connection := uuid.New()
	w.Exec(`INSERT INTO bank_connections (id, provider, name, owner_kind, created_at)
		VALUES ($1, 'standard', 'x', 'platform', '2026-01-01') `, connection)
	w.Exec(`INSERT INTO connection_days (connection_id, day) VALUES ($1, '2026-11-20')`, connection)
	w.Exec(`INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind,
		created_at)
		SELECT "Tenancy", "Merchant", 'ewallet', '', "Tenancy"::text::bytea, '', 'X', 'ca_nhan', now()`+of, given)
	w.Exec(`INSERT INTO tenancy_accounts (tenancy_id, account_id, since) SELECT "Tenancy", "Tenancy", '2026-01-01'`+of+`
		WHERE "Covered"`, given)
	w.Exec(`INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, issued_at)
		SELECT 'C' || "Tenancy", 'stall', "Market", "Stall", "Tenancy", "Tenancy", 'current', '2026-01-03'`+of, given)
	w.Exec(`INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
		SELECT "Tenancy", "Market", "Stall", 'C' || "Tenancy", 'official', '2026-11-18', $2`+of+` WHERE "Ready"`, given,
		w.staff)
	w.Exec(`INSERT INTO visits (id, market_id, tenancy_id, visited_at, outcome, actor_id, recorded_at)
		SELECT "Tenancy", "Market", "Tenancy", '2026-11-10', 'helped', $2, now()`+of+` WHERE "Visited"`, given, w.staff)
	w.Exec(`INSERT INTO declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id,
		recorded_at) SELECT "Tenancy", "Market", "Tenancy", '2026-11-10', 10, 4, $2, now()`+of+` WHERE "Asked"`, given,
		w.staff)
	w.Exec(`INSERT INTO trainings (id, market_id, held_on, topic, actor_id, recorded_at) SELECT m, m, '2026-09-01', 'x',
		$2, now() FROM unnest($1::uuid[]) m`, markets, w.staff)
	w.Exec(`INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
		SELECT DISTINCT "Market", "Merchant", "Market", $2::uuid, now()`+of+` WHERE "Asked" OR "Ready"`, given, w.staff)
	w.Exec(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id, recorded_at)
		SELECT m, '2026-10-01', 1, 1000, 800, 100, $2, now() FROM unnest($1::uuid[]) m`, markets[1:], w.staff)
	for _, m := range markets[:2] {
		plan := uuid.New()
		w.Exec(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
			VALUES ($1, $2, '[2026-11-01,2026-11-15)', 1, $3, now())`, plan, m, w.staff)
		w.Exec(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, 'morning', 70)`, plan)
		w.Exec(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales, turnover,
			cashless_turnover, actor_id, counted_at)
			SELECT gen_random_uuid(), $1, 'morning', $2, timestamptz '2026-11-01 05:00+07' + i * interval '1 day', 9, 4,
			9000, 4000, $3, now() FROM generate_series(0, 11) i`, plan, m, w.staff)
	}
}

// town adds markets, merchants and a campaign. The zones differ from the goods groups, and some
// merchants have several stalls, zones or markets.
func (w *world) town(seed uint64, campaign string) {
	w.T.Helper()
	r := rand.New(rand.NewPCG(seed, 40)) //nolint:gosec // an invented town
	var markets []uuid.UUID
	for i := range 4 + r.IntN(4) {
		markets = append(markets, w.AddMarket(fmt.Sprintf("T%d-%d", seed, i), communes[r.IntN(len(communes))]...))
	}
	var rows []townStall
	add := func(m, merchant uuid.UUID, rate int) {
		paid := r.IntN(100) < rate
		rows = append(rows, townStall{
			m, uuid.New(), merchant, uuid.New(), string(rune('A' + r.IntN(3))), []string{
				"thit", "rau",
				"khac",
			}[r.IntN(3)], paid, !paid && r.IntN(12) == 0,
			r.IntN(100) < (rate+60)/2, r.IntN(3) > 0, r.IntN(100) < rate, r.IntN(8) == 0,
		})
	}
	for _, m := range markets {
		rate, size := []int{0, 10, 40, 60, 95, 100}[r.IntN(6)], []int{3, 6, 12, 20, 40}[r.IntN(5)]
		for range size {
			merchant := uuid.New()
			add(m, merchant, rate)
			if r.IntN(15) == 0 {
				add(m, merchant, rate)
			}
		}
	}
	for range r.IntN(3) {
		merchant, first := uuid.New(), r.IntN(len(markets))
		add(markets[first], merchant, 50)
		add(markets[(first+1)%len(markets)], merchant, 50)
	}
	given, err := json.Marshal(rows)
	must(w.T, err)
	w.Exec(`WITH p AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS p ("Market" uuid, "Stall" uuid,
		"Merchant" uuid, "Tenancy" uuid, "Zone" text, "Goods" text, "Paid" bool, "Word" bool)), s AS (
			INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at)
			SELECT "Stall", "Market", "Stall", 'stall', "Zone", "Goods", now() FROM p
		), m AS (
			INSERT INTO merchants (id, full_name, created_at) SELECT DISTINCT "Merchant", 'X', now() FROM p
		), t AS (
			INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
			SELECT "Tenancy", "Market", "Stall", "Merchant", '(,)', '2024-01-01', now() FROM p
		), d AS (
			INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount) SELECT "Tenancy", '2026-11-20',
			"Market", 2, 1000 FROM p WHERE "Paid"
		)
		INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
		SELECT "Tenancy", "Market", "Tenancy", 1000, '2026-11-20', now(), $2 FROM p WHERE "Word"`, given, w.owner)
	w.stalls = rows
	w.field(rows, markets)
	w.Exec(`UPDATE stall_days SET le_50k = payments`)
	id := uuid.New()
	w.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
		VALUES ($1, $2, 'x', 'x', 'districts_2024', '2026-01-01', $3, now())`, id, campaign, w.staff)
	for i, m := range markets {
		if i%2 == 0 {
			w.Exec(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, valid, designated_by, designated_at)
				SELECT gen_random_uuid(), $1, p.locality_id, $2, '[2026-01-01,)', $3, now() FROM market_places p
				JOIN locality_versions v ON v.locality_id = p.locality_id AND v.level = 'district'
				WHERE p.market_id = $2 ON CONFLICT DO NOTHING`, id, m, w.staff)
			w.Exec(`INSERT INTO programme_costs (id, campaign_id, market_id, spent_on, amount, purpose, actor_id,
				recorded_at) VALUES (gen_random_uuid(), $1, $2, '2026-11-01', 1000000, 'printing', $3, now())`, id, m,
				w.staff)
		}
	}
}
