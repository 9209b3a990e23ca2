package periodic

import (
	"market40/reports"
	"market40/reports/indicators"
)

// Meaning is the meaning of an indicator when a report was frozen.
type Meaning struct {
	Code      string                   `json:"code" example:"I05"`
	Version   int                      `json:"version"`
	Name      string                   `json:"name" example:"active_30d_rate"`
	NameVI    string                   `json:"name_vi"`
	NameEN    string                   `json:"name_en"`
	Unit      string                   `json:"unit"`
	Formula   string                   `json:"formula"`
	FormulaVI string                   `json:"formula_vi" doc:"the formula in Vietnamese words; not in what was frozen before 28 November 2026"`
	ProseVI   string                   `json:"prose_vi"`
	ProseEN   string                   `json:"prose_en"`
	Evidence  []string                 `json:"evidence" nullable:"false"`
	Parts     []indicators.DefinedPart `json:"parts" nullable:"false"`
}

// frozenMeanings returns the meanings of the figures in a report, by code.
func frozenMeanings(served *reports.Adoption) ([]Meaning, error) {
	definitions, err := indicators.Definitions()
	if err != nil {
		return nil, err
	}
	list := []Meaning{}
	for _, d := range definitions {
		if _, shown := served.Total[d.Code]; shown {
			list = append(list, Meaning{
				d.Code, d.Version, d.Name, d.NameVI, d.NameEN, d.Unit, d.Formula, d.FormulaVI,
				d.ProseVI, d.ProseEN, d.Evidence, d.Parts,
			})
		}
	}
	return list, nil
}
