package figures

import (
	"math/big"

	"github.com/shopspring/decimal"

	"market40/reports/estimate"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// salesShare returns I07. Declared sales and sales counted in the field are separate parts.
func (v View) salesShare() Figure {
	declared, sampled, sufficient := v.declaredShare(), v.unknown("I07"), false
	if v.Tally.Facts.Sampled() {
		sampled, sufficient = v.sampledShare("I07", indicators.Sampled, false)
	}
	shown := declared
	if sufficient {
		shown = sampled
	}
	shown.Parts, shown.Coverage = map[string]Figure{"C": declared, "D": sampled}, v.Coverage()
	return shown
}

// declaredShare returns the declared part of I07.
func (v View) declaredShare() Figure {
	if len(v.Tally.Declared) == 0 {
		return v.unknown("I07")
	}
	if v.Hidden[indicators.Declared] {
		return v.hiddenFigure("I07")
	}
	var transfers, customers int
	for _, pair := range v.Tally.Declared {
		transfers, customers = transfers+int(pair.Y), customers+int(pair.X)
	}
	shown := Figure{
		Numerator: Count(transfers), Denominator: Count(customers), Evidence: &Evidence{C: transfers},
		Definition: v.version["I07"],
	}
	shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	if e, seen := estimate.Clusters(v.Tally.Declared); seen && e.Sure {
		shown.Interval = &Interval{roundEstimate(e.Low), roundEstimate(e.High)}
	}
	shown.FreshAt = v.fresh(shown, "declared")
	return shown
}

// sampledShare returns a share of sales or of turnover as counted in the field, and whether the
// sample was sufficient.
func (v View) sampledShare(code string, under indicators.Family, turnover bool) (Figure, bool) {
	strata, seen, counted, sufficient := v.Tally.Facts.Strata(turnover)
	if counted == 0 {
		return v.unknown(code), false
	}
	if v.Hidden[under] {
		return v.hiddenFigure(code), sufficient
	}
	shown := Figure{
		Numerator: Count(int(seen[0])), Denominator: Count(int(seen[1])),
		Evidence: &Evidence{D: int(seen[0])}, Definition: v.version[code],
	}
	if turnover {
		shown.Numerator, shown.Denominator, shown.Evidence = Amount(seen[0]), Amount(seen[1]), nil
	}
	if e, any := estimate.Strata(strata); any {
		shown.Value = weighted(strata)
		if e.Sure {
			shown.Interval = &Interval{roundEstimate(e.Low), roundEstimate(e.High)}
		}
	}
	shown.FreshAt = v.fresh(shown, "sampled")
	return shown, sufficient
}

// weighted returns the combined ratio of strata. It computes exactly: with floats a half could be
// rounded down.
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
func (v View) turnoverShare() Figure {
	sampled, sufficient := v.unknown("I08"), false
	if v.Tally.Facts.Sampled() {
		sampled, sufficient = v.sampledShare("I08", indicators.Turnover, true)
	}
	shown := v.unknown("I08")
	if sufficient {
		shown = sampled
	}
	shown.Parts, shown.Coverage = map[string]Figure{"D": sampled}, v.Coverage()
	return shown
}

// integrity returns I19.
func (v View) integrity() Figure {
	if v.codeHidden("I19") {
		return v.hiddenFigure("I19")
	}
	c, found := v.Tally.Codes, v.Tally.Facts.Swaps
	evidence := groups.Mix{B: c.ByOwner, D: c.ByOthers}
	shown := Figure{
		Numerator: Count(evidence.Sum()), Denominator: Count(c.Displayed), Evidence: evidenceOf(evidence),
		Definition: v.version["I19"],
	}
	shown.Value = Ratio(shown.Numerator, shown.Denominator, 4)
	shown.FreshAt = v.fresh(shown, "displayed")
	swapped := Figure{Numerator: Count(len(found)), Denominator: Count(c.Displayed), Definition: v.version["I19"]}
	swapped.Value = Ratio(swapped.Numerator, swapped.Denominator, 4)
	shown.Parts = map[string]Figure{"swapped": swapped, "hours_to_replace": v.hours("I19", found)}
	return shown
}

// hours returns the median duration of the events that have ended. Events are in seconds; a
// negative one has not ended.
func (v View) hours(code string, events []int64) Figure {
	var ended []int64
	for _, seconds := range events {
		if seconds >= 0 {
			ended = append(ended, seconds)
		}
	}
	return Figure{
		Numerator: Count(len(ended)), Denominator: Count(len(events)), Value: medianHours(ended),
		Definition: v.version[code],
	}
}

// incidentRate returns I20.
func (v View) incidentRate() Figure {
	if v.codeHidden("I20") {
		return v.hiddenFigure("I20")
	}
	rate := func(n int) Figure {
		f := Figure{
			Numerator: Count(n), Denominator: Count(v.Tally.Payments.A), Evidence: &Evidence{D: n},
			Definition: v.version["I20"],
		}
		f.Value = Ratio(Count(n*10_000), f.Denominator, 4)
		return f
	}
	kinds, closed := map[string]int{}, []int64{}
	for _, i := range v.Tally.Facts.Incidents {
		kinds[i.Kind]++
		closed = append(closed, i.Closed)
	}
	shown := rate(len(closed))
	shown.Parts = map[string]Figure{"hours_to_close": v.hours("I20", closed)}
	for _, kind := range []string{"swapped_code", "fake_transfer", "wrong_account"} {
		shown.Parts[kind] = rate(kinds[kind])
	}
	shown.FreshAt = v.fresh(shown, "incidents", "activity")
	return shown
}

// answersShare returns a share of anonymous answers.
func (v View) answersShare(code string, n, of int64) Figure {
	f := Figure{
		Numerator: Count(int(n)), Denominator: Count(int(of)), Evidence: &Evidence{C: int(n)},
		Definition: v.version[code],
	}
	f.Value = Ratio(f.Numerator, f.Denominator, 4)
	return f
}

// readiness returns I21.
func (v View) readiness() Figure {
	if v.codeHidden("I21") {
		return v.hiddenFigure("I21")
	}
	var all facts.Answers
	for _, a := range v.Tally.Facts.Answers {
		all.Add(a)
	}
	shown := v.answersShare("I21", all.Ready, all.Asked)
	shown.FreshAt = v.fresh(shown, "surveyed")
	shown.Parts = map[string]Figure{
		"smartphone": v.answersShare("I21", all.Smartphone, all.Asked),
		"signal":     v.answersShare("I21", all.Signal, all.Asked),
	}
	return shown
}

// inclusion returns I22.
func (v View) inclusion() Figure {
	if v.codeHidden("I22") {
		return v.hiddenFigure("I22")
	}
	var all facts.Answers
	parts := map[string]Figure{}
	for q, keys := range facts.Questions {
		of := facts.Answered(v.Tally.Facts, q)
		if q == 0 {
			for _, a := range of {
				all.Add(a)
			}
		}
		for i, key := range keys {
			parts[key] = v.answersShare("I22", of[i].Active, of[i].Asked)
			if v.Hidden[groups.QuestionFamily(q)] {
				parts[key] = v.hiddenFigure("I22")
			}
		}
	}
	shown := v.answersShare("I22", all.Active, all.Asked)
	shown.FreshAt, shown.Parts = v.fresh(shown, "surveyed"), parts
	return shown
}
