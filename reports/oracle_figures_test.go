package reports_test

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// counted is a figure of the oracle. known reports whether it has a value; evidence counts A, B, C
// and D.
type counted struct {
	known    bool
	num, den decimal.Decimal
	value    string // empty: null
	evidence [4]int
	mixed    bool // the evidence is published
	parts    map[string]counted
	period   string
	interval *interval
	fresh    *time.Time // nil: not compared; zero: no fact was counted
}

func decimalOf(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// roundedQuotient returns a quotient with four decimals, halves rounded away from zero.
func roundedQuotient(num, den decimal.Decimal) string {
	if den.IsZero() {
		return ""
	}
	return num.DivRound(den, 4).StringFixed(4)
}

func countedRatio(num, den decimal.Decimal) counted {
	return counted{known: true, num: num, den: den, value: roundedQuotient(num, den)}
}

// countMerchants counts merchants by their evidence (0: not counted).
func countMerchants(merchants []uuid.UUID, evidence func(uuid.UUID) byte) counted {
	var mix [4]int
	n := 0
	for _, m := range merchants {
		if e := evidence(m); e != 0 {
			mix[e-'A']++
			n++
		}
	}
	f := countedRatio(decimalOf(n), decimalOf(len(merchants)))
	f.evidence, f.mixed = mix, true
	return f
}

func (o *oracle) figures() figuresOf {
	mop := o.mop()
	activeBefore := func(before, least int) func(uuid.UUID) byte {
		return func(m uuid.UUID) byte { return o.active(m, before, least) }
	}
	f := figuresOf{
		"I01": countMerchants(
			mop,
			o.registered,
		),
		"I02": countMerchants(mop, o.verified),
		"I03": countMerchants(mop, o.ready),
		"I04": countMerchants(mop, activeBefore(7, 1)),
		"I05": countMerchants(mop, activeBefore(30, 1)),
		"I14": countMerchants(mop, o.trained),
		"I16": countMerchants(mop, o.visited),
		"I07": o.sales(),
		"I08": o.turnover(),
		"I15": o.conversion(),
		"I17": o.retention(),
		"I19": o.integrity(),
	}
	for code, at := range map[string]time.Time{
		"I02": o.newest(mop, o.checked), "I03": o.newest(mop, o.scanned),
		"I04": o.newest(o.merchants, o.paid), "I05": o.newest(o.merchants, o.paid),
	} {
		reported := f[code]
		reported.fresh = &at
		f[code] = reported
	}
	headline := f["I05"]
	headline.parts = map[string]counted{"strict": countMerchants(mop, activeBefore(30, 4))}
	f["I05"] = headline
	f["I06"] = countedRatio(f["I03"].num.Sub(headline.num), decimalOf(len(mop)))
	f["coverage"] = o.coverage()
	f["I09"], f["I10"] = o.payments(mop)
	f["I11"], f["I12"] = o.fees()
	f["I18"] = o.dormant(mop)
	f["I20"] = o.incidents(f["I10"].den)
	return f
}

func (o *oracle) trained(merchant uuid.UUID) byte {
	year := span{o.moment.AddDate(-1, 0, 0), o.moment}
	for _, m := range o.group {
		for _, t := range m.trainings {
			if year.contains(t.held) && slices.Contains(t.merchants, merchant) {
				return 'D'
			}
		}
	}
	return 0
}

func (o *oracle) visited(merchant uuid.UUID) byte {
	for _, t := range o.tenancies(merchant) {
		for _, v := range t.visits {
			if v.at.Before(o.moment) && v.outcome != "absent" {
				return 'D'
			}
		}
	}
	return 0
}

// payments returns I09 and I10.
func (o *oracle) payments(mop []uuid.UUID) (perActive, bands counted) {
	bounds := []struct {
		name string
		most int64
	}{{"le_50k", 50_000}, {"le_200k", 200_000}, {"le_1m", 1_000_000}, {"over_1m", 1 << 62}}
	month := daysBefore(o.moment, 30)
	byBand := map[string]int{}
	banks, owners, actives := 0, 0, 0
	for _, m := range mop {
		n, words := 0, 0
		for _, t := range o.tenancies(m) {
			for _, p := range t.payments {
				if p.reversed || !month.contains(businessDay(p.at)) {
					continue
				}
				n++
				i := slices.IndexFunc(bounds, func(b struct {
					name string
					most int64
				},
				) bool {
					return p.amount <= b.most
				})
				byBand[bounds[i].name]++
			}
			for _, at := range t.confirmations {
				if month.contains(businessDay(at)) {
					words++
				}
			}
		}
		banks += n
		if n == 0 {
			owners += words
		}
		if n+words > 0 {
			actives++
		}
	}
	perActive = countedRatio(decimalOf(banks+owners), decimalOf(actives))
	perActive.evidence, perActive.mixed = [4]int{banks, owners, 0, 0}, true
	parts := map[string]counted{}
	for _, b := range bounds {
		part := countedRatio(decimalOf(byBand[b.name]), decimalOf(banks))
		part.evidence, part.mixed = [4]int{byBand[b.name], 0, 0, 0}, true
		parts[b.name] = part
	}
	bands = parts["le_50k"]
	bands.parts = parts
	return perActive, bands
}

// lastMonth returns the last calendar month that has ended.
func (o *oracle) lastMonth() span {
	y, m, _ := o.moment.Date()
	end := time.Date(y, m, 1, 0, 0, 0, 0, hoChiMinh)
	return span{end.AddDate(0, -1, 0), end}
}

// fees returns I11 and I12.
func (o *oracle) fees() (cashless, collected counted) {
	var month time.Time
	for _, m := range o.group {
		for _, f := range m.fees {
			if !f.month.After(o.lastMonth().from) && f.month.After(month) {
				month = f.month
			}
		}
	}
	if month.IsZero() {
		return counted{}, counted{}
	}
	var due, paid, transfers int64
	for _, m := range o.group {
		var newest factFee
		for _, f := range m.fees {
			if f.month.Equal(month) && f.version > newest.version {
				newest = f
			}
		}
		due, paid, transfers = due+newest.due, paid+newest.paid, transfers+newest.transfers
	}
	cashless = countedRatio(decimal.NewFromInt(transfers), decimal.NewFromInt(paid))
	collected = countedRatio(decimal.NewFromInt(paid), decimal.NewFromInt(due))
	cashless.period = month.Format("2006-01")
	collected.period = cashless.period
	return cashless, collected
}

// conversion returns I15.
func (o *oracle) conversion() counted {
	window := span{o.moment.AddDate(-1, 0, 0), o.moment.AddDate(0, 0, -30)}
	var reported []uuid.UUID
	evidence := map[uuid.UUID]byte{}
	for _, merchant := range o.merchants {
		in := false
		for _, m := range o.group {
			var first time.Time
			for _, t := range m.trainings {
				if window.contains(t.held) && slices.Contains(t.merchants, merchant) &&
					(first.IsZero() || t.held.Before(first)) {
					first = t.held
				}
			}
			if first.IsZero() || !o.observed(merchant, m, first) || !o.observed(merchant, m, first.AddDate(0, 0, 31)) {
				continue
			}
			there := (&oracle{factWorld: o.factWorld, group: []*factMarket{m}, moment: o.moment}).tenancies(merchant)
			if activeEvidence(there, span{first.AddDate(0, 0, -30), first}, 1) != 0 {
				continue
			}
			in = true
			evidence[merchant] = betterEvidence(evidence[merchant],
				activeEvidence(there, span{first.AddDate(0, 0, 1), first.AddDate(0, 0, 31)}, 1))
		}
		if in {
			reported = append(reported, merchant)
		}
	}
	return countMerchants(reported, func(m uuid.UUID) byte { return evidence[m] })
}

// retention returns I17.
func (o *oracle) retention() counted {
	last := o.lastMonth()
	begun := span{last.from.AddDate(0, -3, 0), last.from.AddDate(0, -2, 0)}
	var reported []uuid.UUID
	for _, merchant := range o.merchants {
		mine := o.tenancies(merchant)
		if activeEvidence(mine, begun, 1) == 0 || activeEvidence(mine, span{to: begun.from}, 1) != 0 {
			continue
		}
		left := !slices.ContainsFunc(mine, func(t *factTenancy) bool { return t.valid.contains(last.to) })
		if left || activeEvidence(mine, last, 1) != 0 || o.observedAnywhere(merchant, last.to) {
			reported = append(reported, merchant)
		}
	}
	f := countMerchants(reported, func(m uuid.UUID) byte { return activeEvidence(o.tenancies(m), last, 1) })
	f.period = begun.from.Format("2006-01")
	return f
}

// dormant returns I18.
func (o *oracle) dormant(mop []uuid.UUID) counted {
	var reported []uuid.UUID
	for _, m := range mop {
		if o.ready(m) != 0 && (o.active(m, 30, 1) != 0 || o.observedAnywhere(m, o.moment)) {
			reported = append(reported, m)
		}
	}
	return countMerchants(reported, func(m uuid.UUID) byte {
		if o.active(m, 30, 1) != 0 {
			return 0
		}
		return 'A'
	})
}

// coverage returns the share of merchants that connections cover; reports show it beside the
// figures.
func (o *oracle) coverage() counted {
	return countMerchants(o.mop(), func(m uuid.UUID) byte {
		if o.observedAnywhere(m, o.moment) {
			return 'A'
		}
		return 0
	})
}

func (o *oracle) firstPayment() int {
	n := 0
	for _, m := range o.mop() {
		if activeEvidence(o.tenancies(m), span{to: o.moment}, 1) != 0 {
			n++
		}
	}
	return n
}
