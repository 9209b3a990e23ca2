package figures

import (
	"testing"

	"market40/reports/indicators"
)

// Every row has a figure: by its measure, by a formula, or from facts about localities.
func TestEveryRowHasAFigure(t *testing.T) {
	t.Parallel()
	for _, row := range indicators.Rows {
		if _, special := formulas[row.Code]; !special && !row.ByLocality && row.Measure == "" {
			t.Errorf("nothing counts %s", row.Code)
		}
	}
	for code := range formulas {
		if _, known := indicators.Find(code); !known {
			t.Errorf("a formula of %s, which is no indicator", code)
		}
	}
}
