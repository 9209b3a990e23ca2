package reports

import (
	"slices"

	"market40/reports/disclosure"
)

// familyID names figures that are hidden together.
type familyID int

// The families. Each measure is one by itself, and so is the evidence of each measure.
const (
	hiddenMeasure  familyID = iota // + measure
	hiddenMix               = hiddenMeasure + familyID(measures)
	hiddenPayments          = hiddenMix + familyID(measures) + iota - 2 // what banks notified, beside the evidence
	hiddenBands
	hiddenCodes
	hiddenDeclared
	hiddenSampled // shares of sales
	hiddenFees
	hiddenCosts
	hiddenTurnover // what is sampled in đồng
	hiddenSurvey
	hiddenQuestion // + question of I22
	families       = hiddenQuestion + 4
)

// family says what of a group is hidden together, and how. It is decided from the facts of its own queries alone, so a trend, which
// reads fewer facts than a report, hides the same.
type family struct {
	id    familyID
	each  []familyID // instead, where its counts are hidden one by one
	needs []string   // queries; where one was not read, nothing is published
	under []familyID // hidden where one of these is

	count func(*tally, *[families]bool) figures // beside what is hidden already
	holds holding

	// tooFew replaces both for amounts: whether what is known of some markets together must not be told.
	tooFew func(at []*cell) bool
}

// figures are the counts of a family in one group.
type figures struct {
	size   int
	counts []disclosure.Count
}

// registers are the measures that anybody can count in the register, where merchants are listed by name. They are never hidden.
var registers = []measure{registered, verified, covered, printed}

// activities are the measures of who is paid; activeWithin says of each which others it is part of.
var (
	activities   = []measure{begun, active30, active7, strict}
	activeWithin = [][]int{nil, {0}, {0, 1}, {0, 1}}
)

// guarded are the other measures of what merchants do.
var guarded = []measure{ready, dormant, trained, converted, visited, retained}

// mixed are the guarded measures whose evidence is told.
var mixed = []measure{ready, active7, active30, strict, trained, converted, visited, retained}

// allFamilies are all of them, each after those it is hidden under. The cohort is that of I17.
func allFamilies(cohort [2]int64) []family {
	list := []family{activityFamily()}
	for _, m := range guarded {
		list = append(list, m.guard(cohort))
	}
	for _, m := range mixed {
		list = append(list, family{
			id: hiddenMix + familyID(m), needs: m.needs(), under: []familyID{m.family()}, count: m.countMix, holds: m.holdsMix(m.holds(cohort)),
		})
	}
	activeMix := []familyID{active30.family(), hiddenMix + familyID(active30)}
	list = append(list,
		family{id: hiddenPayments, needs: active30.needs(), under: activeMix, count: countPayers, holds: holdsPayers},
		family{id: hiddenBands, needs: active30.needs(), under: []familyID{hiddenPayments}, count: countBands, holds: holdsBands},
		family{id: hiddenCodes, needs: []string{"displayed"}, count: countChecked, holds: holdsChecked},
		family{id: hiddenDeclared, needs: []string{"mop", "declared"}, count: countDeclared, holds: holdsDeclared},
		family{id: hiddenSampled, needs: []string{"mop", "sampled"}, tooFew: tooFewFor(disclosure.Fewest, (*cell).sampled)},
		family{id: hiddenFees, needs: []string{"mop", "fees"}, tooFew: tooFewFor(fewestOfAmounts, (*cell).hasFees)},
		family{id: hiddenCosts, needs: []string{"mop", "costs"}, tooFew: tooFewFor(fewestOfAmounts, (*cell).hasCosts)},
		family{id: hiddenTurnover, needs: []string{"mop", "sampled"}, under: []familyID{hiddenSampled}, tooFew: func(at []*cell) bool {
			return tooFewFor(fewestOfAmounts, (*cell).sampled)(at) || slices.ContainsFunc(at, (*cell).sampled) && dominated(at)
		}},
		family{id: hiddenSurvey, needs: []string{"surveyed"}, count: countSurvey},
	)
	for q := range questions {
		list = append(list, family{
			id: hiddenQuestion + familyID(q), needs: []string{"surveyed"}, under: []familyID{hiddenSurvey}, count: func(t *tally, _ *[families]bool) figures { return countQuestion(t, q) },
		})
	}
	return list
}

// guard is the family of a guarded measure.
func (m measure) guard(cohort [2]int64) family {
	return family{id: m.family(), needs: m.needs(), count: m.count, holds: m.holds(cohort)}
}

