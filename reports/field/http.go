package field

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/web"
	"market40/reports/field/record"
	"market40/reports/field/samples"
)

// Routes mounts the API of facts from the field. The permissions are in
// merchants/access/roles/permissions.go: teams, managers and admins record in their markets,
// auditors read, and officers read what concerns no single merchant.
func (f *Field) Routes(e *web.Edge) {
	for name, table := range map[string]string{
		"trainings": "trainings", "incidents": "incidents", "sample-slots": "sample_slots",
	} {
		e.Scope(name, `SELECT EXISTS (SELECT FROM `+table+`
			WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)))`)
	}
	// Facts: a list, one by one, or many at once.
	record.Mount(e, f.facts, visits)
	record.Mount(e, f.facts, trainings)
	record.Mount(e, f.facts, attendances)
	record.Mount(e, f.facts, shares)
	record.Mount(e, f.facts, surveys)
	record.Mount(e, f.facts, refusals)
	record.Mount(e, f.facts, incidents)
	record.Mount(e, f.facts, fees)
	record.Mount(e, f.facts, costs)
	record.MountImport(e, f.facts, samples.CountLists)

	op := web.Tagged("field")
	huma.Register(e.API, op(http.MethodPost, "/api/v1/incidents/{id}/close", "close-incident",
		"Close an incident", http.StatusOK), f.closeIncident)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/accounts/{account}/name-check", "check-account-name",
		"Record that the account holder's name was checked", http.StatusOK), f.checkName)

	f.samples.Routes(e)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/me/field-kit", "read-field-kit",
		"Read what a phone needs for a day without a network", 0), f.readKit)
}
