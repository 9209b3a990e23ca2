package merchants_test

import (
	"testing"
	"time"

	"market40/merchants/vietqr"
)

// A check says what hangs at the stall, where it was seen, and warns the board once of what pays
// somebody else.
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
	if list.text("items.0.verdict") != "swapped" || list.text("items.2.latitude") != "12.25" ||
		list.text("items.2.by") != "team" || list.at("items.3") != nil {
		t.Errorf("the list is %v", list)
	}
	for _, wrong := range []object{
		{"payload": "x", "latitude": 91, "longitude": 1},
		{"payload": "x", "latitude": 1},
		{"latitude": 1, "longitude": 1},
	} {
		w.call(team, "POST", path, wrong, 422)
	}
	w.call(w.key("merchant", "stall:"+other.text("id")), "GET", path, nil, 404)
	w.call(w.key("locality_officer", "locality:568"), "GET", path, nil, 403)
}

// A scan that waited on a phone is dated when it was made, judged by the codes of then, and warns
// of nothing that was looked at since.
func TestAScanThatComesLate(t *testing.T) {
	w := newWorld(t)
	s, other := w.stall("A1", "1111"), w.stall("A2", "2222")
	path := "/api/v1/stalls/" + s.text("id") + "/checks"
	old, foreign := s.text("code.payload"), other.text("code.payload")
	scanned := w.clock.Add(time.Hour)
	w.clock = w.clock.Add(2 * time.Hour)
	w.call(w.admin, "POST", "/api/v1/stalls/"+s.text("id")+"/codes", nil, 201)
	w.clock = w.clock.Add(22 * time.Hour)
	late := func(payload string, at time.Time) object {
		return object{"payload": payload, "checked_at": at.Format(time.RFC3339)}
	}
	for _, c := range []struct {
		body    object
		verdict string
	}{
		{late(old, scanned), "official"},                    // the code of then
		{late(old, scanned.Add(2*time.Hour)), "superseded"}, // replaced an hour before
		{late(foreign, scanned), "swapped"},                 // looked at since
	} {
		if got := w.call(w.admin, "POST", path, c.body, 201); got.text("verdict") != c.verdict ||
			got.text("checked_at")[:19] != c.body.text("checked_at")[:19] {
			t.Errorf("%v is %v, want %s", c.body, got, c.verdict)
		}
	}
	w.wantAlerts("swapped_code", 0)
	ahead := w.call(w.admin, "POST", path, late(foreign, w.clock.Add(5*time.Minute)), 201)
	if at, err := time.Parse(time.RFC3339Nano, ahead.text("checked_at")); err != nil || !at.Equal(w.clock) {
		t.Errorf("a phone with a fast clock scanned at %v, want %v (%v)", at, w.clock, err)
	}
	w.wantAlerts("swapped_code", 1)
	list := w.call(w.admin, "GET", path, nil, 200)
	if recorded, err := time.Parse(time.RFC3339Nano, list.text("items.3.recorded_at")); err != nil ||
		!recorded.Equal(w.clock) || list.text("items.0.verdict") != "swapped" {
		t.Errorf("the list is %v", list)
	}
	w.refuse(w.admin, "POST", path, late(old, w.clock.Add(time.Hour)), 422, "in_future")
	w.refuse(w.admin, "POST", path, late(old, scanned.Add(-2*time.Hour)), 422, "before_code")
	w.refuse(w.admin, "POST", path, late(old, w.clock.Add(-8*24*time.Hour)), 422, "too_old")
	w.refuse(w.admin, "POST", path, object{"payload": old, "checked_at": "20/11/2026"}, 422, "invalid")
}

// The board sees what was not found in order for a week.
func TestUncheckedStickers(t *testing.T) {
	w := newWorld(t)
	first, second := w.stall("A1", "1111"), w.stall("A2", "2222")
	// no code hangs there
	w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": "A3", "kind": "stall",
		"goods_group": "rau",
	}, 201)
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
	w.call(w.admin, "POST", "/api/v1/stalls/"+first.text("id")+"/checks", object{"payload": first.text("code.payload")},
		201)
	w.call(w.admin, "POST", "/api/v1/stalls/"+second.text("id")+"/checks", object{"payload": "x"}, 201)
	unchecked("", "A2")
	w.clock = w.clock.Add(8 * 24 * time.Hour)
	unchecked("", "A1", "A2")
	unchecked("?days=30", "A2")
	w.call(w.admin, "GET", path+"?days=0", nil, 422)
}