// needs returns the queries that a guarded measure or one of activity is decided from.
func (m measure) needs() []string {
	switch m {
	case ready:
		return []string{"mop", "ready", "displayed"}
	case dormant: // and what I03 and I05 are hidden by
		return []string{"mop", "ready", "displayed", "covered", "activity", "first_days"}
	case trained:
		return []string{"mop", "trained"}
	case converted:
		return []string{"mop", "conversion"}
	case visited:
		return []string{"mop", "visited"}
	case retained:
		return []string{"mop", "first_days", "retained"}
	}
	return []string{"mop", "activity", "first_days"}
}

func (m measure) family() familyID { return hiddenMeasure + familyID(m) }

// activityFamily holds the measures of who is paid, each hidden by itself. They stand in one table, for one bounds the other.
func activityFamily() family {
	f := family{
		needs: active30.needs(),
		count: func(t *tally, _ *[families]bool) figures {
			all := figures{size: t.merchants}
			for _, m := range activities {
				all.counts = append(all.counts, disclosure.Count{N: t.measured[m].mix.sum(), Of: t.merchants, Most: t.merchants})
			}
			return all
		},
		holds: func(p *person) (bool, []bool) {
			counted := make([]bool, len(activities))
			for k, m := range activities {
				counted[k] = p.level(m) != nothing
			}
			return p.operates, counted
		},
	}
	for _, m := range activities {
		f.each = append(f.each, m.family())
	}
	return f
}

// count returns a measure's counts of a group, with what the figures beside them say of them.
func (m measure) count(t *tally, hidden *[families]bool) figures {
	of, n := t.measured[m].of, t.measured[m].mix.sum()
	switch m {
	case dormant:
		return t.countDormant(hidden)
	case converted, retained: // who was trained, or began, is no register's to tell
		all := max(of, t.merchants)
		return figures{of, []disclosure.Count{{N: of, Of: all, Most: all}, {N: n, Of: of, Most: of}}}
	case ready:
		return figures{of, []disclosure.Count{{N: n, Of: of, Most: max(n, t.measured[printed].mix.sum())}}}
	}
	return figures{of, []disclosure.Count{{N: n, Of: of, Most: of}}}
}

// open returns the number of a measure that is published; otherwise what is certain of it.
func (t *tally) open(m measure, hidden *[families]bool, certain int) int {
	if hidden[m.family()] {
		return certain
	}
	return t.measured[m].mix.sum()
}

// countDormant returns the counts of I18. What I03, I05 and the coverage of the same group say of them is no secret of I18.
func (t *tally) countDormant(hidden *[families]bool) figures {
	all, of, n := t.merchants, t.measured[dormant].of, t.measured[dormant].mix.sum()
	observed := t.measured[covered].mix.sum()
	leastReady, mostReady := t.open(ready, hidden, 0), t.open(ready, hidden, all)
	leastActive, mostActive := t.open(active30, hidden, 0), t.open(active30, hidden, all)
	known := disclosure.Count{N: of, Of: all, Least: max(0, leastReady+observed-all, leastReady+leastActive-all), Most: mostReady}
	silent := disclosure.Count{N: n, Of: of, Least: max(0, leastReady+observed-all-mostActive), Most: min(of, all-leastActive, observed)}
	known.Least, known.Most = min(known.Least, of), max(known.Most, of)
	silent.Least, silent.Most = min(silent.Least, n), max(silent.Most, n)
	return figures{of, []disclosure.Count{known, silent}}
}

// holding says what one merchant adds at one market: whether it belongs to the figure there, and to which counts.
type holding func(*person) (belongs bool, counted []bool)

// holds returns what a merchant adds to a measure at a market.
func (m measure) holds(cohort [2]int64) holding {
	return func(p *person) (bool, []bool) {
		switch m {
		case dormant:
			return p.operates, []bool{p.mayBeDormant(), p.mayBeDormant() && p.active(month, 1) == nothing}
		case converted: // also who has left since
			return p.operates || p.inactive, []bool{p.inactive, p.converted != nothing}
		case retained:
			began := p.beganIn(cohort)
			return p.operates || began, []bool{began, began && p.level(m) != nothing}
		}
		return p.operates, []bool{p.level(m) != nothing}
	}
}

func (m measure) countMix(t *tally, _ *[families]bool) figures {
	e := t.measured[m].mix
	f := figures{size: e.sum()}
	for _, n := range []int{e.A, e.B, e.C, e.D} {
		f.counts = append(f.counts, disclosure.Count{N: n, Of: e.sum(), Most: e.sum()})
	}
	return f
}

