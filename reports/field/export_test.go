package field

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
	"market40/reports/field/record"
	"market40/reports/field/samples"
)

// ReadLists reads a file as a list of each kind, as an import does before it queries the database.
// It returns the faults of each row, by kind.
func ReadLists(name string, data []byte, now time.Time) map[string][][]problem.Field {
	return map[string][][]problem.Field{
		"visits": readList(visits, name, data, now), "trainings": readList(trainings, name, data, now),
		"attendances": readList(attendances, name, data, now),
		"shares":      readList(shares, name, data, now), "surveys": readList(surveys, name, data, now),
		"refusals":  readList(refusals, name, data, now),
		"incidents": readList(incidents, name, data, now), "fees": readList(fees, name, data, now),
		"costs": readList(costs, name, data, now), "counts": readList(samples.CountLists, name, data, now),
	}
}

func readList[O any, F record.Listed](k *record.Kind[O, F], name string, data []byte, now time.Time) [][]problem.Field {
	list, err := roster.ReadList(name, data, k.Fields)
	if err != nil {
		return nil
	}
	here := &record.Subject{Now: now, Market: uuid.Max}
	faults := [][]problem.Field{}
	for _, cells := range list.Rows {
		e := &record.Entry[O]{Order: k.Row(cells), Line: cells.Line}
		for _, fault := range cells.Faults() {
			e.Fail(fault.Name, fault.Code, fault.Vi, fault.En)
		}
		k.Check(here, e)
		var refused *problem.Error
		if errors.As(e.Refusal(), &refused) {
			faults = append(faults, refused.Fields)
		}
	}
	return faults
}
