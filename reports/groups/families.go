package groups

import (
	"slices"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/indicators"
)

// Hidden says which families are hidden of a group.
type Hidden map[indicators.Family]bool

// QuestionFamily is the family of a question of I22.
func QuestionFamily(question int) indicators.Family {
	return indicators.Family("question: " + facts.Questions[question][0])
}

// family says what of a group is hidden together, and how. It is decided from the facts of its own
// queries alone, so a trend, which reads fewer facts than a report, hides the same.
type family struct {
	id    indicators.Family
	each  []indicators.Family // instead, where its counts are hidden one by one
	needs []string            // queries; where one was not read, nothing is published
	under []indicators.Family // hidden where one of these is

	count func(*Tally, Hidden) figures // beside what is hidden already
	holds HoldsFunc

	// tooFew replaces both for amounts: whether what is known of some markets together must not be
	// told.
	tooFew func(at []*facts.Cell) bool
}

// figures are the counts of a family in one group.
type figures struct {
	size   int
	counts []disclosure.Count
}

// activeWithin says of each measure of activity which others, by their places, it is part of.
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

// mixes are the families of the evidence that measures are told with.
func mixes(cohort facts.Cohort) (list []family) {
	for _, row := range indicators.Rows {
		if row.Register || row.SureEvidence {
			continue
		}
		for _, m := range []indicators.Measure{row.Measure, row.Part} {
			if m != "" {
				list = append(list, family{
					id: m.Evidence(), needs: row.DecidedFrom(), under: []indicators.Family{m.Family()},
					count: countMix(m), holds: holdsMix(m, HoldsOf(m, cohort)),
				})
			}
		}
	}
	return list
}

// allFamilies are all of them, each after those it is hidden under. The cohort is that of I17.
func allFamilies(cohort facts.Cohort) []family {
	list := []family{activityFamily()}
	for _, row := range indicators.Guarded() {
		list = append(list, guard(row, cohort))
	}
	list = append(list, mixes(cohort)...)
	active, _ := indicators.Find("I05")
	activeMix := []indicators.Family{indicators.Active30.Family(), indicators.Active30.Evidence()}
	list = append(list,
		family{
			id: indicators.Payments, needs: active.DecidedFrom(), under: activeMix, count: countPayers,
			holds: holdsPayers,
		},
		family{
			id: indicators.Bands, needs: active.DecidedFrom(), under: []indicators.Family{indicators.Payments},
			count: countBands, holds: holdsBands,
		},
		family{id: indicators.Codes, needs: []string{"displayed"}, count: countChecked, holds: holdsChecked},
		family{id: indicators.Declared, needs: []string{"mop", "declared"}, count: countDeclared, holds: holdsDeclared},
	)
	return append(append(list, amounts()...), surveys()...)
}

