package reports_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// writing collects the facts of a world and writes them to the database in one round trip.
type writing struct {
	*world
	pgx.Batch
	campaign uuid.UUID
}

// cleared removes the previous world, children first.
const cleared = `DELETE FROM report_steps; DELETE FROM report_versions; DELETE FROM periodic_reports; DELETE
	FROM targets; DELETE FROM milestones; DELETE FROM pilots; DELETE FROM incidents; DELETE FROM sample_slots; DELETE
	FROM sample_strata; DELETE FROM sample_plans;
DELETE FROM fee_summaries; DELETE FROM attendances; DELETE FROM trainings; DELETE FROM declared_shares; DELETE
FROM visits; DELETE FROM confirmations; DELETE FROM stall_days;
DELETE FROM connection_days; DELETE FROM connection_accounts; DELETE FROM bank_connections; DELETE
FROM code_checks; DELETE FROM codes; DELETE FROM tenancy_accounts;
DELETE FROM accounts; DELETE FROM tenancies; DELETE FROM stall_states; DELETE FROM stalls; DELETE
FROM market_places; UPDATE markets SET parts_by = NULL;
DELETE FROM merchants WHERE id NOT IN (SELECT merchant_id FROM api_keys WHERE merchant_id IS NOT NULL)`

func (w *writing) write(f *factWorld) error {
	for _, id := range f.merchants {
		w.Queue(`INSERT INTO merchants (id, full_name, created_at) VALUES ($1, 'Người bán', now())`, id)
	}
	for _, a := range f.accounts {
		kind := "bank"
		if a.bank == "" {
			kind = "ewallet"
		}
		w.Queue(`INSERT INTO accounts (id, merchant_id, kind, bank_bin, number, number_index, last4, holder_name,
			holder_kind, name_checked_at, name_checked_how, created_at)
			VALUES ($1, $2, $3, nullif($4, ''), '', $1::uuid::text::bytea, '', 'X', 'ca_nhan', $5, $6, '2024-01-01')`,
			a.id, a.merchant, kind, a.bank, timeText(a.checked), a.how)
	}
	for _, m := range f.markets {
		w.market(m)
	}
	for _, m := range f.markets { // a scan may name another stall's code
		for _, s := range m.stalls {
			w.scans(s)
		}
	}
	for _, c := range f.connections {
		w.connection(c)
	}
	for _, p := range f.pilots {
		var market *uuid.UUID
		reason := "không có chợ"
		if p.market != nil {
			market, reason = &p.market.id, ""
		}
		w.Queue(`INSERT INTO pilots (id, campaign_id, locality_id, market_id, exempt_reason, valid, designated_by,
			designated_at)
			SELECT $1, $2, locality_id, $3, $4, $5::text::daterange, $6, now() FROM locality_versions
			WHERE level = 'district' AND code = $7`,
			uuid.New(), w.campaign, market, reason, p.valid.dates(), w.staff, p.district)
	}
	for m, on := range f.launched {
		w.Queue(`INSERT INTO milestones (id, campaign_id, market_id, milestone, reached_on, recorded_by, recorded_at)
			VALUES ($1, $2, $3, 'launched', $4::text::date, $5, now())`,
			uuid.New(), w.campaign, m.id, on.Format(time.DateOnly), w.staff)
	}
	w.programme(f.campaign)
	return w.DB.Pool.SendBatch(w.T.Context(), &w.Batch).Close()
}

// statedAfter is the time between a payment and its owner's confirmation.
const statedAfter = 90 * time.Second

// programme writes the campaign's dates, targets and monthly reports.
func (w *writing) programme(c factCampaign) {
	w.Queue(`UPDATE campaigns SET starts_on = $2::text::date, ends_on = $3::text::date, due_day = $4 WHERE id = $1`,
		w.campaign, c.starts.Format(time.DateOnly), dated(c.ends), c.dueDay)
	for _, t := range c.targets {
		w.Queue(`INSERT INTO targets (id, campaign_id, indicator, locality_id, value, due_on, set_by, set_at)
			VALUES ($1, $2, 'I05',
			(SELECT locality_id FROM locality_versions WHERE level = 'district' AND code = $3), $4::text::numeric,
			$5::text::date, $6, now())`,
			uuid.New(), w.campaign, t.district, t.value, t.due.Format(time.DateOnly), w.staff)
	}
	for _, r := range c.reports {
		id, state := uuid.New(), "draft"
		if len(r.submitted) > 0 {
			state = "submitted"
		}
		w.Queue(`INSERT INTO periodic_reports (id, campaign_id, locality_id, kind, period, due_on, state, created_by,
			created_at)
			SELECT $1, $2, locality_id, 'month', $3::text::daterange, $4::text::date, $5, $6, now()
			FROM locality_versions WHERE level = 'district' AND code = $7`,
			id, w.campaign, span{r.month, r.month.AddDate(0, 1, 0)}.dates(), r.due.Format(time.DateOnly), state,
			w.staff, r.district)
		for i, at := range r.submitted {
			w.Queue(`INSERT INTO report_versions (report_id, version, basis, as_of, content, sha256, signature,
				frozen_by, frozen_at)
				VALUES ($1, $2, 'districts_2024', $3::text::date, '{}', '', '', $4, $5)`, id, i+1,
				r.due.Format(time.DateOnly), w.staff, at)
			w.Queue(`INSERT INTO report_steps (id, report_id, step, version, actor_id, at)
				VALUES ($1, $2, 'submitted', $3, $4, $5)`, uuid.New(), id, i+1, w.staff, at)
		}
	}
}

