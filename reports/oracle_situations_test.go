package reports_test

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// situations are what a world must be able to contain. The test counts each and asserts that it was
// generated.
var situations = []string{
	"a tenancy changes inside the 30 days", "a stall passes to another merchant inside the 30 days",
	"a merchant of several stalls of a market", "a merchant of several markets",
	"a stall suspended at the moment", "a stall suspended inside the 30 days",
	"a day inside the 30 with only reversed payments", "a payment reversed beside a valid one",
	"a market is in another unit than in July 2025", "a market moved inside the 30 days",
	"a pilot changed inside the 30 days", "a fee summary corrected", "a report late",
	"a report returned and sent again",
	"a stall scanned by its seller alone",
}

// situations counts which situations a world contains.
func (w *factWorld) situations(drawn map[string]int) {
	moment := dayOf(asOf)
	month := daysBefore(moment, 30)
	held := map[string]bool{}
	inside := func(at time.Time) bool { return !at.IsZero() && month.contains(at) }
	stalls, markets := map[uuid.UUID]map[*factStall]bool{}, map[uuid.UUID]map[*factMarket]bool{}
	for _, m := range w.markets {
		w.places(held, m, inside)
		for _, s := range m.stalls {
			s.situations(held, inside)
			for _, t := range s.tenancies {
				if !t.operating(moment) {
					continue
				}
				if stalls[t.merchant] == nil {
					stalls[t.merchant], markets[t.merchant] = map[*factStall]bool{}, map[*factMarket]bool{}
				}
				stalls[t.merchant][s], markets[t.merchant][m] = true, true
			}
		}
		for _, f := range m.fees {
			held["a fee summary corrected"] = held["a fee summary corrected"] || f.version > 1
		}
	}
	for merchant, of := range stalls {
		held["a merchant of several stalls of a market"] = held["a merchant of several stalls of a market"] ||
			len(of) > len(markets[merchant])
		held["a merchant of several markets"] = held["a merchant of several markets"] || len(markets[merchant]) > 1
	}
	for _, p := range w.pilots {
		held["a pilot changed inside the 30 days"] = held["a pilot changed inside the 30 days"] || p.market != nil &&
			(inside(p.valid.from) || inside(p.valid.to))
	}
	for _, r := range w.campaign.reports {
		late := len(r.submitted) > 0 && !slices.MinFunc(r.submitted, time.Time.Compare).Before(r.due.AddDate(0, 0, 1))
		held["a report late"] = held["a report late"] || late
		held["a report returned and sent again"] = held["a report returned and sent again"] || len(r.submitted) > 1
	}
	for situation, is := range held {
		if is {
			drawn[situation]++
		}
	}
}

func (w *factWorld) places(held map[string]bool, m *factMarket, inside func(time.Time) bool) {
	if m.unit("communes_2025") != m.unit("current") {
		held["a market is in another unit than in July 2025"] = true
	}
	for _, p := range m.places {
		held["a market moved inside the 30 days"] = held["a market moved inside the 30 days"] || inside(p.valid.from) ||
			inside(p.valid.to)
	}
}

func (s *factStall) situations(held map[string]bool, inside func(time.Time) bool) {
	for i, t := range s.tenancies {
		if inside(t.valid.from) || inside(t.valid.to) {
			held["a tenancy changes inside the 30 days"] = true
		}
		if i > 0 && inside(t.valid.from) && s.tenancies[i-1].merchant != t.merchant {
			held["a stall passes to another merchant inside the 30 days"] = true
		}
		stand, gone := map[time.Time]bool{}, map[time.Time]bool{}
		for _, p := range t.payments {
			if inside(p.at) {
				stand[businessDay(p.at)], gone[businessDay(p.at)] = stand[businessDay(p.at)] ||
					!p.reversed, gone[businessDay(p.at)] ||
					p.reversed
			}
		}
		for on := range gone {
			if gone[on] && !stand[on] {
				held["a day inside the 30 with only reversed payments"] = true
			}
			if gone[on] && stand[on] {
				held["a payment reversed beside a valid one"] = true
			}
		}
	}
	for _, state := range s.states {
		if state.state == "suspended" {
			held["a stall suspended at the moment"] = held["a stall suspended at the moment"] ||
				state.valid.contains(dayOf(asOf))
			held["a stall suspended inside the 30 days"] = held["a stall suspended inside the 30 days"] ||
				inside(state.valid.from) || inside(state.valid.to)
		}
	}
	scanned := slices.ContainsFunc(s.checks, func(k factCheck) bool {
		return k.by == "seller" &&
			k.verdict == "official"
	})
	others := slices.ContainsFunc(s.checks, func(k factCheck) bool { return k.by == "team" })
	held["a stall scanned by its seller alone"] = held["a stall scanned by its seller alone"] || scanned && !others
}
