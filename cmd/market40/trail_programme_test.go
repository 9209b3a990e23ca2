package main_test

// tourProgramme makes a campaign, and does in it what a locality does, for the commune of a market.
func tourProgramme(s *serving, key, market string) {
	s.t.Helper()
	const campaign, locality = "/api/v1/campaigns/TOUR", "/api/v1/campaigns/TOUR/pilots/22366"
	s.ask(key, "POST", "/api/v1/campaigns", object{"code": "TOUR", "name": "Chợ 4.0", "legal_ref": "05/UBCĐS", "starts_on": "2025-07-01"}, 201)
	s.ask(key, "PUT", locality, object{"market_id": market}, 200)
	s.ask(key, "PUT", locality+"/milestones/launched", object{"reached_on": "2026-01-15"}, 200)
	s.ask(key, "DELETE", locality+"/milestones/launched", nil, 204)
	target := s.ask(key, "POST", campaign+"/targets", object{"indicator": "I05", "value": "0.6", "due_on": "2026-12-31"}, 201)
	s.ask(key, "DELETE", campaign+"/targets/"+target.text("id"), nil, 204)
}
