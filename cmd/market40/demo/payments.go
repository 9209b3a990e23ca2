package demo

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/cmd/market40/demo/history"
	"market40/payments/banks"
	"market40/payments/money"
)

const (
	// pulled is the interval at which the demo's bank was queried; pulledLongAgo, before the last
	// weeks, in which single deliveries are no longer read.
	pulled        = 15 * time.Minute
	pulledLongAgo = time.Hour
	// paidAtTheEnd is what part of its usual payments a stall takes without cash at the end;
	// paidYearBefore what part of that a year before. A dozen payments a month at a stall show
	// every story, and a first start waits for each of them.
	paidAtTheEnd   = 0.42
	paidYearBefore = 0.7
)

// uses reports whether a tenancy takes payments without cash on the n-th day.
func (m *marketHistory) uses(t *tenancy, n int) bool {
	day := m.from.AddDate(0, 0, n)
	if t.joined.IsZero() || day.Before(t.joined.AddDate(0, 0, 1)) || !t.has(day) || !t.stall.open(day) {
		return false
	}
	will := t.will + t.mood[(day.Year()-m.from.Year())*12+int(day.Month())-int(m.from.Month())]
	return t.will == 0 || max(will, 0)*m.joinedBy[n] < m.usedBy[n]
}

// open reports whether the stall operates on a day.
func (s *stall) open(day time.Time) bool {
	operating := false
	for _, state := range s.states {
		if !state.since.After(day.AddDate(0, 0, 1)) {
			operating = state.state == "operating"
		}
	}
	return operating
}

// drawWithdrawals finds who took the code down when the tax changed, and when it hung again.
func (m *marketHistory) drawWithdrawals() {
	first := daysBetween(m.from, taxChange)
	last := first + 45
	if first < 1 || last >= len(m.usedBy) {
		return
	}
	for _, t := range m.tenancies {
		if !m.uses(t, first-1) || m.uses(t, last) || !t.ends.IsZero() {
			continue
		}
		n := first
		for m.uses(t, n) {
			n++
		}
		t.withdrew = m.from.AddDate(0, 0, n)
		for n = last; n < len(m.usedBy) && !m.uses(t, n); {
			n++
		}
		if n < len(m.usedBy) {
			t.returned = m.from.AddDate(0, 0, n)
		}
	}
}

// hangs reports whether a tenancy's code is displayed at the stall on a day.
func (t *tenancy) hangs(day time.Time) bool {
	down := !t.withdrew.IsZero() && !day.Before(t.withdrew) && (t.returned.IsZero() || day.Before(t.returned))
	return !t.joined.IsZero() && day.After(t.joined) && t.has(day) && !down
}

// pay writes the market's payments, a month at a time.
func (m *marketHistory) pay(ctx context.Context, tx pgx.Tx) error {
	draw := rand.New(rand.NewPCG(drawSeed, uint64(m.index))) //nolint:gosec // invented data needs no secrecy
	newID := func(at time.Time) uuid.UUID { return drawID(draw, at) }
	p := &payer{marketHistory: m, draw: draw, past: history.New(m.Keys, m.connection, m.id, newID)}
	for n := range m.usedBy {
		p.day(n)
		if day := m.from.AddDate(0, 0, n+1); day.Day() == 1 || n == len(m.usedBy)-1 {
			if err := p.past.Write(ctx, tx, p.deliveries); err != nil {
				return err
			}
			p.deliveries = p.deliveries[:0]
		}
	}
	return p.past.Close(ctx, tx)
}

// payer draws payments day by day.
type payer struct {
	*marketHistory
	draw       *rand.Rand
	past       *history.Writer
	serial     int
	deliveries []history.Delivery
	corrected  []*history.Notice // of the day before: the bank takes them back today
}

