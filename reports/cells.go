package reports

import "time"

// cell is what is known of a market, or of a part of one.
type cell struct {
	people    map[merchantID]*person
	known     map[string]time.Time // by query: when its newest fact became known
	found     []int64              // swapped codes: seconds until replaced; -1: not yet
	halfHours []halfHour
	fees      *fees
	incidents []incident
	surveyed  []answers
	costs     int64
	spent     int64 // costs, of all campaigns
}

type halfHour struct {
	stratum string
	size    int
	counted []int64 // sales, cashless sales, turnover, cashless turnover; -1: not counted
}

type fees struct{ month, due, paid, byTransfer int64 }

type incident struct {
	kind   string
	closed int64 // seconds until then; -1: not yet
}

type answers struct {
	who                                        []string // sex, age, minority, place
	all, active, ready, smartphone, withSignal int64
}

func newCell() *cell { return &cell{people: map[merchantID]*person{}, known: map[string]time.Time{}} }

// operating counts the merchants who operate a stall at a market.
func (c *cell) operating() (n int) {
	for _, p := range c.people {
		n += oneIf(p.operates)
	}
	return n
}

func (c *cell) hasFees() bool { return c.fees != nil }

func (c *cell) hasCosts() bool { return c.spent > 0 }

func (c *cell) sampled() bool { return len(c.halfHours) > 0 }

// joined is what is known of several cells together: a merchant of several counts once.
func joined(cells []*cell) *cell {
	if len(cells) == 1 {
		return cells[0]
	}
	all := newCell()
	for _, c := range cells {
		for id, p := range c.people {
			if q := all.people[id]; q != nil {
				q.join(p)
			} else {
				copied := *p
				all.people[id] = &copied
			}
		}
		for query, at := range c.known {
			if at.After(all.known[query]) {
				all.known[query] = at
			}
		}
		all.found = append(all.found, c.found...)
		all.halfHours = append(all.halfHours, c.halfHours...)
		all.incidents = append(all.incidents, c.incidents...)
		all.surveyed = append(all.surveyed, c.surveyed...)
		all.costs, all.spent = all.costs+c.costs, all.spent+c.spent
		all.fees = all.fees.join(c.fees)
	}
	return all
}

// join adds the fees of the newest month that any has: who has none of that month is not in it.
func (f *fees) join(o *fees) *fees {
	switch {
	case o == nil || f != nil && f.month > o.month:
		return f
	case f == nil || o.month > f.month:
		copied := *o
		return &copied
	}
	return &fees{f.month, f.due + o.due, f.paid + o.paid, f.byTransfer + o.byTransfer}
}
