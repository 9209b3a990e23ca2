package facts_test

import (
	"testing"

	"github.com/google/uuid"

	"market40/reports/facts"
	"market40/reports/indicators"
)

// Every measure of a row has a rule, or a query that returns its level. A merchant without facts
// counts in no measure.
func TestEveryMeasureIsCounted(t *testing.T) {
	t.Parallel()
	for _, row := range indicators.Rows {
		for _, m := range []indicators.Measure{row.Measure, row.Part} {
			if m != "" && facts.LevelOf(m)(&facts.Person{}) != facts.Nothing {
				t.Errorf("%s counts a merchant without facts", m)
			}
		}
		if (facts.DenominatorOf(row.Measure) != nil) != row.OwnDenominator {
			t.Errorf("%s does not count the merchants that its row says", row.Code)
		}
	}
}

// A merchant of several markets counts once, with the best evidence and all payments. The original
// cells are unchanged.
func TestJoinCountsAMerchantOnce(t *testing.T) {
	t.Parallel()
	id := facts.MerchantID(uuid.New())
	here, there := facts.NewCell(), facts.NewCell()
	here.People[id] = &facts.Person{Operates: true, OwnerDays: 1, OwnerPayments: 2}
	there.People[id] = &facts.Person{BankDays: 2, BankPayments: 3}
	all := facts.Join([]*facts.Cell{here, there})
	p := all.People[id]
	if len(all.People) != 1 || all.Operating() != 1 || p.Lately() != facts.LevelA || p.BankPayments != 3 ||
		p.OwnerPayments != 2 {
		t.Errorf("together they are %+v", p)
	}
	if here.People[id].BankDays != 0 || there.Operating() != 0 {
		t.Error("a cell was changed")
	}
}

// The parts of a market are found by their position and have a name in each dimension.
func TestNamesOfParts(t *testing.T) {
	t.Parallel()
	part := facts.PartName(0, "A", "khac", "stall")
	parts := map[string]*facts.Cell{part: facts.NewCell(), facts.PartName(10, "B", "khac", "stall"): facts.NewCell()}
	if of := facts.PartsOf(parts, 0); len(of) != 1 || of[part] == nil {
		t.Errorf("the parts of the first market are %v", of)
	}
	for i, dimension := range facts.Dimensions() {
		if name, is := facts.NameIn(dimension, part); !is || name != []string{"A", "khac", "stall"}[i] {
			t.Errorf("in %s it is %q", dimension, name)
		}
	}
	if _, is := facts.NameIn("zone", facts.MarketName(0)); is {
		t.Error("a market is a part")
	}
}