// dated returns a day as text, or nil if it is zero.
func dated(day time.Time) *string {
	if day.IsZero() {
		return nil
	}
	text := day.Format(time.DateOnly)
	return &text
}

// timeText returns a moment as text, or nil if it is zero.
func timeText(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func (s span) dates() string { return s.format(time.DateOnly) }
func (s span) times() string { return s.format(time.RFC3339) }

func (s span) format(layout string) string {
	from, to := "", ""
	if !s.from.IsZero() {
		from = s.from.Format(layout)
	}
	if !s.to.IsZero() {
		to = s.to.Format(layout)
	}
	return fmt.Sprintf("[%s,%s)", from, to)
}

func (w *writing) market(m *factMarket) {
	for _, p := range m.places {
		w.Queue(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT $1, $2, (SELECT locality_id
			FROM locality_versions
			WHERE level = $3 AND code = $4 AND valid @> $5::text::date), $6::text::daterange`, uuid.New(), m.id,
			p.level, p.code, p.on, p.valid.dates())
	}
	for _, s := range m.stalls {
		w.Queue(`INSERT INTO stalls (id, market_id, number, kind, zone, goods_group, created_at)
			VALUES ($1, $2, $1::uuid::text, $3, $4, $5, now())`, s.id, m.id, s.kind, s.zone, s.goods)
		for _, state := range s.states {
			w.Queue(`INSERT INTO stall_states (id, stall_id, state, valid) VALUES ($1, $2, $3, $4::text::tstzrange)`,
				uuid.New(), s.id, state.state, state.valid.times())
		}
		for _, t := range s.tenancies {
			w.tenancy(t)
		}
		for _, c := range s.codes {
			w.code(c)
		}
	}
	for _, t := range m.trainings {
		w.Queue(`INSERT INTO trainings (id, market_id, held_on, topic, actor_id, recorded_at)
			VALUES ($1, $2, $3::text::date, 'x', $4, now())`, t.id, m.id, t.held.Format(time.DateOnly), w.staff)
		for _, merchant := range t.merchants {
			w.Queue(`INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
				VALUES ($1, $2, $3, $4, now())`, t.id, merchant, m.id, w.staff)
		}
	}
	for _, f := range m.fees {
		w.Queue(`INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer, actor_id,
			recorded_at) VALUES ($1, $2::text::date, $3, $4, $5, $6, $7, now())`,
			m.id, f.month.Format(time.DateOnly), f.version, f.due, f.paid, f.transfers, w.staff)
	}
	for _, p := range m.plans {
		w.plan(m, p)
	}
	for _, i := range m.incidents {
		w.Queue(`INSERT INTO incidents (id, market_id, kind, occurred_at, closed_at, actor_id, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, now())`,
			uuid.New(), m.id, i.kind, i.occurred, timeText(i.done), w.staff)
	}
}

func (w *writing) tenancy(t *factTenancy) {
	market := t.stall.market.id
	w.Queue(`INSERT INTO tenancies (id, market_id, stall_id, merchant_id, valid, approved_at, created_at)
		VALUES ($1, $2, $3, $4, $5::text::tstzrange, $6, now())`,
		t.id, market, t.stall.id, t.merchant, t.valid.times(), timeText(t.approved))
	for _, r := range t.accounts {
		w.Queue(`INSERT INTO tenancy_accounts (tenancy_id, account_id, since, replaced_at) VALUES ($1, $2, $3, $4)`,
			t.id, r.account.id, r.since, timeText(r.replaced))
	}
	w.days(t)
	for _, at := range t.confirmations {
		w.Queue(`INSERT INTO confirmations (id, market_id, tenancy_id, amount, occurred_at, recorded_at, actor_id)
			VALUES ($1, $2, $3, 1000, $4, $5, $6)`, uuid.New(), market, t.id, at, at.Add(statedAfter), w.owner)
	}
	for _, v := range t.visits {
		w.Queue(`INSERT INTO visits (id, market_id, tenancy_id, visited_at, outcome, actor_id, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, now())`, uuid.New(), market, t.id, v.at, v.outcome, w.staff)
	}
	for _, d := range t.declared {
		w.Queue(`INSERT INTO declared_shares (id, market_id, tenancy_id, asked_on, customers, transfers, actor_id,
			recorded_at) VALUES ($1, $2, $3, $4::text::date, $5, $6, $7, now())`,
			uuid.New(), market, t.id, d.on.Format(time.DateOnly), d.customers, d.transfers, w.staff)
	}
}

// days writes the rollups that posting would write for the payments: one row a day, minus the
// reversed payments.
func (w *writing) days(t *factTenancy) {
	type row struct {
		payments int
		amount   int64
		bands    [4]int
		last     time.Time
	}
	rows := map[string]row{}
	for _, p := range t.payments {
		r := rows[businessDay(p.at).Format(time.DateOnly)]
		if !p.reversed {
			band := 0
			for _, bound := range []int64{50_000, 200_000, 1_000_000} {
				if p.amount > bound {
					band++
				}
			}
			r.payments++
			r.amount += p.amount
			r.bands[band]++
			if p.at.After(r.last) {
				r.last = p.at
			}
		}
		rows[businessDay(p.at).Format(time.DateOnly)] = r
	}
	for on, r := range rows {
		w.Queue(`INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount, le_50k, le_200k, le_1m, over_1m,
			last_at) VALUES ($1, $2::text::date, $3, $4, $5, $6, $7, $8, $9, $10)`,
			t.id, on, t.stall.market.id, r.payments, r.amount, r.bands[0], r.bands[1], r.bands[2], r.bands[3],
			timeText(r.last))
	}
}

func (w *writing) code(c *factCode) {
	state := "current"
	if !c.in.to.IsZero() {
		state = "revoked"
		if c.replaced {
			state = "superseded"
		}
	}
	var amount *int
	var expires *time.Time
	if c.kind == "order" {
		amount, expires = new(int), &c.in.from
		*amount = 1000
	}
	w.Queue(`INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state, amount, expires_at,
		issued_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.code, c.kind, c.tenancy.stall.market.id, c.tenancy.stall.id, c.tenancy.id, c.account.id, state, amount,
		expires, c.in.from, timeText(c.in.to))
}

