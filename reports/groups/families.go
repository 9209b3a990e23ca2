package groups

import (
	"slices"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Hidden maps each family to whether it is hidden in a group.
type Hidden map[indicators.Family]bool

// QuestionFamily returns the family of a question of I22.
func QuestionFamily(question int) indicators.Family {
	return indicators.Family("question: " + facts.Questions[question][0])
}

// family describes what is hidden together in a group, and how. The decision uses only the facts of
// its own queries. So a trend, which reads fewer facts than a report, hides the same.
type family struct {
	id    indicators.Family
	each  []indicators.Family // used instead of id if the counts are hidden one by one
	needs []string            // queries; if one was not read, nothing is published
	under []indicators.Family // hidden if one of these is hidden

	count        func(*Tally, Hidden) figures // given what is already hidden
	contribution ContributionFunc

	// tooFew replaces count and holds for amounts: it reports whether the joint figure of some
	// markets must not be published.
	tooFew func(at []*facts.Cell) bool
}

// figures are the counts of a family in one group.
type figures struct {
	size   int
	counts []disclosure.Count
}

// activeWithin returns, for each measure of activity, the indexes of the measures that contain it.
func activeWithin() (within [][]int) {
	for _, m := range indicators.Activity {
		var places []int
		for place, other := range indicators.Activity {
			if slices.Contains(m.Within(), other) {
				places = append(places, place)
			}
		}
		within = append(within, places)
	}
	return within
}

// evidenceFamilies returns the families of the evidence of all measures.
func evidenceFamilies(cohort facts.Cohort) (list []family) {
	for _, row := range indicators.Rows {
		if row.Register || row.SureEvidence {
			continue
		}
		for _, m := range []indicators.Measure{row.Measure, row.Part} {
			if m != "" {
				list = append(list, family{
					id: m.Evidence(), needs: row.DecidedFrom(), under: []indicators.Family{m.Family()},
					count: countMix(m), contribution: contributeMix(m, ContributionOf(m, cohort)),
				})
			}
		}
	}
	return list
}

// allFamilies returns all families, each after those under which it is hidden. The cohort is that
// of I17.
func allFamilies(cohort facts.Cohort) []family {
	list := []family{activityFamily()}
	for _, row := range indicators.Guarded() {
		list = append(list, guardedFamily(row, cohort))
	}
	list = append(list, evidenceFamilies(cohort)...)
	active, _ := indicators.Find("I05")
	activeMix := []indicators.Family{indicators.Active30.Family(), indicators.Active30.Evidence()}
	list = append(
		list,
		family{
			id: indicators.Payments, needs: active.DecidedFrom(), under: activeMix, count: countPayers,
			contribution: contributePayers,
		},
		family{
			id: indicators.Bands, needs: active.DecidedFrom(), under: []indicators.Family{indicators.Payments},
			count: countBands, contribution: contributeBands,
		},
		family{
			id:           indicators.Codes,
			needs:        []string{"displayed"},
			count:        countChecked,
			contribution: contributeChecked,
		},
		family{
			id:           indicators.Declared,
			needs:        []string{"mop", "declared"},
			count:        countDeclared,
			contribution: contributeDeclared,
		},
	)
	return append(append(list, amountFamilies()...), surveyFamilies()...)
}

// amountFamilies returns the families of amounts. They depend on the number of merchants behind the
// amount.
func amountFamilies() []family {
	of := func(least int, has func(*facts.Cell) bool) func([]*facts.Cell) bool {
		return func(at []*facts.Cell) bool { return tooFew(at, least, has) }
	}
	turnover := func(at []*facts.Cell) bool {
		return tooFew(at, disclosure.FewestOfAmounts, (*facts.Cell).Sampled) ||
			slices.ContainsFunc(at, (*facts.Cell).Sampled) && hasDominant(at)
	}
	return []family{
		{id: indicators.Sampled, needs: []string{"mop", "sampled"}, tooFew: of(disclosure.Fewest,
			(*facts.Cell).Sampled)},
		{id: indicators.Fees, needs: []string{"mop", "fees"}, tooFew: of(disclosure.FewestOfAmounts,
			(*facts.Cell).HasFees)},
		{id: indicators.Costs, needs: []string{"mop", "costs"}, tooFew: of(disclosure.FewestOfAmounts,
			(*facts.Cell).HasCosts)},
		{
			id: indicators.Turnover, needs: []string{"mop", "sampled"}, under: []indicators.Family{indicators.Sampled},
			tooFew: turnover,
		},
	}
}

// surveyFamilies returns the families of anonymous survey answers.
func surveyFamilies() []family {
	list := []family{{id: indicators.Survey, needs: []string{"surveyed"}, count: countSurvey}}
	for q := range facts.Questions {
		list = append(list, family{
			id: QuestionFamily(q), needs: []string{"surveyed"}, under: []indicators.Family{indicators.Survey},
			count: func(t *Tally, _ Hidden) figures { return countQuestion(t, q) },
		})
	}
	return list
}

// guardedFamily returns the family of a guarded measure.
func guardedFamily(row indicators.Row, cohort facts.Cohort) family {
	return family{
		id:           row.Measure.Family(),
		needs:        row.DecidedFrom(),
		count:        countIn(row),
		contribution: ContributionOf(row.Measure, cohort),
	}
}

// activityFamily returns the family of the measures of paid merchants. Each is hidden separately.
// They share one table, because one limits the other.
func activityFamily() family {
	row, _ := indicators.Find("I05")
	var levels []facts.LevelFunc
	for _, m := range indicators.Activity {
		levels = append(levels, facts.LevelOf(m))
	}
	f := family{
		needs: row.DecidedFrom(),
		count: func(t *Tally, _ Hidden) figures {
			all := figures{size: t.Merchants}
			for _, m := range indicators.Activity {
				n := t.Measured[m].Mix.Sum()
				all.counts = append(all.counts, disclosure.Count{N: n, Of: t.Merchants, Most: t.Merchants})
			}
			return all
		},
		contribution: func(p *facts.Person) (bool, []bool) {
			counted := make([]bool, len(levels))
			for k, level := range levels {
				counted[k] = level(p) != facts.Nothing
			}
			return p.Operates, counted
		},
	}
	for _, m := range indicators.Activity {
		f.each = append(f.each, m.Family())
	}
	return f
}

// countIn returns a function that counts a measure in a group, with the limits that other figures
// set.
func countIn(row indicators.Row) func(*Tally, Hidden) figures {
	m := row.Measure
	return func(t *Tally, hidden Hidden) figures {
		of, n := t.Measured[m].Of, t.Measured[m].Mix.Sum()
		switch {
		case m == indicators.Dormant:
			return t.countDormant(hidden)
		case row.OwnDenominator: // the register does not show who was trained or who began
			all := max(of, t.Merchants)
			return figures{of, []disclosure.Count{{N: of, Of: all, Most: all}, {N: n, Of: of, Most: of}}}
		case m == indicators.Ready:
			printed := t.Measured[indicators.Printed].Mix.Sum()
			return figures{of, []disclosure.Count{{N: n, Of: of, Most: max(n, printed)}}}
		}
		return figures{of, []disclosure.Count{{N: n, Of: of, Most: of}}}
	}
}

// open returns the number of a measure if it is published, and certain otherwise.
func (t *Tally) open(m indicators.Measure, hidden Hidden, certain int) int {
	if hidden[m.Family()] {
		return certain
	}
	return t.Measured[m].Mix.Sum()
}

// countDormant returns the counts of I18. Their limits follow from I03, I05 and the coverage of the
// same group, as far as these are published.
func (t *Tally) countDormant(hidden Hidden) figures {
	all, of, n := t.Merchants, t.Measured[indicators.Dormant].Of, t.Measured[indicators.Dormant].Mix.Sum()
	observed := t.Measured[indicators.Covered].Mix.Sum()
	leastReady, mostReady := t.open(indicators.Ready, hidden, 0), t.open(indicators.Ready, hidden, all)
	leastActive, mostActive := t.open(indicators.Active30, hidden, 0), t.open(indicators.Active30, hidden, all)
	known := disclosure.Count{
		N: of, Of: all, Least: max(0, leastReady+observed-all, leastReady+leastActive-all),
		Most: mostReady,
	}
	silent := disclosure.Count{
		N: n, Of: of, Least: max(0, leastReady+observed-all-mostActive), Most: min(of, all-leastActive, observed),
	}
	known.Least, known.Most = min(known.Least, of), max(known.Most, of)
	silent.Least, silent.Most = min(silent.Least, n), max(silent.Most, n)
	return figures{of, []disclosure.Count{known, silent}}
}

// ContributionFunc returns what one merchant adds at one market: whether it belongs to the figure there,
// and to which counts.
type ContributionFunc func(*facts.Person) (belongs bool, counted []bool)

// ContributionOf returns what a merchant adds to a measure at a market.
func ContributionOf(m indicators.Measure, cohort facts.Cohort) ContributionFunc {
	level, among := facts.LevelOf(m), facts.DenominatorOf(m)
	if among == nil {
		return func(p *facts.Person) (bool, []bool) { return p.Operates, []bool{level(p) != facts.Nothing} }
	}
	if m == indicators.Dormant {
		return func(p *facts.Person) (bool, []bool) {
			return p.Operates, []bool{p.MayBeDormant(), level(p) != facts.Nothing}
		}
	}
	return func(p *facts.Person) (bool, []bool) { // also merchants who have left
		is := among(p, cohort)
		return p.Operates || is, []bool{is, is && level(p) != facts.Nothing}
	}
}

func countMix(m indicators.Measure) func(*Tally, Hidden) figures {
	return func(t *Tally, _ Hidden) figures {
		e := t.Measured[m].Mix
		f := figures{size: e.Sum()}
		for _, n := range []int{e.A, e.B, e.C, e.D} {
			f.counts = append(f.counts, disclosure.Count{N: n, Of: e.Sum(), Most: e.Sum()})
		}
		return f
	}
}

func contributeMix(m indicators.Measure, holds ContributionFunc) ContributionFunc {
	level := facts.LevelOf(m)
	return func(p *facts.Person) (bool, []bool) {
		belongs, counted := holds(p)
		is := counted[len(counted)-1]
		on := func(l facts.Level) bool { return is && level(p) == l }
		return belongs && is, []bool{on(facts.LevelA), on(facts.LevelB), on(facts.LevelC), on(facts.LevelD)}
	}
}

func countPayers(t *Tally, _ Hidden) figures {
	return figures{t.payers, []disclosure.Count{{N: t.payers, Of: t.Merchants, Most: t.Merchants}}}
}

func contributePayers(p *facts.Person) (bool, []bool) {
	return p.Operates, []bool{p.Lately() == facts.LevelA}
}

func countBands(t *Tally, _ Hidden) figures {
	f := figures{size: t.payers}
	for _, n := range t.bandPayers {
		f.counts = append(f.counts, disclosure.Count{N: n, Of: t.payers, Most: t.payers})
	}
	return f
}

func contributeBands(p *facts.Person) (bool, []bool) {
	counted := make([]bool, len(p.Bands))
	for b, n := range p.Bands {
		counted[b] = n > 0 && p.Lately() == facts.LevelA
	}
	return p.Operates, counted
}

// countChecked counts checked codes. The register shows who displays a code, but not which codes
// were checked.
func countChecked(t *Tally, _ Hidden) figures {
	of := t.Codes.merchants
	return figures{of, []disclosure.Count{{N: t.Codes.checked, Of: of, Most: of}}}
}

func contributeChecked(p *facts.Person) (bool, []bool) {
	return p.Codes > 0, []bool{p.CodesByOwner+p.CodesByOthers > 0}
}

func countDeclared(t *Tally, _ Hidden) figures {
	all := max(len(t.Declared), t.Merchants)
	return figures{len(t.Declared), []disclosure.Count{{N: len(t.Declared), Of: all, Most: all}}}
}

func contributeDeclared(p *facts.Person) (bool, []bool) {
	return p.Operates || p.Customers > 0, []bool{p.Customers > 0}
}

// tooFew reports whether the markets that have something have fewer than least merchants together.
func tooFew(at []*facts.Cell, least int, has func(*facts.Cell) bool) bool {
	if !slices.ContainsFunc(at, has) {
		return false
	}
	operating := facts.Join(at).Operating()
	return operating < least && (operating > 0 || least > disclosure.Fewest)
}

// hasDominant reports whether one merchant has more than half of the amounts that banks reported at
// some markets.
func hasDominant(cells []*facts.Cell) bool {
	var most, all int64
	for _, p := range facts.Join(cells).People {
		most, all = max(most, p.Turnover), all+p.Turnover
	}
	return 2*most > all
}

func countSurvey(t *Tally, _ Hidden) figures {
	var all facts.Answers
	for _, a := range t.Facts.Answers {
		all.Add(a)
	}
	return countsOf(all.Asked, all.Asked, all.Active, all.Ready, all.Smartphone, all.Signal)
}

// countsOf returns counts of people who are not in the register, out of size people.
func countsOf(size int64, counts ...int64) figures {
	f := figures{size: int(size)}
	for i, n := range counts {
		most := int(size)
		if i == 0 {
			most += disclosure.FewestOfAmounts // the number of answers is unknown
		}
		f.counts = append(f.counts, disclosure.Count{N: int(n), Of: most, Most: most})
	}
	return f
}

func countQuestion(t *Tally, question int) figures {
	var counts []int64
	size := int64(0)
	for _, a := range facts.Answered(t.Facts, question) {
		size += a.Asked
		counts = append(counts, a.Asked, a.Active)
	}
	return countsOf(size, counts...)
}
