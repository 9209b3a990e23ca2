package periodic_test

import "testing"

// TestTheCommuneActs checks who issues a report. Districts ended on 1 July 2025. A later report
// names the commune that the pilot is in on the day of freezing; an earlier one names the district.
// Without a pilot no issuer is named.
func TestTheCommuneActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-05 08:00")
	w.Exec(`UPDATE market_places SET valid = daterange(NULL, '2025-07-01')`)
	w.Exec(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), m.id, v.locality_id,
		'[2025-07-01,)' FROM markets m, locality_versions v
		WHERE m.code = 'DAM' AND v.level = 'commune' AND v.code = '22366' AND v.valid @> date '2026-11-05'`)
	issued := func(locality, period string) object {
		t.Helper()
		order := object{"campaign": campaign, "kind": "month", "period": period}
		if locality != "" {
			order["locality"] = locality
		}
		made := w.Call(w.province, "POST", all, order, 201)
		w.Call(w.province, "POST", all+"/"+made.Text("id")+"/submit", object{}, 200)
		version := w.Call(w.province, "GET", all+"/"+made.Text("id")+"/versions/1", nil, 200)
		checkProof(t, version)
		if known := version.List("content.definitions"); known[0].Text("formula_vi") == "" ||
			known[0].Text("formula") == "" {
			t.Error("a formula is not frozen in both languages")
		}
		return version.Member("content.issuer")
	}
	if got := issued("568", "2026-10"); got.Text("name") != "Phường Nha Trang" || got.Text("level") != "commune" {
		t.Errorf("October 2026 is issued by %v", got)
	}
	for _, of := range [][2]string{{"568", "2025-05"}, {"568", "2025-06"}, {"569", "2026-10"}, {"", "2026-10"}} {
		if got := issued(of[0], of[1]); got != nil {
			t.Errorf("%v is issued by %v", of, got)
		}
	}
}
