package field_test

import (
	"fmt"
	"testing"
)

// Figures that today's report hides are hidden in the source lists too: fees and samples of a
// market with few merchants.
func TestSumsOfFewMerchantsAreHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager, officer := w.Key("manager", "market:CHODAM"), w.Key("province_officer", "")
	w.Call(manager, "POST", w.at+"/fees", object{
		"month": "2026-10", "due": "900000", "paid": "600000",
		"paid_by_transfer": "200000",
	}, 201)
	// that month has not ended
	w.Call(manager, "POST", w.at+"/fees", object{
		"month": "2026-11", "due": "900000", "paid": "300000",
		"paid_by_transfer": "100000",
	}, 201)
	w.Call(w.admin, "POST", w.at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-14",
		"slots_per_stratum": 4, "strata": []object{{"stratum": "sáng", "hours": []int{5, 9}}},
	}, 201)
	w.Exec(`UPDATE sample_slots SET sales = 10, cashless_sales = 4, turnover = 800000, cashless_turnover = 300000,
		actor_id = (SELECT id FROM actors LIMIT 1), counted_at = starts_at`)
	fees := func(key string) string {
		text := ""
		for _, f := range w.Call(key, "GET", w.at+"/fees", nil, 200).Items() {
			text += f.Text("month") + " " + f.Text("due") + " " + f.Text("paid") + " " + f.Text("paid_by_transfer") +
				" " + f.Text("suppressed") + "; "
		}
		return text
	}
	slot := func(key string) string {
		s := w.Call(key, "GET", w.at+"/sample-slots", nil, 200).Items()[0]
		return s.Text("sales") + " " + s.Text("cashless_sales") + " " + s.Text("turnover") + " " +
			s.Text("cashless_turnover") + " " + s.Text("suppressed")
	}
	estimate := func(key string) string {
		e := w.Call(key, "GET", w.at+"/sample-estimate", nil, 200)
		text := ""
		for _, name := range []string{"sales", "turnover"} {
			share := e[name].(map[string]any)
			text += fmt.Sprint(share["value"], " ", share["suppressed"], " ", share["counted"], "; ")
		}
		stratum := e["strata"].([]any)[0].(map[string]any)
		return text + fmt.Sprint(stratum["sales"], " ", stratum["cashless_sales"])
	}
	const shownFees, hiddenFees = "2026-11 900000 300000 100000 false; 2026-10 900000 600000 200000 false; ",
		"2026-11    true; 2026-10    true; "
	for key, want := range map[string][3]string{
		manager: {shownFees, "10 4 800000 300000 false", "0.4000 false 4; 0.3750 false 4; 40 16"},
		officer: {hiddenFees, "    true", "<nil> true 4; <nil> true 4; <nil> <nil>"},
		w.admin: {hiddenFees, "    true", "<nil> true 4; <nil> true 4; <nil> <nil>"},
	} {
		if got := [3]string{fees(key), slot(key), estimate(key)}; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	// twelve merchants: totals are published, and turnover too unless one merchant has most of it
	for i := range 10 {
		w.AddTenancy(w.stall(w.dam, fmt.Sprintf("C-%d", i)), w.AddMerchant("Người bán"), "(,)")
	}
	if got, want := fees(officer), shownFees; got != want {
		t.Errorf("the fees of twelve are %q, not %q", got, want)
	}
	if got, want := slot(officer), "10 4 800000 300000 false"; got != want {
		t.Errorf("the counts among twelve are %q, not %q", got, want)
	}
}
