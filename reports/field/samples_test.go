package field_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func (w *world) plan(key string, seed int64) object {
	w.T.Helper()
	return w.Call(key, "POST", w.at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-10", "seed": seed, "slots_per_stratum": 3,
		"strata": []any{object{"stratum": "sáng", "hours": []int{5, 9}}, object{
			"stratum": "chiều",
			"hours":   []int{15, 17},
		}},
	}, 201)
}

func TestPlanIsStoredAsDrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.plan(w.team, 42), w.plan(w.admin, 42)
	for i := range 6 {
		at := fmt.Sprintf("slots.%d.starts_at", i)
		if first.Text(at) == "" || first.Text(at) != second.Text(at) {
			t.Errorf("%s: %s and %s", at, first.Text(at), second.Text(at))
		}
	}
	list := w.Call(w.team, "GET", w.at+"/sample-plans", nil, 200).Items()
	if len(list) != 2 || list[0].Text("from") != "2026-11-01" || list[0].Text("to") != "2026-11-10" ||
		list[0].Text("seed") != "42" ||
		list[0].Text("strata.0.stratum") != "chiều" || list[0].Text("strata.0.slots") != "40" ||
		list[0].Text("strata.1.slots") != "80" || list[0].Text("strata.1.drawn") != "3" {
		t.Errorf("%v", list)
	}
	random := w.Call(w.team, "POST", w.at+"/sample-plans", object{
		"from": "2026-11-01", "to": "2026-11-10",
		"slots_per_stratum": 3, "strata": []any{object{"stratum": "sáng", "hours": []int{5, 9}}},
	}, 201)
	if random.Text("seed") == "" || random.Text("seed") == "0" {
		t.Errorf("a plan without a seed has %s", random.Text("seed"))
	}
	if slots := w.Call(w.team, "GET", w.at+"/sample-slots?limit=200", nil, 200).Items(); len(slots) != 15 ||
		slots[0].Text("sales") != "" {
		t.Errorf("%d slots, %v", len(slots), slots[0])
	}
}

func TestAHalfHourIsCountedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/api/v1/sample-slots/" + w.plan(w.team, 1).Text("slots.0.id")
	count := func(key string, sales, cashless int, want int, code string) object {
		t.Helper()
		answer := w.Call(key, "PUT", at, object{"sales": sales, "cashless_sales": cashless}, want)
		if answer.Text("code") != code {
			t.Errorf("%v, want %s", answer, code)
		}
		return answer
	}
	other := w.Key("team", "market:CHODAM")
	count(w.team, 10, 11, 422, "more_than_all")
	count(w.team, -1, -1, 422, "invalid_input")
	w.Call(w.team, "PUT", at, object{"sales": 1, "cashless_sales": 1, "turnover": "5"}, 422)
	w.Call(w.team, "PUT", at, object{"sales": 1, "cashless_sales": 1, "turnover": "5", "cashless_turnover": "6"}, 422)
	w.Call(w.team, "PUT", at, object{"sales": 1, "cashless_sales": 1, "turnover": "5.5", "cashless_turnover": "1"}, 422)
	first := count(w.team, 10, 4, 200, "")
	w.Clock = w.Clock.Add(time.Minute)
	if again := count(w.team, 10, 4, 200, ""); again.Text("counted_at") != first.Text("counted_at") {
		t.Error("the same counts again are recorded as new")
	}
	count(other, 10, 4, 200, "") // the same counts again
	count(other, 12, 4, 409, "slot_counted")
	// the same person may correct the count on the same day
	if corrected := count(w.team, 12, 4, 200, ""); corrected.Text("sales") != "12" {
		t.Errorf("%v", corrected)
	}
	w.Clock = time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC) // 00:00 of the 23rd in Vietnam
	count(w.team, 13, 4, 409, "slot_counted")
	count(w.team, 12, 4, 200, "")
	w.Call(w.Key("team", "market:BANGOI"), "PUT", at, object{"sales": 1, "cashless_sales": 1}, 404)
	w.Call(w.Key("province_officer", ""), "PUT", at, object{"sales": 1, "cashless_sales": 1}, 403)
	future := w.Call(w.team, "POST", w.at+"/sample-plans", object{
		"from": "2026-11-24", "to": "2026-11-24",
		"slots_per_stratum": 1, "strata": []any{object{"stratum": "x", "hours": []int{5, 9}}},
	}, 201)
	if refused := w.Call(w.team, "PUT", "/api/v1/sample-slots/"+future.Text("slots.0.id"),
		object{"sales": 1, "cashless_sales": 1}, 422); refused.Text("code") != "slot_not_over" {
		t.Errorf("%v", refused)
	}
}

