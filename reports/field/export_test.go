package field

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/merchants/roster"
)

// Draw lets tests draw half-hours.
func Draw(seed int64, stratum string, first time.Time, days, from, to, n int) []time.Time {
	return drawHalfHours(seed, stratum, first, days, hours{from, to}, n)
}

// ReadLists reads a file as a list of each kind, as an import does before it queries the database.
// It returns the faults of each row, by kind.
func ReadLists(name string, data []byte, now time.Time) map[string][][]problem.Field {
	return map[string][][]problem.Field{
		"visits": readList(visits, name, data, now), "trainings": readList(trainings, name, data, now),
		"attendances": readList(attendances, name, data, now),
		"shares":      readList(shares, name, data, now), "surveys": readList(surveys, name, data, now),
		"refusals":  readList(refusals, name, data, now),
		"incidents": readList(incidents, name, data, now), "fees": readList(fees, name, data, now),
		"costs": readList(costs, name, data, now), "counts": readList(countLists, name, data, now),
	}
}

func readList[O any, F listed](k *kind[O, F], name string, data []byte, now time.Time) [][]problem.Field {
	list, err := roster.ReadList(name, data, k.fields)
	if err != nil {
		return nil
	}
	orders := make([]O, len(list.Rows))
	for i, cells := range list.Rows {
		orders[i] = k.row(cells)
	}
	here := &factSubject{now: now, market: uuid.Max}
	faults := [][]problem.Field{}
	for _, e := range k.entries(here, list.Rows, orders) {
		k.check(here, e)
		faults = append(faults, e.errors)
	}
	return faults
}
