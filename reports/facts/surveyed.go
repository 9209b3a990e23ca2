package facts

import "slices"

// Questions are the questions of I22, each with its two answers. Their indexes are those of
// Answers.who.
var Questions = [4][2]string{
	{"female", "male"}, {"aged_60", "under_60"}, {"minority", "majority"}, {"non_fixed", "fixed"},
}

// Add adds the answers of others.
func (a *Answers) Add(o Answers) {
	a.Asked, a.Active, a.Ready = a.Asked+o.Asked, a.Active+o.Active, a.Ready+o.Ready
	a.Smartphone, a.Signal = a.Smartphone+o.Smartphone, a.Signal+o.Signal
}

// Answered returns a group's answers to a question of I22: those of each kind, and those without an
// answer.
func Answered(facts *Cell, question int) (of [3]Answers) {
	for _, a := range facts.Answers {
		place := slices.Index(Questions[question][:], a.who[question])
		if place < 0 {
			place = 2
		}
		of[place].Add(a) //nolint:gosec // three places
	}
	return of
}
