package reports

import "slices"

// questions are those of I22, each with its two answers. Their places are those in answers.who.
var questions = [4][2]string{{"female", "male"}, {"aged_60", "under_60"}, {"minority", "majority"}, {"non_fixed", "fixed"}}

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
