// Package field records the facts observed at the markets, from which figures are counted: visits,
// trainings, fees, declared shares, samples, the anonymous survey, refusals, incidents, costs and
// name checks. Facts arrive one by one, as lists, or later from phones that had no network.
package field

import (
	"time"

	"market40/migrations/database"
	"market40/reports"
	"market40/reports/field/record"
	"market40/reports/field/samples"
)

// Field records and lists facts.
type Field struct {
	db      *database.DB
	now     func() time.Time
	facts   *record.Facts
	samples *samples.Samples
}

// New returns a Field that stores facts in db and hides sums of few people as the reports do. now
// is the clock.
func New(db *database.DB, figures *reports.Reports, now func() time.Time) *Field {
	facts := record.New(db, figures, now)
	return &Field{db: db, now: now, facts: facts, samples: samples.New(db, facts, now)}
}