// Worked by hand: "sáng" has 80 half-hours; the counted ones are 2 of 10, 4 of 10 and 3 of 10.
// "chiều" has 40, with 5 of 10 and 5 of 10. R = (80·3 + 40·5) / (80·10 + 40·10) = 440/1200.
// Deviations of y − R·x: sáng s² = 1, chiều 0. Variance = 80²·(1 − 3/80)/3·1 = 2053.33. With 3
// degrees of freedom: 3.1824·√2053.33/1200 = 0.1202.
func TestTheEstimateIsTheCombinedRatio(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// only the manager sees figures of so few merchants
	manager := w.Key("manager", "market:CHODAM")
	estimate := func(query string) object { return w.Call(manager, "GET", w.at+"/sample-estimate"+query, nil, 200) }
	if none := estimate(""); none.Text("sales.value") != "" || none.Text("sales.why") != "nothing_counted" ||
		none.Text("as_of") != "2026-11-22" {
		t.Errorf("of nothing: %v", none)
	}
	plan := w.plan(w.team, 1)
	at := "/api/v1/sample-slots/" + plan.Text("slots.0.id")
	for _, wrong := range []struct{ sales, cashless, turnover, part, field string }{
		{"0", "0", "900000", "0", "turnover"}, {"5", "0", "100", "50", "cashless_turnover"}, {
			"5", "5", "100", "50",
			"cashless_turnover",
		}, {"5", "1", "100", "200", "cashless_turnover"},
	} {
		refused := w.Call(w.team, "PUT", at, object{"sales": json.Number(wrong.sales), "cashless_sales": json.Number(
			wrong.cashless), "turnover": wrong.turnover, "cashless_turnover": wrong.part}, 422)
		if refused.Text("errors.0.field") != wrong.field {
			t.Errorf("%v: %v", wrong, refused)
		}
	}
	w.Call(w.team, "PUT", at, object{"sales": 0, "cashless_sales": 0, "turnover": "0", "cashless_turnover": "0"}, 200)
	if none := estimate(""); none.Text("sales.value") != "" || none.Text("sales.why") != "nothing_sold" ||
		none.Text("turnover.why") != "nothing_sold" {
		t.Errorf("of a half-hour without a sale: %v", none)
	}
	counts := map[string][]int{"sáng": {2, 4, 3}, "chiều": {5, 5}}
	slots, _ := plan["slots"].([]any)
	for _, s := range slots {
		slot, _ := s.(map[string]any)
		stratum := object(slot).Text("stratum")
		if left := counts[stratum]; len(left) > 0 {
			w.Call(w.team, "PUT", "/api/v1/sample-slots/"+object(slot).Text("id"),
				object{"sales": 10, "cashless_sales": left[0]}, 200)
			counts[stratum] = left[1:]
		}
		if stratum == "sáng" && len(counts["sáng"]) == 2 {
			if lone := estimate(""); lone.Text("sales.value") != "0.2000" || lone.Text("sales.interval") != "" ||
				lone.Text("sales.why") != "one_slot_in: sáng" {
				t.Errorf("of one half-hour: %v", lone)
			}
		}
	}
	got := estimate("?as_of=2026-11-23")
	if got.Text("sales.value") != "0.3667" || got.Text("sales.interval.low") != "0.2465" ||
		got.Text("sales.interval.high") != "0.4868" || got.Text("sales.counted") != "5" ||
		got.Text("turnover.why") != "nothing_counted" || got.Text("strata.0.counted") != "2" ||
		got.Text("strata.1.cashless_sales") != "9" {
		t.Errorf("%v", got)
	}
	// its half-hours are later
	if before := estimate("?as_of=2026-11-01"); before.Text("sales.value") != "" {
		t.Errorf("before the plan: %v", before)
	}
	for _, as := range []string{"2026-11-24", "1/2/2026"} {
		w.Call(w.team, "GET", w.at+"/sample-estimate?as_of="+as, nil, 422)
	}
}
