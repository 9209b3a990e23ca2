package reports

import (
	"math/big"

	"github.com/shopspring/decimal"

	"market40/reports/estimate"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// salesShare returns I07: the declared share and the share counted in the field, separately.
func (g view) salesShare() Figure {
	declared, sampled, sufficient := g.declaredShare(), g.unknown("I07"), false
	if g.Tally.Facts.Sampled() {
		sampled, sufficient = g.sampledShare("I07", indicators.Sampled, false)
	}
	shown := declared
	if sufficient {
		shown = sampled
	}
	shown.Parts, shown.Coverage = map[string]Figure{"C": declared, "D": sampled}, g.coverage()
	return shown
}

func (g view) declaredShare() Figure {
	if len(g.Tally.Declared) == 0 {
		return g.unknown("I07")
	}
	if g.Hidden[indicators.Declared] {
		return g.hiddenFigure("I07")
	}
	var transfers, customers int
	for _, pair := range g.Tally.Declared {
		transfers, customers = transfers+int(pair.Y), customers+int(pair.X)
	}
	shown := Figure{
		Numerator: Count(transfers), Denominator: Count(customers), Evidence: &Evidence{C: transfers},
		Definition: g.version["I07"],
	}
	shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	if e, seen := estimate.Clusters(g.Tally.Declared); seen && e.Sure {
		shown.Interval = &Interval{rounded(e.Low), rounded(e.High)}
	}
	shown.FreshAt = g.fresh(shown, "declared")
	return shown
}

// sampledShare returns the share of sales or of turnover that was counted in the field, and whether
// the sample is sufficient.
func (g view) sampledShare(code string, under indicators.Family, turnover bool) (Figure, bool) {
	strata, seen, counted, sufficient := g.Tally.Facts.Strata(turnover)
	if counted == 0 {
		return g.unknown(code), false
	}
	if g.Hidden[under] {
		return g.hiddenFigure(code), sufficient
	}
	shown := Figure{
		Numerator: Count(int(seen[0])), Denominator: Count(int(seen[1])),
		Evidence: &Evidence{D: int(seen[0])}, Definition: g.version[code],
	}
	if turnover {
		shown.Numerator, shown.Denominator, shown.Evidence = dong(seen[0]), dong(seen[1]), nil
	}
	if e, any := estimate.Strata(strata); any {
		shown.Value = weighted(strata)
		if e.Sure {
			shown.Interval = &Interval{rounded(e.Low), rounded(e.High)}
		}
	}
	shown.FreshAt = g.fresh(shown, "sampled")
	return shown, sufficient
}

// weighted returns the exact combined ratio of strata with counts. A float could be slightly below
// a half and be rounded down.
func weighted(strata []estimate.Stratum) *string {
	y, x := new(big.Rat), new(big.Rat)
	for _, s := range strata {
		for _, u := range s.Drawn {
			weight := big.NewRat(int64(max(s.Size, len(s.Drawn))), int64(len(s.Drawn)))
			y.Add(y, new(big.Rat).Mul(weight, new(big.Rat).SetFloat64(u.Y)))
			x.Add(x, new(big.Rat).Mul(weight, new(big.Rat).SetFloat64(u.X)))
		}
	}
	value := decimal.NewFromBigRat(y.Quo(y, x), 4).StringFixed(4)
	return &value
}

// turnoverShare returns I08, which is counted in the field only.
func (g view) turnoverShare() Figure {
	sampled, sufficient := g.unknown("I08"), false
	if g.Tally.Facts.Sampled() {
		sampled, sufficient = g.sampledShare("I08", indicators.Turnover, true)
	}
	shown := g.unknown("I08")
	if sufficient {
		shown = sampled
	}
	shown.Parts, shown.Coverage = map[string]Figure{"D": sampled}, g.coverage()
	return shown
}

// integrity returns I19.
func (g view) integrity() Figure {
	if g.codeHidden("I19") {
		return g.hiddenFigure("I19")
	}
	c, found := g.Tally.Codes, g.Tally.Facts.Swaps
	evidence := groups.Mix{B: c.ByOwner, D: c.ByOthers}
	shown := Figure{
		Numerator: Count(evidence.Sum()), Denominator: Count(c.Displayed), Evidence: evidenceOf(evidence),
		Definition: g.version["I19"],
	}
	shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
	shown.FreshAt = g.fresh(shown, "displayed")
	swapped := Figure{Numerator: Count(len(found)), Denominator: Count(c.Displayed), Definition: g.version["I19"]}
	swapped.Value = quotient(swapped.Numerator, swapped.Denominator, 4)
	shown.Parts = map[string]Figure{"swapped": swapped, "hours_to_replace": g.hours("I19", found)}
	return shown
}

// hours returns the median of the seconds of completed events.
func (g view) hours(code string, events []int64) Figure {
	var ended []int64
	for _, seconds := range events {
		if seconds >= 0 {
			ended = append(ended, seconds)
		}
	}
	return Figure{
		Numerator: Count(len(ended)), Denominator: Count(len(events)), Value: median(ended),
		Definition: g.version[code],
	}
}

// incidentRate returns I20.
func (g view) incidentRate() Figure {
	if g.codeHidden("I20") {
		return g.hiddenFigure("I20")
	}
	rate := func(n int) Figure {
		f := Figure{
			Numerator: Count(n), Denominator: Count(g.Tally.Payments.A), Evidence: &Evidence{D: n},
			Definition: g.version["I20"],
		}
		f.Value = quotient(Count(n*10_000), f.Denominator, 4)
		return f
	}
	kinds, closed := map[string]int{}, []int64{}
	for _, i := range g.Tally.Facts.Incidents {
		kinds[i.Kind]++
		closed = append(closed, i.Closed)
	}
	shown := rate(len(closed))
	shown.Parts = map[string]Figure{"hours_to_close": g.hours("I20", closed)}
	for _, kind := range []string{"swapped_code", "fake_transfer", "wrong_account"} {
		shown.Parts[kind] = rate(kinds[kind])
	}
	shown.FreshAt = g.fresh(shown, "incidents", "activity")
	return shown
}

// answersShare returns a share of anonymous answers.
func (g view) answersShare(code string, n, of int64) Figure {
	f := Figure{
		Numerator: Count(int(n)), Denominator: Count(int(of)), Evidence: &Evidence{C: int(n)},
		Definition: g.version[code],
	}
	f.Value = quotient(f.Numerator, f.Denominator, 4)
	return f
}

// readiness returns I21.
func (g view) readiness() Figure {
	if g.codeHidden("I21") {
		return g.hiddenFigure("I21")
	}
	var all facts.Answers
	for _, a := range g.Tally.Facts.Answers {
		all.Add(a)
	}
	shown := g.answersShare("I21", all.Ready, all.Asked)
	shown.FreshAt = g.fresh(shown, "surveyed")
	shown.Parts = map[string]Figure{
		"smartphone": g.answersShare("I21", all.Smartphone, all.Asked),
		"signal":     g.answersShare("I21", all.Signal, all.Asked),
	}
	return shown
}

// inclusion returns I22.
func (g view) inclusion() Figure {
	if g.codeHidden("I22") {
		return g.hiddenFigure("I22")
	}
	var all facts.Answers
	parts := map[string]Figure{}
	for q, keys := range facts.Questions {
		of := facts.Answered(g.Tally.Facts, q)
		if q == 0 {
			for _, a := range of {
				all.Add(a)
			}
		}
		for i, key := range keys {
			parts[key] = g.answersShare("I22", of[i].Active, of[i].Asked)
			if g.Hidden[groups.QuestionFamily(q)] {
				parts[key] = g.hiddenFigure("I22")
			}
		}
	}
	shown := g.answersShare("I22", all.Active, all.Asked)
	shown.FreshAt, shown.Parts = g.fresh(shown, "surveyed"), parts
	return shown
}
