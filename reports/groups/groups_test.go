package groups_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// marketsOf returns markets with the given numbers of merchants, all of them paid. If shared, all
// markets have the same first merchant.
func marketsOf(shared bool, sizes ...int) (ids []uuid.UUID, known *facts.DayFacts) {
	cells := map[string]*facts.Cell{}
	number := uint64(1)
	for place, size := range sizes {
		ids = append(ids, uuid.New())
		at := facts.NewCell()
		for i := range size {
			var id facts.MerchantID
			if number++; !shared || i > 0 {
				binary.BigEndian.PutUint64(id[:], number)
			}
			at.People[id] = &facts.Person{Operates: true, BankDays: 1, FirstBankDay: 1}
		}
		cells[facts.PartName(place, "A", "khac", "stall")] = at
	}
	return ids, facts.NewDayFacts(day, cells)
}

// A merchant of two markets is one person in a unit that contains both. Two units with the same
// markets are one group.
func TestAMerchantOfTwoMarketsCountsOnce(t *testing.T) {
	t.Parallel()
	ids, known := marketsOf(true, 10, 20)
	g := groups.New([]groups.Unit{{Basis: "current", Markets: ids}, {Basis: "communes_2025", Markets: ids}}, nil, nil)
	g.Count(known)
	if len(g.All) != 3 || len(g.Joint()) != 1 {
		t.Fatalf("%d groups of two markets", len(g.All))
	}
	both := g.Of(ids...)
	active := both.Tally.Measured[indicators.Active30]
	if both.Tally.Merchants != 29 || active.Mix.A != 29 || active.Of != 29 {
		t.Errorf("both have %d merchants, active %+v", both.Tally.Merchants, active)
	}
}

// If some campaign chose a market of the sum, a market of four merchants that no campaign chose is
// left out.
func TestASmallMarketBesidePilotsIsApart(t *testing.T) {
	t.Parallel()
	ids, known := marketsOf(false, 10, 4)
	g := groups.New([]groups.Unit{{Basis: "current", Markets: ids}}, []map[uuid.UUID]bool{{ids[0]: true}}, nil)
	g.Count(known)
	if apart := g.Apart(ids); apart[ids[0]] || !apart[ids[1]] || g.Merchants(ids) != 14 {
		t.Errorf("apart are %v", apart)
	}
	if n := g.Of(ids...).Tally.Merchants; n != 10 {
		t.Errorf("%d merchants are counted together", n)
	}
}

// A group that hides nothing and is not a sum of published groups is hidden as a whole.
func TestEmptyGroupIsHidden(t *testing.T) {
	t.Parallel()
	ids, known := marketsOf(true, 10, 20, 30)
	g := groups.New([]groups.Unit{{Basis: "current", Markets: ids}}, nil, nil)
	g.Count(known)
	g.Suppress()
	if total := g.Of(ids...); total.Hidden[indicators.Active30.Family()] {
		t.Error("the total is hidden")
	}
	if two := g.Of(ids[:2]...); !two.Hidden[indicators.Active30.Family()] {
		t.Error("nothing is hidden of two markets that share a merchant")
	}
}
