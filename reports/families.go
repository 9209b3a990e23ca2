package reports

import "slices"

// familyID names figures that are hidden together.
type familyID int

// The families. A measure past dormant is one by itself, and so is the evidence of each measure.
const (
	hiddenTogether familyID = iota // I01–I06, I18, and what is counted from the active
	hiddenMeasure                  // + measure
	hiddenMix      = hiddenMeasure + familyID(measures)
	hiddenBands    = hiddenMix + familyID(measures) + iota - 3
	hiddenCodes
	hiddenDeclared
	hiddenSampled  // shares of sales: whoever is few
	hiddenAmounts  // fees, costs
	hiddenTurnover // what is sampled in đồng
	hiddenSurvey
	hiddenQuestion // + question of I22
	families       = hiddenQuestion + 4
)

// family says how to tell whether figures must be hidden.
type family struct {
	id    familyID
	under []familyID                              // hidden where one of these is
	of    func(*tally) figures                    // what a group tells
	gives func(rest marketSet, left figures) bool // whether what is left of it must not be told; nil: a count of few
}

// mixed are the measures whose evidence is told.
var mixed = []measure{registered, verified, ready, active7, active30, strict, trained, converted, visited, retained}

// families are all of them, each after those it stands under.
func (g *groups) families(cells map[string]*cell) []family {
	list := []family{{id: hiddenTogether, of: together}}
	for m := strict; m < measures; m++ {
		list = append(list, family{id: hiddenMeasure + familyID(m), under: m.under(), of: func(t *tally) figures {
			return figures{t.measured[m].of, []int{t.measured[m].mix.sum()}}
		}})
	}
	for _, m := range mixed {
		under := append([]familyID{hiddenMeasure + familyID(m)}, m.under()...)
		list = append(list, family{id: hiddenMix + familyID(m), under: under, of: func(t *tally) figures {
			e := t.measured[m].mix
			return figures{t.measured[m].of, []int{e.A, e.B, e.C, e.D}}
		}})
	}
	withAmounts := func(has func(*cell) bool) func(marketSet, figures) bool {
		return func(rest marketSet, left figures) bool {
			return left.merchants < fewestOfAmounts && slices.ContainsFunc(g.cells(rest, cells), has)
		}
	}
	list = append(list,
		family{id: hiddenBands, under: []familyID{hiddenTogether}, of: func(t *tally) figures { return figures{t.payers, t.bandPayers[:]} }},
		// Who displays a code was registered: the stalls that do bound the merchants that are hidden.
		family{id: hiddenCodes, under: []familyID{hiddenTogether}, of: func(t *tally) figures { return figures{t.codes.merchants, []int{t.codes.checked}} }},
		family{id: hiddenDeclared, of: func(t *tally) figures { return figures{len(t.declared), nil} }},
		family{id: hiddenSampled, of: merchantsOf, gives: func(rest marketSet, left figures) bool {
			return left.few() && slices.ContainsFunc(g.cells(rest, cells), (*cell).sampled)
		}},
		family{id: hiddenAmounts, of: merchantsOf, gives: withAmounts((*cell).hasAmounts)},
		family{id: hiddenTurnover, under: []familyID{hiddenSampled}, of: merchantsOf, gives: func(rest marketSet, left figures) bool {
			at := g.cells(rest, cells)
			return slices.ContainsFunc(at, (*cell).sampled) && (left.merchants < fewestOfAmounts || dominated(at))
		}},
		family{id: hiddenSurvey, of: surveyed},
	)
	for q := range questions {
		list = append(list, family{id: hiddenQuestion + familyID(q), under: []familyID{hiddenSurvey}, of: func(t *tally) figures { return asking(t, q) }})
	}
	return list
}

// under is what a measure is hidden with.
func (m measure) under() []familyID {
	if m <= begun {
		return []familyID{hiddenTogether}
	}
	return nil
}

func together(t *tally) figures {
	f := figures{merchants: t.merchants, numerators: []int{t.measured[dormant].of}}
	for m := range strict {
		f.numerators = append(f.numerators, t.measured[m].mix.sum())
	}
	return f
}

func merchantsOf(t *tally) figures { return figures{merchants: t.merchants} }

func (c *cell) hasAmounts() bool { return c.fees != nil || c.costs > 0 }

func (c *cell) sampled() bool { return len(c.halfHours) > 0 }

// dominated says whether one merchant has more than half of what banks told at some markets.
func dominated(cells []*cell) bool {
	var most, all int64
	for _, p := range joined(cells).people {
		most, all = max(most, p.turnover), all+p.turnover
	}
	return 2*most > all
}

// questions are those of I22, each with its two answers. Their places are those in answers.who.
var questions = [4][2]string{{"female", "male"}, {"aged_60", "under_60"}, {"minority", "majority"}, {"non_fixed", "fixed"}}

func surveyed(t *tally) figures {
	var all answers
	for _, a := range t.facts.surveyed {
		all.add(a)
	}
	return figures{int(all.all), []int{int(all.active), int(all.ready), int(all.smartphone), int(all.withSignal)}}
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

func asking(t *tally, question int) figures {
	f := figures{}
	for _, a := range answered(t.facts, question) {
		f.merchants += int(a.all)
		f.numerators = append(f.numerators, int(a.all), int(a.active))
	}
	return f
}