// amounts are the families of what is no count of merchants: it is decided by how many merchants
// are there.
func amounts() []family {
	of := func(least int, has func(*facts.Cell) bool) func([]*facts.Cell) bool {
		return func(at []*facts.Cell) bool { return tooFew(at, least, has) }
	}
	turnover := func(at []*facts.Cell) bool {
		return tooFew(at, disclosure.FewestOfAmounts, (*facts.Cell).Sampled) ||
			slices.ContainsFunc(at, (*facts.Cell).Sampled) && dominated(at)
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

// surveys are the families of what people without a name answered.
func surveys() []family {
	list := []family{{id: indicators.Survey, needs: []string{"surveyed"}, count: countSurvey}}
	for q := range facts.Questions {
		list = append(list, family{
			id: QuestionFamily(q), needs: []string{"surveyed"}, under: []indicators.Family{indicators.Survey},
			count: func(t *Tally, _ Hidden) figures { return countQuestion(t, q) },
		})
	}
	return list
}

// guard is the family of a guarded measure.
func guard(row indicators.Row, cohort facts.Cohort) family {
	return family{
		id: row.Measure.Family(), needs: row.DecidedFrom(), count: countIn(row), holds: HoldsOf(row.Measure, cohort),
	}
}

// activityFamily holds the measures of who is paid, each hidden by itself. They stand in one table,
// for one bounds the other.
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
		holds: func(p *facts.Person) (bool, []bool) {
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

// countIn returns what counts a measure in a group, with what the figures beside it say of it.
func countIn(row indicators.Row) func(*Tally, Hidden) figures {
	m := row.Measure
	return func(t *Tally, hidden Hidden) figures {
		of, n := t.Measured[m].Of, t.Measured[m].Mix.Sum()
		switch {
		case m == indicators.Dormant:
			return t.countDormant(hidden)
		case row.OwnDenominator: // who was trained, or began, is no register's to tell
			all := max(of, t.Merchants)
			return figures{of, []disclosure.Count{{N: of, Of: all, Most: all}, {N: n, Of: of, Most: of}}}
		case m == indicators.Ready:
			printed := t.Measured[indicators.Printed].Mix.Sum()
			return figures{of, []disclosure.Count{{N: n, Of: of, Most: max(n, printed)}}}
		}
		return figures{of, []disclosure.Count{{N: n, Of: of, Most: of}}}
	}
}

// open returns the number of a measure that is published; otherwise what is certain of it.
func (t *Tally) open(m indicators.Measure, hidden Hidden, certain int) int {
	if hidden[m.Family()] {
		return certain
	}
	return t.Measured[m].Mix.Sum()
}

// countDormant returns the counts of I18. What I03, I05 and the coverage of the same group say of
// them is no secret of I18.
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

// HoldsFunc says what one merchant adds at one market: whether it belongs to the figure there, and
// to which counts.
type HoldsFunc func(*facts.Person) (belongs bool, counted []bool)

// HoldsOf returns what a merchant adds to a measure at a market.
func HoldsOf(m indicators.Measure, cohort facts.Cohort) HoldsFunc {
	level, among := facts.LevelOf(m), facts.DenominatorOf(m)
	if among == nil {
		return func(p *facts.Person) (bool, []bool) { return p.Operates, []bool{level(p) != facts.Nothing} }
	}
	if m == indicators.Dormant {
		return func(p *facts.Person) (bool, []bool) {
			return p.Operates, []bool{p.MayBeDormant(), level(p) != facts.Nothing}
		}
	}
	return func(p *facts.Person) (bool, []bool) { // also who has left since
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

func holdsMix(m indicators.Measure, holds HoldsFunc) HoldsFunc {
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

func holdsPayers(p *facts.Person) (bool, []bool) {
	return p.Operates, []bool{p.Lately() == facts.LevelA}
}

func countBands(t *Tally, _ Hidden) figures {
	f := figures{size: t.payers}
	for _, n := range t.bandPayers {
		f.counts = append(f.counts, disclosure.Count{N: n, Of: t.payers, Most: t.payers})
	}
	return f
}

func holdsBands(p *facts.Person) (bool, []bool) {
	counted := make([]bool, len(p.Bands))
	for b, n := range p.Bands {
		counted[b] = n > 0 && p.Lately() == facts.LevelA
	}
	return p.Operates, counted
}

// countChecked: who displays a code is told by the register, who was checked is not.
func countChecked(t *Tally, _ Hidden) figures {
	of := t.Codes.merchants
	return figures{of, []disclosure.Count{{N: t.Codes.checked, Of: of, Most: of}}}
}

func holdsChecked(p *facts.Person) (bool, []bool) {
	return p.Codes > 0, []bool{p.CodesByOwner+p.CodesByOthers > 0}
}

func countDeclared(t *Tally, _ Hidden) figures {
	all := max(len(t.Declared), t.Merchants)
	return figures{len(t.Declared), []disclosure.Count{{N: len(t.Declared), Of: all, Most: all}}}
}

func holdsDeclared(p *facts.Person) (bool, []bool) {
	return p.Operates || p.Customers > 0, []bool{p.Customers > 0}
}

// tooFew reports whether markets that have something have fewer than least merchants together.
func tooFew(at []*facts.Cell, least int, has func(*facts.Cell) bool) bool {
	if !slices.ContainsFunc(at, has) {
		return false
	}
	operating := facts.Join(at).Operating()
	return operating < least && (operating > 0 || least > disclosure.Fewest)
}

// dominated reports whether one merchant has more than half of what banks notified at some markets.
func dominated(cells []*facts.Cell) bool {
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

// countsOf returns counts of people who are not in the register, among size of them.
func countsOf(size int64, counts ...int64) figures {
	f := figures{size: int(size)}
	for i, n := range counts {
		most := int(size)
		if i == 0 {
			most += disclosure.FewestOfAmounts // nobody knows how many were asked
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
