package facts

import (
	"math/bits"

	"market40/reports/indicators"
)

// Level is the evidence on which a merchant is counted. Better levels are greater: A, D, B, C,
// Nothing.
type Level byte

// The levels of evidence.
const (
	Nothing Level = iota
	LevelC
	LevelB
	LevelD
	LevelA
)

func levelOf(text string) Level {
	switch text {
	case "A":
		return LevelA
	case "B":
		return LevelB
	case "C":
		return LevelC
	case "D":
		return LevelD
	}
	return Nothing
}

// mostLevels is the maximum number of queries that return only a level of each merchant.
const mostLevels = 8

// levelIndexes maps these queries to their index in a person's levels.
var levelIndexes = func() map[string]int {
	places := map[string]int{}
	for place, query := range indicators.LevelQueries() {
		places[query] = place
	}
	return places
}()

// Person is what is known of one merchant in a cell, or in several cells together.
type Person struct {
	Operates, covered bool
	// seconds since 1970; 0: it was in the register by the moment
	EnteredLate int64
	levels      [mostLevels]Level // by the index of their query
	// active days: bit 0 is the day before the as-of day
	BankDays, OwnerDays                    uint32
	BankPayments, OwnerPayments            int64
	Bands                                  [4]int64
	Turnover                               int64
	FirstBankDay, FirstOwnerDay            int64 // days since 1970; 0: never
	LaterBank, LaterOwner, stayed, watched bool  // in the month of I17's retention
	Inactive                               bool  // before its training, and observed
	Converted                              Level
	Codes, CodesByOwner, CodesByOthers     int // displayed, and checked
	Transfers, Customers                   int64
}

// join adds what is known of the same merchant elsewhere.
func (p *Person) join(o *Person) {
	p.EnteredLate = laterOf(p, o)
	p.Operates, p.covered = p.Operates || o.Operates, p.covered || o.covered
	for place := range p.levels {
		p.levels[place] = max(p.levels[place], o.levels[place])
	}
	p.Converted = max(p.Converted, o.Converted)
	p.BankDays, p.OwnerDays = p.BankDays|o.BankDays, p.OwnerDays|o.OwnerDays
	p.BankPayments, p.OwnerPayments = p.BankPayments+o.BankPayments, p.OwnerPayments+o.OwnerPayments
	p.Turnover += o.Turnover
	for b := range p.Bands {
		p.Bands[b] += o.Bands[b]
	}
	p.FirstBankDay = earlierOf(p.FirstBankDay, o.FirstBankDay)
	p.FirstOwnerDay = earlierOf(p.FirstOwnerDay, o.FirstOwnerDay)
	p.LaterBank, p.LaterOwner = p.LaterBank || o.LaterBank, p.LaterOwner || o.LaterOwner
	p.stayed, p.watched, p.Inactive = p.stayed || o.stayed, p.watched || o.watched, p.Inactive || o.Inactive
	p.Codes += o.Codes
	p.CodesByOwner, p.CodesByOthers = p.CodesByOwner+o.CodesByOwner, p.CodesByOthers+o.CodesByOthers
	p.Transfers, p.Customers = p.Transfers+o.Transfers, p.Customers+o.Customers
}

// laterOf returns when a merchant entered the register after the moment. It returns 0 if the
// merchant operates a stall that was already there.
func laterOf(p, o *Person) int64 {
	if p.Operates && p.EnteredLate == 0 || o.Operates && o.EnteredLate == 0 {
		return 0
	}
	return earlierOf(p.EnteredLate, o.EnteredLate)
}

func earlierOf(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// active returns the level on which a merchant counts as active: paid on at least days of the days
// in mask.
func (p *Person) active(mask uint32, days int) Level {
	switch {
	case bits.OnesCount32(p.BankDays&mask) >= days:
		return LevelA
	case bits.OnesCount32((p.BankDays|p.OwnerDays)&mask) >= days:
		return LevelB
	}
	return Nothing
}

// Lately returns the level on which a merchant counts as active in the 30 days before the as-of
// day.
func (p *Person) Lately() Level { return p.active(month, 1) }
