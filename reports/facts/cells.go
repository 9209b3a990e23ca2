package facts

import "time"

// Cell is what is known of a market, or of a part of one.
type Cell struct {
	People  map[MerchantID]*Person
	FreshAt map[string]time.Time // by query: when its newest fact became known
	// swapped codes: seconds until the replacement; -1: not replaced yet
	Swaps     []int64
	halfHours []halfHour
	Fees      *MonthFees
	Incidents []Incident
	Answers   []Answers
	Costs     int64
	spent     int64 // costs, of all campaigns
}

// halfHour is a half-hour that was drawn to be counted in the field.
type halfHour struct {
	stratum string
	size    int
	counted []int64 // sales, cashless sales, turnover, cashless turnover; -1: not counted
}

// MonthFees are the fees of a market in a month, in đồng.
type MonthFees struct{ Month, Due, Paid, ByTransfer int64 }

// Incident is a reported incident.
type Incident struct {
	Kind   string
	Closed int64 // seconds until closed; -1: still open
}

// Answers are the anonymous answers to a survey.
type Answers struct {
	who                                      []string // sex, age, minority, place
	Asked, Active, Ready, Smartphone, Signal int64
}

// NewCell returns an empty cell.
func NewCell() *Cell { return &Cell{People: map[MerchantID]*Person{}, FreshAt: map[string]time.Time{}} }

// Operating returns how many merchants operate a stall at a market.
func (c *Cell) Operating() (n int) {
	for _, p := range c.People {
		n += oneIf(p.Operates)
	}
	return n
}

// HasFees reports whether the fees of a month are known.
func (c *Cell) HasFees() bool { return c.Fees != nil }

// HasCosts reports whether any campaign spent something.
func (c *Cell) HasCosts() bool { return c.spent > 0 }

// Sampled reports whether half-hours were drawn.
func (c *Cell) Sampled() bool { return len(c.halfHours) > 0 }

// Join returns several cells combined into one. A merchant of several cells counts once.
func Join(cells []*Cell) *Cell {
	if len(cells) == 1 {
		return cells[0]
	}
	all := NewCell()
	for _, c := range cells {
		for id, p := range c.People {
			if q := all.People[id]; q != nil {
				q.join(p)
			} else {
				copied := *p
				all.People[id] = &copied
			}
		}
		for query, at := range c.FreshAt {
			if at.After(all.FreshAt[query]) {
				all.FreshAt[query] = at
			}
		}
		all.Swaps = append(all.Swaps, c.Swaps...)
		all.halfHours = append(all.halfHours, c.halfHours...)
		all.Incidents = append(all.Incidents, c.Incidents...)
		all.Answers = append(all.Answers, c.Answers...)
		all.Costs, all.spent = all.Costs+c.Costs, all.spent+c.spent
		all.Fees = all.Fees.join(c.Fees)
	}
	return all
}

// join adds the fees of the newest month of both. Fees of an older month are dropped.
func (f *MonthFees) join(o *MonthFees) *MonthFees {
	switch {
	case o == nil || f != nil && f.Month > o.Month:
		return f
	case f == nil || o.Month > f.Month:
		copied := *o
		return &copied
	}
	return &MonthFees{f.Month, f.Due + o.Due, f.Paid + o.Paid, f.ByTransfer + o.ByTransfer}
}
