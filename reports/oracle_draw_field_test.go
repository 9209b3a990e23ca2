package reports_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// field generates what people report about a market.
func (d *drawing) field(m *factMarket) {
	for range d.n(0, 3) {
		t := factTraining{id: uuid.New(), held: d.held(m)}
		for _, merchant := range d.merchants {
			if !d.one(3) {
				t.merchants = append(t.merchants, merchant)
			}
		}
		m.trainings = append(m.trainings, t)
		d.around(m, t)
	}
	for month := range 4 {
		for version := range d.n(0, 2) {
			due := pickOne[int64](d, 0, 3, 900_000)
			paid := due / pickOne[int64](d, 1, 2, 3)
			m.fees = append(m.fees, factFee{
				dayOf("2026-08-01").AddDate(0, month, 0), version + 1, due, paid,
				paid / pickOne[int64](d, 1, 2, 7),
			})
		}
	}
	for range d.n(0, 2) {
		m.plans = append(m.plans, d.plan())
	}
	for range d.n(0, 4) {
		i := factIncident{kind: pickOne(d, "swapped_code", "fake_transfer", "wrong_account"), occurred: d.at()}
		if !d.one(3) {
			i.done = i.occurred.Add(time.Duration(d.n(0, 100_000)) * time.Second)
		}
		m.incidents = append(m.incidents, i)
	}
}

// around gives some trainees a payment at the limits of the days before and after the training.
func (d *drawing) around(m *factMarket, t factTraining) {
	for _, s := range m.stalls {
		for _, mine := range s.tenancies {
			if !slices.Contains(t.merchants, mine.merchant) || d.one(2) {
				continue
			}
			off := pickOne(d, -31, -30, -1, 0, 1, 30, 30, 31)
			if d.watched { // mostly inactive before it
				off = pickOne(d, -31, -30, 0, 1, 1, 15, 30, 31)
			}
			at := t.held.AddDate(0, 0, off).Add(pickOne(d, 0, 24*time.Hour-time.Second))
			if d.one(3) {
				mine.confirmations = append(mine.confirmations, at)
			} else {
				mine.payments = append(mine.payments, factPayment{at, 30_000, false})
			}
		}
	}
}

// held returns the day of a training. It is any day, or one from which the following days meet many
// payments or a change of tenancy.
func (d *drawing) held(m *factMarket) time.Time {
	switch d.n(1, 4) {
	case 1:
		if d.one(2) {
			return dayOf(asOf).AddDate(0, 0, -pickOne(d, 365, 366)) // twelve months, and one day more
		}
		return d.day()
	case 2:
		return dayOf(asOf).AddDate(0, 0, -d.n(29, 45))
	}
	var changes []time.Time
	for _, s := range m.stalls {
		for _, t := range s.tenancies {
			for _, at := range []time.Time{t.valid.from, t.valid.to} {
				if at.After(dayOf("2025-10-01")) {
					changes = append(changes, at)
				}
			}
		}
	}
	if len(changes) == 0 {
		return d.day()
	}
	return businessDay(pickOne(d, changes...)).AddDate(0, 0, -pickOne(d, 0, 30, 31))
}

func (d *drawing) plan() *factPlan {
	p := &factPlan{id: uuid.New()}
	enough := d.one(2) // every slot is counted
	for k := range d.n(1, 2) {
		s := &factStratum{name: fmt.Sprint("stratum ", k), halfHours: d.n(12, 90)}
		taken := map[time.Time]bool{}
		for range pickOne(d, map[bool][]int{false: {0, 1, 2, 6, 8}, true: {10, 12}}[enough]...) {
			slot := factSlot{at: d.recent().Add(6 * time.Hour), counted: enough || !d.one(5)}
			if enough {
				slot.at = dayOf(asOf).AddDate(0, 0, -d.n(3, 80)).Add(time.Duration(d.n(10, 30)) * 30 * time.Minute)
			}
			if taken[slot.at] {
				continue
			}
			taken[slot.at] = true
			if slot.counted {
				slot.sales = int64(d.n(0, 30))
				slot.cashless = int64(d.n(0, int(slot.sales)))
				if slot.turned = enough || !d.one(4); slot.turned {
					slot.turnover = int64(d.n(0, 9_000_000))
					slot.cashlessTurnover = slot.turnover / int64(d.n(1, 9))
				}
			}
			s.slots = append(s.slots, slot)
		}
		p.strata = append(p.strata, s)
	}
	return p
}
