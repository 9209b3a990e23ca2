package field

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/web"
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
	mountKind(e, f, visits)
	mountKind(e, f, trainings)
	mountKind(e, f, attendances)
	mountKind(e, f, shares)
	mountKind(e, f, surveys)
	mountKind(e, f, refusals)
	mountKind(e, f, incidents)
	mountKind(e, f, fees)
	mountKind(e, f, costs)

	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"field"},
		}
	}
	huma.Register(e.API, op(http.MethodPost, "/api/v1/incidents/{id}/close", "close-incident",
		"Đóng sự cố: close an incident", http.StatusOK), f.closeIncident)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/accounts/{account}/name-check", "check-account-name",
		"Đã kiểm tra tên chủ tài khoản: the holder's name was checked", http.StatusOK), f.checkName)

	// Samples: randomly drawn half-hours, their counts, and the estimates.
	huma.Register(e.API, op(http.MethodPost, "/api/v1/markets/{id}/sample-plans", "draw-sample",
		"Rút thăm giờ đếm: draw random half-hours", http.StatusCreated), f.postPlan)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-plans", "list-sample-plans",
		"A market's sample plans, newest first", 0), f.listPlans)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-slots", "list-sample-slots",
		"Drawn half-hours, latest first", 0), f.listSlots)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/sample-slots/{id}", "count-sample-slot",
		"Ghi số đếm: what was counted in a half-hour", http.StatusOK), f.putCount)
	mountImport(e, f, countLists)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/markets/{id}/sample-estimate", "read-sample-estimate",
		"Ước lượng từ mẫu: cashless shares with their 95 % intervals", 0), f.readEstimate)

	huma.Register(e.API, op(http.MethodGet, "/api/v1/me/field-kit", "read-field-kit",
		"Bộ dùng ngoại tuyến: what a phone needs for a day without a network", 0), f.readKit)
}