// day draws one day's payments of all stalls and deals them to the deliveries that brought them.
func (p *payer) day(n int) {
	day := p.from.AddDate(0, 0, n)
	factor := salesFactor(day) * p.grown(n)
	var notices []*history.Notice
	for _, t := range p.tenancies {
		if !p.uses(t, n) || (p.draw.IntN(8) == 0 && t.will != 0) { // a day off
			continue
		}
		for range p.poisson(t.rate * factor) {
			if one := p.payment(t, day); one != nil {
				notices = append(notices, one)
			}
		}
	}
	slices.SortStableFunc(notices, func(a, b *history.Notice) int { return a.OccurredAt.Compare(b.OccurredAt) })
	every := pulled
	if len(p.usedBy)-n > 7*leastWeeks {
		every = pulledLongAgo
	}
	for i, one := range notices {
		at := one.OccurredAt.Truncate(every).Add(every + 4*time.Second)
		if i == 0 && len(p.corrected) > 0 {
			p.deliveries = append(p.deliveries, history.Delivery{At: at.Add(-time.Second), Notices: p.drawReversals()})
		}
		last := len(p.deliveries) - 1
		if last < 0 || !p.deliveries[last].At.Equal(at) {
			p.deliveries = append(p.deliveries, history.Delivery{At: at})
			last++
		}
		p.deliveries[last].Notices = append(p.deliveries[last].Notices, one)
		if p.draw.IntN(1500) == 0 {
			p.corrected = append(p.corrected, one)
		}
	}
}

// grown returns the part of its usual payments that a stall gets on the n-th day.
func (p *payer) grown(n int) float64 {
	return paidAtTheEnd * math.Pow(paidYearBefore, float64(len(p.usedBy)-n)/365)
}

// drawReversals draws the notices by which the bank takes back what was corrected the day before.
func (p *payer) drawReversals() []*history.Notice {
	taken := make([]*history.Notice, 0, len(p.corrected))
	for _, first := range p.corrected {
		back := *first
		p.serial++
		back.ExternalID = fmt.Sprintf("demo-%s-%07d", p.code, p.serial)
		back.Reverses, back.Original = first.ExternalID, first
		taken = append(taken, &back)
	}
	p.corrected = nil
	return taken
}

// payment draws one payment of a shopper at a stall; nil when nothing hangs there.
func (p *payer) payment(t *tenancy, day time.Time) *history.Notice {
	hung := t.code(day, p.draw.IntN(5) > 0)
	if hung == nil {
		return nil
	}
	p.serial++
	n := &history.Notice{Code: hung.code, Tenancy: t.id, Receiver: hung.account.id}
	n.Notice = banks.Notice{
		ExternalID: fmt.Sprintf("demo-%s-%07d", p.code, p.serial), BankBIN: hung.account.bin,
		Account: hung.account.number, Direction: banks.In,
		Amount: money.FromDong(p.amount(t.ticket)), Currency: money.Currency, Memo: hung.code,
		Reference: fmt.Sprintf("FT9%d%09d", p.index, p.serial), StrongReference: true, OccurredAt: p.moment(t, day),
		Precision: banks.Second,
	}
	if t.alone() && p.draw.IntN(16) == 0 { // the shopper typed the account and no code
		n.Code, n.Memo = "", "chuyen tien"
	}
	return n
}

// alone reports whether money that names only its account goes to this tenancy: it is its account's
// one open stall.
func (t *tenancy) alone() bool { return t.ends.IsZero() && len(t.stall.tenancies) == 1 }

// moment draws when a payment is made on a day.
func (p *payer) moment(t *tenancy, day time.Time) time.Time {
	hours := mornings
	if t.stall.goods == "an_uong" || t.stall.goods == "dich_vu" {
		hours = evenings
	}
	hour, _ := slices.BinarySearchFunc(hours, p.draw.Float64(), cmp.Compare)
	return day.Add(time.Duration((4+hour)*3600+p.draw.IntN(3600)) * time.Second)
}

// amount draws a ticket: many small ones, few large, in whole thousands.
func (p *payer) amount(middle float64) int64 {
	dong := middle * math.Exp(0.7*p.draw.NormFloat64())
	step := 1000.0
	if dong > 100e3 {
		step = 5000
	}
	return int64(min(max(math.Round(dong/step)*step, 5000), 20e6))
}

// poisson draws a count around a mean (Knuth); means here are small.
func (p *payer) poisson(mean float64) int {
	mean = min(mean, 60)
	n, limit, product := 0, math.Exp(-mean), p.draw.Float64()
	for product > limit {
		n++
		product *= p.draw.Float64()
	}
	return n
}
