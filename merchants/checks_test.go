package merchants_test

import (
	"testing"
	"time"

	"market40/merchants/vietqr"
)

// A check says what hangs at the stall, where it was seen, and warns the board once of what pays somebody else.
func TestChecksAreListedAndWarn(t *testing.T) {
	w := newWorld(t)
	s, other := w.stall("A1", "1111"), w.stall("A2", "2222")
	path := "/api/v1/stalls/" + s.text("id") + "/checks"
	team := w.key("team", "market:CHODAM")
	swapped, err := vietqr.Encode(vietqr.Payment{BIN: "970422", Account: "666", Purpose: s.text("code.code")})
	must(t, err)
	check := func(body object, verdict string) {
		t.Helper()
		w.clock = w.clock.Add(time.Minute)
		if got := w.call(team, "POST", path, body, 201); got.text("verdict") != verdict {
			t.Errorf("%v is %s, want %s", body, got.text("verdict"), verdict)
		}
	}
	check(object{"payload": s.text("code.payload"), "latitude": 12.25, "longitude": 109.19}, "official")
	check(object{"payload": other.text("code.payload")}, "swapped")
	check(object{"payload": swapped}, "swapped")
	w.wantAlerts("swapped_code", 1)
	list := w.call(w.key("manager", "market:CHODAM"), "GET", path, nil, 200)
	if list.text("items.0.verdict") != "swapped" || list.text("items.2.latitude") != "12.25" || list.text("items.2.by") != "team" || list.at("items.3") != nil {
		t.Errorf("the list is %v", list)
	}
	for _, wrong := range []object{{"payload": "x", "latitude": 91, "longitude": 1}, {"payload": "x", "latitude": 1}, {"latitude": 1, "longitude": 1}} {
		w.call(team, "POST", path, wrong, 422)
	}
	w.call(w.key("merchant", "stall:"+other.text("id")), "GET", path, nil, 404)
	w.call(w.key("locality_officer", "locality:568"), "GET", path, nil, 403)
}

// The board sees what was not found in order for a week.
func TestUncheckedStickers(t *testing.T) {
	w := newWorld(t)
	first, second := w.stall("A1", "1111"), w.stall("A2", "2222")
	w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{"number": "A3", "kind": "stall", "goods_group": "rau"}, 201) // no code hangs there
	path := "/api/v1/markets/" + w.market + "/unchecked"
	unchecked := func(query string, want ...string) {
		t.Helper()
		items, _ := w.call(w.admin, "GET", path+query, nil, 200)["items"].([]any)
		var got []string
		for _, item := range items {
			got = append(got, object(item.(map[string]any)).text("number"))
		}
		if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
			t.Errorf("unchecked%s are %v, want %v", query, got, want)
		}
	}
	unchecked("", "A1", "A2")
	w.call(w.admin, "POST", "/api/v1/stalls/"+first.text("id")+"/checks", object{"payload": first.text("code.payload")}, 201)
	w.call(w.admin, "POST", "/api/v1/stalls/"+second.text("id")+"/checks", object{"payload": "x"}, 201)
	unchecked("", "A2")
	w.clock = w.clock.Add(8 * 24 * time.Hour)
	unchecked("", "A1", "A2")
	unchecked("?days=30", "A2")
	w.call(w.admin, "GET", path+"?days=0", nil, 422)
}
