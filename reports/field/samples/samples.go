// Package samples draws random half-hours in which people count the sales of a market, records what
// they counted, and estimates the shares without cash from it.
package samples

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/reports/field/record"
)

// Samples records and estimates from samples.
type Samples struct {
	db    *database.DB
	facts *record.Facts
	now   func() time.Time
}

// New returns Samples that are stored in db. now is the clock.
func New(db *database.DB, facts *record.Facts, now func() time.Time) *Samples {
	return &Samples{db, facts, now}
}

// Routes mounts the API of samples. The permissions are those of the other facts from the field.
func (f *Samples) Routes(e *web.Edge) {
	op := web.Tagged("field")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets/{id}/sample-plans", "draw-sample",
		"Draw random half-hours", http.StatusCreated), f.postPlan)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-plans", "list-sample-plans",
		"A market's sample plans, newest first", 0), f.listPlans)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-slots", "list-sample-slots",
		"Drawn half-hours, latest first", 0), f.listSlots)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/sample-slots/{id}", "count-sample-slot",
		"Record what was counted in a half-hour", http.StatusOK), f.putCount)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-estimate", "read-sample-estimate",
		"Estimate cashless shares from samples, with their 95 % intervals", 0), f.readEstimate)
}
