package reports

import (
	"math/bits"

	"market40/reports/indicators"
)

// level is what a merchant is counted on; the better one is greater: A, D, B, C, nothing.
type level byte

const (
	nothing level = iota
	levelC
	levelB
	levelD
	levelA
)

func levelOf(text string) level {
	switch text {
	case "A":
		return levelA
	case "B":
		return levelB
	case "C":
		return levelC
	case "D":
		return levelD
	}
	return nothing
}

// mostLevels is how many queries may tell a level of each merchant and nothing else.
const mostLevels = 8

// levelPlaces are the places of those queries in a person's levels.
var levelPlaces = func() map[string]int {
	places := map[string]int{}
	for place, query := range indicators.LevelQueries() {
		places[query] = place
	}
	return places
}()

// person is what is known of one merchant in a cell, or in a group of cells together.
type person struct {
	operates, covered                     bool
	lateAt                                int64             // seconds since 1970; 0: it was in the register by the moment
	levels                                [mostLevels]level // by the place of the query that tells them
	told, word                            uint32            // active days: bit 0 is the day before the as-of day
	payments, words                       int64
	bands                                 [4]int64
	turnover                              int64
	firstTold, firstWord                  int64 // days since 1970; 0: never
	laterTold, laterWord, stayed, watched bool  // of the month that retention asks for
	inactive                              bool  // before its training, and observed
	converted                             level
	codes, codesByOwner, codesByOthers    int // displayed, and checked
	transfers, customers                  int64
}

// join adds what is known of the same merchant elsewhere.
func (p *person) join(o *person) {
	p.lateAt = laterOf(p, o)
	p.operates, p.covered = p.operates || o.operates, p.covered || o.covered
	for place := range p.levels {
		p.levels[place] = max(p.levels[place], o.levels[place])
	}
	p.converted = max(p.converted, o.converted)
	p.told, p.word = p.told|o.told, p.word|o.word
	p.payments, p.words, p.turnover = p.payments+o.payments, p.words+o.words, p.turnover+o.turnover
	for b := range p.bands {
		p.bands[b] += o.bands[b]
	}
	p.firstTold, p.firstWord = earlier(p.firstTold, o.firstTold), earlier(p.firstWord, o.firstWord)
	p.laterTold, p.laterWord = p.laterTold || o.laterTold, p.laterWord || o.laterWord
	p.stayed, p.watched, p.inactive = p.stayed || o.stayed, p.watched || o.watched, p.inactive || o.inactive
	p.codes, p.codesByOwner, p.codesByOthers = p.codes+o.codes, p.codesByOwner+o.codesByOwner, p.codesByOthers+o.codesByOthers
	p.transfers, p.customers = p.transfers+o.transfers, p.customers+o.customers
}

// laterOf is when somebody came into the register after the moment: not, where it operates a stall that was there.
func laterOf(p, o *person) int64 {
	if p.operates && p.lateAt == 0 || o.operates && o.lateAt == 0 {
		return 0
	}
	return earlier(p.lateAt, o.lateAt)
}

func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// active is on what a merchant counts as active on the days of a mask, on so many of them at least.
func (p *person) active(mask uint32, days int) level {
	switch {
	case bits.OnesCount32(p.told&mask) >= days:
		return levelA
	case bits.OnesCount32((p.told|p.word)&mask) >= days:
		return levelB
	}
	return nothing
}

// lately returns on what a merchant counts as active in the 30 days before the as-of day.
func (p *person) lately() level { return p.active(month, 1) }
