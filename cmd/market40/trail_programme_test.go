package main_test

import "market40/frontend/apptest/program"

// tourProgramme makes a campaign, and does in it what a locality does, for the commune of a market,
// up to its report.
func tourProgramme(s *program.Server, key, second, market string) {
	s.T.Helper()
	const campaign, locality = "/api/v1/campaigns/TOUR", "/api/v1/campaigns/TOUR/pilots/22366"
	s.CallAs(key, "POST", "/api/v1/campaigns", object{
		"code": "TOUR", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS",
		"starts_on": "2025-07-01",
	}, 201)
	s.CallAs(key, "PUT", locality, object{"market_id": market}, 200)
	s.CallAs(key, "PUT", locality+"/milestones/launched", object{"reached_on": "2026-01-15"}, 200)
	s.CallAs(key, "DELETE", locality+"/milestones/launched", nil, 204)
	target := s.CallAs(key, "POST", campaign+"/targets", object{
		"indicator": "I05", "value": "0.6",
		"due_on": "2026-12-31",
	}, 201)
	s.CallAs(key, "DELETE", campaign+"/targets/"+target.Text("id"), nil, 204)

	report := "/api/v1/periodic-reports/" + s.CallAs(key, "POST", "/api/v1/periodic-reports", object{
		"campaign": "TOUR",
		"locality": "22366", "kind": "month", "period": "2026-10",
	}, 201).Text("id")
	s.CallAs(key, "POST", report+"/submit", object{}, 200)
	s.CallAs(second, "POST", report+"/approve", object{}, 200)
	s.CallAs(second, "POST", report+"/return", object{"note": "sai tên chợ"}, 200)
	s.CallAs(key, "POST", report+"/correct", object{"reason": "đã sửa tên"}, 200)
}
