package reports_test

import (
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// stalls returns the stalls of the markets, without mobile vendors.
func (o *oracle) stalls() (found []*factStall) {
	for _, m := range o.group {
		for _, s := range m.stalls {
			if o.counts(s) {
				found = append(found, s)
			}
		}
	}
	return found
}

// integrity returns I19.
func (o *oracle) integrity() counted {
	displayed := 0
	var mix [4]int
	for _, s := range o.stalls() {
		if !slices.ContainsFunc(s.tenancies, func(t *factTenancy) bool {
			return t.operating(o.moment) &&
				len(o.displayed(t)) > 0
		}) {
			continue
		}
		displayed++
		seen := byte(0)
		for _, k := range s.checks {
			if !daysBefore(o.moment, 7).contains(k.at) {
				continue
			}
			by := byte('D')
			if k.own() {
				by = 'B'
			}
			seen = betterEvidence(seen, by)
		}
		if seen != 0 {
			mix[seen-'A']++
		}
	}
	f := countedRatio(decimalOf(mix[1]+mix[3]), decimalOf(displayed))
	f.evidence, f.mixed = mix, true
	found, hours := o.swapped()
	f.parts = map[string]counted{
		"swapped": countedRatio(decimalOf(found), decimalOf(displayed)),
		"hours_to_replace": median(hours,
			found),
	}
	return f
}

// swapped returns the findings of 30 days, and the hours until each was corrected.
func (o *oracle) swapped() (found int, hours []time.Duration) {
	bad := func(k factCheck) bool { return k.verdict == "swapped" || k.verdict == "foreign" }
	for _, s := range o.stalls() {
		for i, k := range s.checks {
			if !bad(k) || i > 0 && bad(s.checks[i-1]) || !daysBefore(o.moment, 30).contains(k.at) {
				continue
			}
			found++
			for _, later := range s.checks[i+1:] {
				if later.verdict == "official" && later.at.Before(o.moment) {
					hours = append(hours, later.at.Sub(k.at))
					break
				}
			}
		}
	}
	return found, hours
}

// median returns the median in hours with four decimals. For an even number it is the mean of the
// middle two.
func median(spans []time.Duration, all int) counted {
	f := counted{known: true, num: decimalOf(len(spans)), den: decimalOf(all)}
	if len(spans) == 0 {
		return f
	}
	slices.Sort(spans)
	n := len(spans)
	twice := spans[(n-1)/2] + spans[n/2]
	f.value = roundedQuotient(decimal.NewFromInt(int64(twice)), decimal.NewFromInt(int64(2*time.Hour)))
	return f
}

// incidents returns I20.
func (o *oracle) incidents(payments decimal.Decimal) counted {
	rate := func(n int) counted {
		f := counted{
			known: true,
			num:   decimalOf(n),
			den:   payments,
			value: roundedQuotient(decimalOf(n).Mul(decimalOf(10_000)),
				payments),
		}
		f.evidence, f.mixed = [4]int{0, 0, 0, n}, true
		return f
	}
	n := map[string]int{}
	all := 0
	var hours []time.Duration
	for _, m := range o.group {
		for _, i := range m.incidents {
			if !daysBefore(o.moment, 30).contains(i.occurred) {
				continue
			}
			n[i.kind]++
			all++
			if !i.done.IsZero() && i.done.Before(o.moment) {
				hours = append(hours, i.done.Sub(i.occurred))
			}
		}
	}
	f := rate(all)
	f.parts = map[string]counted{"hours_to_close": median(hours, all)}
	for _, kind := range []string{"swapped_code", "fake_transfer", "wrong_account"} {
		f.parts[kind] = rate(n[kind])
	}
	return f
}

// sales returns I07.
func (o *oracle) sales() counted {
	window := daysBefore(o.moment, 90)
	declared := counted{}
	var customers, transfers int
	clusters := map[uuid.UUID][2]int{}
	for _, s := range o.stalls() {
		for _, t := range s.tenancies {
			for _, d := range t.declared {
				if window.contains(d.on) {
					customers, transfers = customers+d.customers, transfers+d.transfers
					before := clusters[t.merchant]
					clusters[t.merchant] = [2]int{before[0] + d.transfers, before[1] + d.customers}
				}
			}
		}
	}
	if customers > 0 {
		declared = countedRatio(decimalOf(transfers), decimalOf(customers))
		declared.evidence, declared.mixed, declared.interval = [4]int{
			0,
			0,
			transfers,
			0,
		}, true, clusterInterval(
			clusters,
		)
	}
	sampled, sufficient := o.sampled(func(s factSlot) (bool, int64, int64) { return s.counted, s.cashless, s.sales })
	if sampled.known {
		sampled.evidence, sampled.mixed = [4]int{0, 0, 0, int(sampled.num.IntPart())}, true
	}
	f := declared
	if sufficient {
		f = sampled
	}
	f.parts = map[string]counted{"C": declared, "D": sampled}
	return f
}

// turnover returns I08.
func (o *oracle) turnover() counted {
	sampled, sufficient := o.sampled(func(s factSlot) (bool, int64, int64) {
		return s.turned, s.cashlessTurnover,
			s.turnover
	})
	f := counted{}
	if sufficient {
		f = sampled
	}
	f.parts = map[string]counted{"D": sampled}
	return f
}

// sampled returns the combined ratio estimate over the strata of the plans that count, and whether
// the sample is sufficient. A plan is complete when two slots of each stratum were counted. If any
// plan is complete, the incomplete plans do not count.
func (o *oracle) sampled(of func(factSlot) (counted bool, part, whole int64)) (f counted, sufficient bool) {
	window := daysBefore(o.moment, 90)
	type onePlan struct {
		part, whole                 int64
		n                           int
		complete                    bool
		weightedPart, weightedWhole *big.Rat
		drawn                       []drawnStratum
	}
	var plans []onePlan
	for _, m := range o.group {
		for _, p := range m.plans {
			one := onePlan{complete: true, weightedPart: new(big.Rat), weightedWhole: new(big.Rat)}
			for _, stratum := range p.strata {
				var a, b int64
				k, seen := 0, drawnStratum{size: stratum.halfHours}
				for _, slot := range stratum.slots {
					if counted, x, y := of(slot); counted && window.contains(slot.at) {
						a, b, k = a+x, b+y, k+1
						seen.part, seen.whole = append(seen.part, float64(x)), append(seen.whole, float64(y))
					}
				}
				one.n, one.complete = one.n+k, one.complete && k >= 2
				one.part, one.whole = one.part+a, one.whole+b
				if k > 0 {
					one.drawn = append(one.drawn, seen)
					one.weightedPart.Add(one.weightedPart, big.NewRat(int64(stratum.halfHours)*a, int64(k)))
					one.weightedWhole.Add(one.weightedWhole, big.NewRat(int64(stratum.halfHours)*b, int64(k)))
				}
			}
			if one.n > 0 {
				plans = append(plans, one)
			}
		}
	}
	if len(plans) == 0 {
		return counted{}, false
	}
	incomplete := func(p onePlan) bool { return !p.complete }
	sure := !slices.ContainsFunc(plans, incomplete)
	if !sure && len(slices.DeleteFunc(slices.Clone(plans), incomplete)) > 0 {
		plans, sure = slices.DeleteFunc(plans, incomplete), true
	}
	var part, whole int64
	n, weightedPart, weightedWhole := 0, new(big.Rat), new(big.Rat)
	var drawn []drawnStratum
	for _, p := range plans {
		part, whole, n, drawn = part+p.part, whole+p.whole, n+p.n, append(drawn, p.drawn...)
		weightedPart.Add(weightedPart, p.weightedPart)
		weightedWhole.Add(weightedWhole, p.weightedWhole)
	}
	f = counted{
		known:    true,
		num:      decimal.NewFromInt(part),
		den:      decimal.NewFromInt(whole),
		interval: stratumInterval(drawn),
	}
	if whole > 0 {
		share := weightedPart.Quo(weightedPart, weightedWhole)
		f.value = roundedQuotient(decimal.NewFromBigInt(share.Num(), 0), decimal.NewFromBigInt(share.Denom(), 0))
	}
	return f, sure && n >= 10 && whole > 0
}

// launchedOf returns I13 of the districts that are required.
func (w *factWorld) launchedOf(districts []string, on time.Time) counted {
	if w.campaign.silent(on) != "" {
		return counted{}
	}
	n, required := 0, 0
	for _, d := range districts {
		market, exempt := w.pilot(d, on)
		if exempt {
			continue
		}
		required++
		if at, ok := w.launched[market]; ok && at.Before(on) {
			n++
		}
	}
	f := countedRatio(decimalOf(n), decimalOf(required))
	f.evidence, f.mixed = [4]int{0, 0, n, 0}, true
	return f
}
