package proof

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/figures"
	"market40/reports/groups"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// crowd is how many merchants a market has in each of two zones, and how many of them were paid in
// the last 30 days.
type crowd struct{ merchants, paid, elsewhere, paidElsewhere int }

// province is what was counted of invented markets.
type province struct {
	figures.Day

	markets    []scope.Market
	dimensions map[uuid.UUID]string
}

// narrowed returns the hidden counts that can be narrowed down.
func (p *province) narrowed(t *testing.T) ([]string, error) {
	return findNarrowed(t.Context(), &p.Day, p.markets, p.dimensions)
}

// addMarket adds a market that is divided by zone.
func (p *province) addMarket() {
	m := scope.Market{ID: uuid.New(), Code: facts.MarketName(len(p.markets))}
	p.markets = append(p.markets, m)
	p.dimensions[m.ID] = "zone"
}

// count counts cells, each market as a unit of a basis, without a database.
func (p *province) count(cells map[string]*facts.Cell) {
	var units []groups.Unit
	for _, m := range p.markets {
		units = append(units, groups.Unit{Basis: "current", Markets: []uuid.UUID{m.ID}})
	}
	p.Groups = groups.New(units, nil, scope.IDs(p.markets))
	p.Groups.Count(facts.NewDayFacts(p.Date, cells))
}

func newProvince() *province {
	return &province{
		Day:        figures.Day{Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Versions: map[string]int{}},
		dimensions: map[uuid.UUID]string{},
	}
}

// provinceOf counts markets with given crowds.
func provinceOf(crowds ...crowd) *province {
	p := newProvince()
	cells := map[string]*facts.Cell{}
	number := uint64(0)
	for place, c := range crowds {
		p.addMarket()
		for zone, of := range map[string][2]int{
			"A": {c.merchants, c.paid}, "B": {c.elsewhere, c.paidElsewhere},
		} {
			cell := facts.NewCell()
			for i := range of[0] {
				number++
				person := &facts.Person{Operates: true}
				if i < of[1] {
					person.BankDays, person.FirstBankDay = 1, 1
				}
				var id facts.MerchantID
				binary.BigEndian.PutUint64(id[:], number)
				cell.People[id] = person
			}
			cells[facts.PartName(place, zone, "khac", "stall")] = cell
		}
	}
	p.count(cells)
	return p
}

// The proof finds what hiding only the small counts would reveal, and nothing after the rule.
func TestProofFindsWhatCanBeDerived(t *testing.T) {
	t.Parallel()
	crowds := []crowd{{20, 12, 9, 3}, {15, 1, 15, 2}, {30, 25, 10, 9}}
	p := provinceOf(crowds...)
	for _, g := range p.Groups.All {
		for _, m := range indicators.Activity {
			n := g.Tally.Measured[m].Mix.Sum()
			g.Hidden[m.Family()] = 0 < n && n < disclosure.Fewest
		}
	}
	found, err := p.narrowed(t)
	if err != nil || len(found) == 0 || !strings.Contains(found[0], "within 3–3") {
		t.Errorf("where only small counts are hidden, the proof finds %v, %v", found, err)
	}
	p = provinceOf(crowds...)
	p.Groups.Suppress()
	if found, err = p.narrowed(t); err != nil || len(found) > 0 {
		t.Errorf("after the rule, the proof finds %v, %v", found, err)
	}
	if total := p.Groups.Of(scope.IDs(p.markets)...); total.Hidden[indicators.Active30.Family()] {
		t.Error("the total is hidden")
	}
}

// drawProvince counts markets with merchants who were trained, or began in the month of the cohort,
// some of them at two markets.
func drawProvince(r *rand.Rand) *province {
	p := newProvince()
	began, cells := facts.CohortOf(p.Date)[0], map[string]*facts.Cell{}
	number, several := uint64(0), uint64(1_000_000)
	for place := range 3 + r.IntN(4) {
		p.addMarket()
		cell := facts.NewCell()
		for i := range 1 + r.IntN(40) {
			number++
			key := number
			if i == 0 && r.IntN(2) == 0 {
				key = several + r.Uint64N(2) // also at another market
			}
			person := &facts.Person{Operates: r.IntN(5) > 0, Inactive: r.IntN(3) == 0}
			if person.Inactive && r.IntN(4) == 0 {
				person.Converted = facts.LevelA
			}
			if r.IntN(3) == 0 {
				person.FirstBankDay, person.LaterBank = began+int64(r.IntN(28)), r.IntN(5) > 0
			}
			var id facts.MerchantID
			binary.BigEndian.PutUint64(id[:], key)
			cell.People[id] = person
		}
		cells[facts.PartName(place, "A", "khac", "stall")] = cell
	}
	p.dimensions = map[uuid.UUID]string{}
	p.count(cells)
	return p
}

// Hidden counts of I15 and I17 cannot be derived either, nor their denominators. Where only the small
// counts are hidden, they often can.
func TestProofOfTrainingAndRetention(t *testing.T) {
	t.Parallel()
	revealed := 0
	for seed := range uint64(60) {
		draw := func() *province {
			return drawProvince(rand.New(rand.NewPCG(seed, 15))) //nolint:gosec // an invented province
		}
		p := draw()
		for _, g := range p.Groups.All {
			for _, m := range []indicators.Measure{indicators.Converted, indicators.Retention} {
				of := g.Tally.Measured[m]
				few := func(n int) bool { return 0 < n && n < 5 }
				g.Hidden[m.Family()] = few(of.Of) || few(of.Mix.Sum())
			}
		}
		if found, err := p.narrowed(t); err == nil && len(found) > 0 {
			revealed++
		}
		p = draw()
		p.Groups.Suppress()
		if found, err := p.narrowed(t); err != nil || len(found) > 0 {
			t.Errorf("province %d: %v, %v", seed, found, err)
		}
	}
	if revealed < 10 {
		t.Errorf("only %d of the provinces would reveal something", revealed)
	}
}
