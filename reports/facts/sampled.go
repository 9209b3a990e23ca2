package facts

import "market40/reports/estimate"

// Strata returns a group's counted half-hours by stratum, for sales or for turnover. They are those
// of the complete plans, with at least two counts in each stratum. If no plan is complete, they are
// those of every plan with a count. sufficient means complete plans, at least ten counts in all,
// and at least one sale.
func (c *Cell) Strata(turnover bool) (strata []estimate.Stratum, seen [2]int64, counted int, sufficient bool) {
	at := 0
	if turnover {
		at = 2
	}
	drawn := map[string]int{} // by stratum
	for _, h := range c.halfHours {
		drawn[h.stratum] += oneIf(h.counted[at] >= 0)
	}
	begun, thin, complete := map[string]bool{}, map[string]bool{}, false
	for stratum, n := range drawn {
		plan := planOf(stratum)
		begun[plan], thin[plan] = begun[plan] || n > 0, thin[plan] || n < 2
	}
	for plan := range begun {
		complete = complete || !thin[plan]
	}
	places := map[string]int{}
	for _, h := range c.halfHours {
		if plan := planOf(h.stratum); !begun[plan] || complete && thin[plan] {
			continue
		}
		place, known := places[h.stratum]
		if !known {
			place = len(strata)
			places[h.stratum] = place
			strata = append(strata, estimate.Stratum{Size: h.size})
		}
		if all, cashless := h.counted[at], h.counted[at+1]; all >= 0 {
			strata[place].Drawn = append(strata[place].Drawn, estimate.Pair{Y: float64(cashless), X: float64(all)})
			seen[0], seen[1] = seen[0]+cashless, seen[1]+all
			counted++
		}
	}
	return strata, seen, counted, complete && counted >= 10 && seen[1] > 0
}

// planOf returns the plan of a stratum, which is named "plan stratum".
func planOf(stratum string) string { return stratum[:36] }
