package periodic

import (
	"maps"
	"slices"

	"market40/reports"
)

// Meaning is what an indicator meant when a report was frozen.
type Meaning struct {
	Code    string `json:"code" example:"I05"`
	Version int    `json:"version"`
}

// definitionsOf are those of the figures that a report shows, by code.
func definitionsOf(served *reports.Adoption) []Meaning {
	list := []Meaning{}
	for _, code := range slices.Sorted(maps.Keys(served.Total)) {
		list = append(list, Meaning{code, served.Total[code].Definition})
	}
	return list
}