func (w *writing) scans(s *factStall) {
	for _, k := range s.checks {
		by := map[string]uuid.UUID{"team": w.staff, "owner": w.owner, "seller": w.seller}[k.by]
		var code *string
		if k.code != nil {
			code = &k.code.code
		}
		w.Queue(`INSERT INTO code_checks (id, market_id, stall_id, code, verdict, checked_at, actor_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			uuid.New(), s.market.id, s.id, code, k.verdict, k.at, by)
	}
}

func (w *writing) connection(c *factConnection) {
	var owner *uuid.UUID
	if c.owner != "platform" {
		owner = &c.ownerID
	}
	w.Queue(`INSERT INTO bank_connections (id, provider, name, owner_kind, owner_id, created_at)
		VALUES ($1, $2, 'x', $3, $4, $5)`, c.id, c.provider, c.owner, owner, c.created)
	for _, n := range c.names {
		w.Queue(`INSERT INTO connection_accounts (connection_id, bank_bin, number_index, last4)
			VALUES ($1, $2, $3::uuid::text::bytea, '') ON CONFLICT DO NOTHING`, c.id, n.bank, n.account.id)
	}
	for on := range c.days {
		w.Queue(`INSERT INTO connection_days (connection_id, day) VALUES ($1, $2::text::date)`, c.id,
			on.Format(time.DateOnly))
	}
}

func (w *writing) plan(m *factMarket, p *factPlan) {
	w.Queue(`INSERT INTO sample_plans (id, market_id, days, seed, actor_id, recorded_at)
		VALUES ($1, $2, '[2026-01-01,2027-01-01)', 1, $3, now())`, p.id, m.id, w.staff)
	for _, s := range p.strata {
		w.Queue(`INSERT INTO sample_strata (plan_id, stratum, slots) VALUES ($1, $2, $3)`, p.id, s.name, s.halfHours)
		for _, slot := range s.slots {
			var sales, cashless, turnover, cashlessTurnover *int64
			var counted *time.Time
			var by *uuid.UUID
			if slot.counted {
				sales, cashless, counted, by = &slot.sales, &slot.cashless, &slot.at, &w.staff
			}
			if slot.turned {
				turnover, cashlessTurnover = &slot.turnover, &slot.cashlessTurnover
			}
			w.Queue(`INSERT INTO sample_slots (id, plan_id, stratum, market_id, starts_at, sales, cashless_sales,
				turnover, cashless_turnover, actor_id, counted_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, uuid.New(), p.id, s.name, m.id, slot.at, sales,
				cashless, turnover, cashlessTurnover, by, counted)
		}
	}
}