func (m measure) holdsMix(holds holding) holding {
	return func(p *person) (bool, []bool) {
		belongs, counted := holds(p)
		on, is := p.level(m), counted[len(counted)-1]
		return belongs && is, []bool{is && on == levelA, is && on == levelB, is && on == levelC, is && on == levelD}
	}
}

func countPayers(t *tally, _ *[families]bool) figures {
	return figures{t.payers, []disclosure.Count{{N: t.payers, Of: t.merchants, Most: t.merchants}}}
}

func holdsPayers(p *person) (bool, []bool) {
	return p.operates, []bool{p.active(month, 1) == levelA}
}

func countBands(t *tally, _ *[families]bool) figures {
	f := figures{size: t.payers}
	for _, n := range t.bandPayers {
		f.counts = append(f.counts, disclosure.Count{N: n, Of: t.payers, Most: t.payers})
	}
	return f
}

func holdsBands(p *person) (bool, []bool) {
	counted := make([]bool, len(p.bands))
	for b, n := range p.bands {
		counted[b] = n > 0 && p.active(month, 1) == levelA
	}
	return p.operates, counted
}

// countChecked: who displays a code is told by the register, who was checked is not.
func countChecked(t *tally, _ *[families]bool) figures {
	return figures{t.codes.merchants, []disclosure.Count{{N: t.codes.checked, Of: t.codes.merchants, Most: t.codes.merchants}}}
}

func holdsChecked(p *person) (bool, []bool) {
	return p.codes > 0, []bool{p.codesByOwner+p.codesByOthers > 0}
}

func countDeclared(t *tally, _ *[families]bool) figures {
	all := max(len(t.declared), t.merchants)
	return figures{len(t.declared), []disclosure.Count{{N: len(t.declared), Of: all, Most: all}}}
}

func holdsDeclared(p *person) (bool, []bool) {
	return p.operates || p.customers > 0, []bool{p.customers > 0}
}

// fewestOfAmounts is how many merchants an amount must be of.
const fewestOfAmounts = 10

// tooFewFor returns whether markets with such amounts have fewer than least merchants together.
func tooFewFor(least int, has func(*cell) bool) func([]*cell) bool {
	return func(at []*cell) bool {
		if !slices.ContainsFunc(at, has) {
			return false
		}
		operating := joined(at).operating()
		return operating < least && (operating > 0 || least > disclosure.Fewest)
	}
}

func (c *cell) hasFees() bool { return c.fees != nil }

func (c *cell) hasCosts() bool { return c.spent > 0 }

func (c *cell) sampled() bool { return len(c.halfHours) > 0 }

// dominated reports whether one merchant has more than half of what banks notified at some markets.
func dominated(cells []*cell) bool {
	var most, all int64
	for _, p := range joined(cells).people {
		most, all = max(most, p.turnover), all+p.turnover
	}
	return 2*most > all
}

// questions are those of I22, each with its two answers. Their places are those in answers.who.
var questions = [4][2]string{{"female", "male"}, {"aged_60", "under_60"}, {"minority", "majority"}, {"non_fixed", "fixed"}}

func countSurvey(t *tally, _ *[families]bool) figures {
	var all answers
	for _, a := range t.facts.surveyed {
		all.add(a)
	}
	return countsOf(all.all, all.all, all.active, all.ready, all.smartphone, all.withSignal)
}

// countsOf returns counts of people who are not in the register, among size of them.
func countsOf(size int64, counts ...int64) figures {
	f := figures{size: int(size)}
	for i, n := range counts {
		most := int(size)
		if i == 0 {
			most += fewestOfAmounts // nobody knows how many were asked
		}
		f.counts = append(f.counts, disclosure.Count{N: int(n), Of: most, Most: most})
	}
	return f
}

func (a *answers) add(o answers) {
	a.all, a.active, a.ready = a.all+o.all, a.active+o.active, a.ready+o.ready
	a.smartphone, a.withSignal = a.smartphone+o.smartphone, a.withSignal+o.withSignal
}

// answered are the answers of a group to a question of I22: of either kind, and of those who did not say.
func answered(facts *cell, question int) (of [3]answers) {
	for _, a := range facts.surveyed {
		place := slices.Index(questions[question][:], a.who[question])
		if place < 0 {
			place = 2
		}
		of[place].add(a) //nolint:gosec // three places
	}
	return of
}

func countQuestion(t *tally, question int) figures {
	var counts []int64
	size := int64(0)
	for _, a := range answered(t.facts, question) {
		size += a.all
		counts = append(counts, a.all, a.active)
	}
	return countsOf(size, counts...)
}
