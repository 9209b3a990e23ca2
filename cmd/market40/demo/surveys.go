package demo

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

var (
	declaredColumns = []string{
		"id", "market_id", "tenancy_id", "asked_on", "customers", "transfers", "actor_id",
		"recorded_at",
	}
	planColumns   = []string{"id", "market_id", "days", "seed", "actor_id", "recorded_at"}
	strataColumns = []string{"plan_id", "stratum", "slots"}
	slotColumns   = []string{
		"id", "plan_id", "stratum", "market_id", "starts_at", "sales", "cashless_sales",
		"turnover", "cashless_turnover", "actor_id", "counted_at",
	}
	surveyColumns = []string{
		"id", "market_id", "asked_on", "smartphone", "signal", "active", "sex", "aged_60",
		"minority", "non_fixed",
	}
	feeColumns = []string{
		"market_id", "month", "version", "due", "paid", "paid_by_transfer", "actor_id",
		"recorded_at",
	}
)

// observedShare returns the share of cashless sales of a market on the n-th day, as a counter in the field
// would observe it.
func (m *marketHistory) observedShare(n int) float64 { return 0.62 * m.usedBy[n] }

// writeSurveys writes what merchants declared, what was counted in drawn half-hours, and anonymous answers,
// once a quarter.
func (m *marketHistory) writeSurveys(ctx context.Context, tx pgx.Tx) error {
	var t tableRows
	for i, month := range m.startedMonths() {
		day := month.AddDate(0, 0, 9)
		if !m.within(day) || !m.within(day.AddDate(0, 0, 13)) {
			continue
		}
		m.addDeclared(&t, day)
		if i%3 == 1 || m.months < 2 {
			m.addSample(&t, day)
			m.addSurvey(&t, day)
		}
	}
	return t.copyInto(ctx, tx)
}

// addDeclared: "Trong 10 khách gần nhất, mấy khách chuyển khoản?". One market's merchants say what
// its board likes to hear.
func (m *marketHistory) addDeclared(t *tableRows, day time.Time) {
	share := min(0.93, m.observedShare(daysBetween(m.from, day))*m.declared)
	for _, n := range m.tenancies {
		if m.draw.IntN(12) > 0 || !n.has(day) || !n.stall.open(day) {
			continue
		}
		transfers := 0
		for range 10 {
			if m.draw.Float64() < share {
				transfers++
			}
		}
		at := day.Add(9 * time.Hour)
		t.add("declared_shares", declaredColumns, m.newID(at), m.id, n.id, day, 10, transfers, m.team, at)
	}
}

// surveyStrata are the parts of a market's day that are sampled by themselves, in whole hours.
var surveyStrata = []struct {
	stratum  string
	from, to int
}{{"sáng sớm (5–9 giờ)", 5, 9}, {"giữa ngày (9–14 giờ)", 9, 14}, {"chiều (14–18 giờ)", 14, 18}}

// addSample: two weeks in which half-hours of each part of the day were drawn, and counted; a few
// were missed.
func (m *marketHistory) addSample(t *tableRows, day time.Time) {
	plan, at := m.newID(day), day.Add(-15*time.Hour)
	days := pgtype.Range[pgtype.Date]{
		Lower: pgtype.Date{Time: day, Valid: true}, Upper: pgtype.Date{Time: day.AddDate(0, 0, 14), Valid: true},
		LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true,
	}
	t.add("sample_plans", planColumns, plan, m.id, days, int64(m.draw.IntN(1<<30)), m.team, at)
	share := m.observedShare(daysBetween(m.from, day))
	for _, part := range surveyStrata {
		halves := 2 * (part.to - part.from)
		t.add("sample_strata", strataColumns, plan, part.stratum, 14*halves)
		for _, slot := range m.draw.Perm(14 * halves)[:10] {
			starts := day.AddDate(0, 0, slot/halves).Add(time.Duration(part.from)*time.Hour +
				time.Duration(slot%halves)*30*time.Minute)
			m.addSlot(t, plan, part.stratum, starts, share)
		}
	}
}

func (m *marketHistory) addSlot(t *tableRows, plan uuid.UUID, stratum string, starts time.Time, share float64) {
	if m.draw.IntN(12) == 0 { // no team went
		t.add("sample_slots", slotColumns, m.newID(starts), plan, stratum, m.id, starts, nil, nil, nil, nil, nil, nil)
		return
	}
	sales := 12 + m.draw.IntN(40)
	cashless, turnover, moved := 0, 0, 0
	for range sales {
		ticket := int(math.Round(60*math.Exp(0.7*m.draw.NormFloat64()))+5) * 1000
		turnover += ticket
		if m.draw.Float64() < share {
			cashless, moved = cashless+1, moved+ticket
		}
	}
	t.add("sample_slots", slotColumns, m.newID(starts), plan, stratum, m.id, starts, sales, cashless, turnover, moved,
		m.team, starts.Add(35*time.Minute))
}

// addSurvey: anonymous answers; their ids are random, so they show no order.
func (m *marketHistory) addSurvey(t *tableRows, day time.Time) {
	n := daysBetween(m.from, day)
	phones, signal := 0.86, 0.93
	if m.stalls < 100 { // the mountains
		phones, signal = 0.63, 0.58
	}
	for range 25 + m.stalls/15 {
		aged, minority, mobile := m.draw.Float64() < 0.2, m.draw.Float64() < 0.06, m.draw.Float64() < 0.12
		if m.stalls < 100 {
			minority = m.draw.Float64() < 0.55
		}
		smartphone := m.draw.Float64() < phones-0.3*bit(aged)
		active := smartphone && m.draw.Float64() < (m.usedBy[n]+0.08-0.05*bit(minority)-0.08*bit(mobile))/phones
		sex := []string{"female", "female", "female", "male", "unsaid"}[m.draw.IntN(5)]
		var id uuid.UUID
		for i := range id {
			id[i] = byte(m.draw.Uint32())
		}
		id[6], id[8] = 0x40|id[6]&0x0f, 0x80|id[8]&0x3f // version 4
		t.add("survey_answers", surveyColumns, id, m.id, day, smartphone, m.draw.Float64() < signal, active, sex, aged,
			minority, mobile)
	}
}

func bit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// report writes the market's fees, month by month; now and then the board corrects one.
func (m *marketHistory) report(ctx context.Context, tx pgx.Tx) error {
	var t tableRows
	for _, month := range m.startedMonths() {
		reported := month.AddDate(0, 1, 2).Add(9 * time.Hour)
		if !reported.Before(m.until) {
			continue
		}
		n := min(max(daysBetween(m.from, month), 0), len(m.usedBy)-1)
		due := m.stalls * 230_000
		paid := int(float64(due) * (0.9 + 0.08*m.draw.Float64()))
		byTransfer := int(float64(paid) * min(0.95, 1.2*m.usedBy[n]+0.05*m.draw.Float64()))
		for version := range 1 + m.draw.IntN(8)/7 {
			t.add("fee_summaries", feeColumns, m.id, month, version+1, due, min(due, paid+version*1_150_000),
				byTransfer, m.board, reported.AddDate(0, 0, 4*version))
		}
	}
	return t.copyInto(ctx, tx)
}
