package checks_test

import (
	"testing"
	"time"

	"market40/merchants/vietqr"
)

// A check says what hangs at the stall, where it was seen, and warns the board once of what pays
// somebody else.
func TestChecksAreListedAndWarn(t *testing.T) {
	w := newWorld(t)
	s, other := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	path := "/api/v1/stalls/" + s.Text("id") + "/checks"
	team := w.Key("team", "market:CHODAM")
	swapped, err := vietqr.Encode(vietqr.Payment{BIN: "970422", Account: "666", Purpose: s.Text("code.code")})
	must(t, err)
	check := func(body object, verdict string) {
		t.Helper()
		w.Clock = w.Clock.Add(time.Minute)
		if got := w.Call(team, "POST", path, body, 201); got.Text("verdict") != verdict {
			t.Errorf("%v is %s, want %s", body, got.Text("verdict"), verdict)
		}
	}
	check(object{"payload": s.Text("code.payload"), "latitude": 12.25, "longitude": 109.19}, "official")
	check(object{"payload": other.Text("code.payload")}, "swapped")
	check(object{"payload": swapped}, "swapped")
	w.WantAlerts("swapped_code", 1)
	list := w.Call(w.Key("manager", "market:CHODAM"), "GET", path, nil, 200)
	if list.Text("items.0.verdict") != "swapped" || list.Text("items.2.latitude") != "12.25" ||
		list.Text("items.2.by") != "team" || list.At("items.3") != nil {
		t.Errorf("the list is %v", list)
	}
	for _, wrong := range []object{
		{"payload": "x", "latitude": 91, "longitude": 1},
		{"payload": "x", "latitude": 1},
		{"latitude": 1, "longitude": 1},
	} {
		w.Call(team, "POST", path, wrong, 422)
	}
	w.Call(w.Key("merchant", "stall:"+other.Text("id")), "GET", path, nil, 404)
	w.Call(w.Key("locality_officer", "locality:568"), "GET", path, nil, 403)
}

// A scan that waited on a phone is dated when it was made, judged by the codes of then, and warns
// of nothing that was looked at since.
func TestAScanThatComesLate(t *testing.T) {
	w := newWorld(t)
	s, other := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	path := "/api/v1/stalls/" + s.Text("id") + "/checks"
	old, foreign := s.Text("code.payload"), other.Text("code.payload")
	scanned := w.Clock.Add(time.Hour)
	w.Clock = w.Clock.Add(2 * time.Hour)
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+s.Text("id")+"/codes", nil, 201)
	w.Clock = w.Clock.Add(22 * time.Hour)
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
		if got := w.Call(w.Admin, "POST", path, c.body, 201); got.Text("verdict") != c.verdict ||
			got.Text("checked_at")[:19] != c.body.Text("checked_at")[:19] {
			t.Errorf("%v is %v, want %s", c.body, got, c.verdict)
		}
	}
	w.WantAlerts("swapped_code", 0)
	ahead := w.Call(w.Admin, "POST", path, late(foreign, w.Clock.Add(5*time.Minute)), 201)
	if at, err := time.Parse(time.RFC3339Nano, ahead.Text("checked_at")); err != nil || !at.Equal(w.Clock) {
		t.Errorf("a phone with a fast clock scanned at %v, want %v (%v)", at, w.Clock, err)
	}
	w.WantAlerts("swapped_code", 1)
	list := w.Call(w.Admin, "GET", path, nil, 200)
	if recorded, err := time.Parse(time.RFC3339Nano, list.Text("items.3.recorded_at")); err != nil ||
		!recorded.Equal(w.Clock) || list.Text("items.0.verdict") != "swapped" {
		t.Errorf("the list is %v", list)
	}
	w.Refuse(w.Admin, "POST", path, late(old, w.Clock.Add(time.Hour)), 422, "in_future")
	w.Refuse(w.Admin, "POST", path, late(old, scanned.Add(-2*time.Hour)), 422, "before_code")
	w.Refuse(w.Admin, "POST", path, late(old, w.Clock.Add(-8*24*time.Hour)), 422, "too_old")
	w.Refuse(w.Admin, "POST", path, object{"payload": old, "checked_at": "20/11/2026"}, 422, "invalid")
}

// The board sees what was not found in order for a week.
func TestUncheckedStickers(t *testing.T) {
	w := newWorld(t)
	first, second := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	// no code hangs there
	w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{
		"number": "A3", "kind": "stall",
		"goods_group": "rau",
	}, 201)
	path := "/api/v1/markets/" + w.Market + "/unchecked"
	unchecked := func(query string, want ...string) {
		t.Helper()
		items, _ := w.Call(w.Admin, "GET", path+query, nil, 200)["items"].([]any)
		var got []string
		for _, item := range items {
			got = append(got, object(item.(map[string]any)).Text("number"))
		}
		if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
			t.Errorf("unchecked%s are %v, want %v", query, got, want)
		}
	}
	unchecked("", "A1", "A2")
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+first.Text("id")+"/checks", object{"payload": first.Text("code.payload")},
		201)
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+second.Text("id")+"/checks", object{"payload": "x"}, 201)
	unchecked("", "A2")
	w.Clock = w.Clock.Add(8 * 24 * time.Hour)
	unchecked("", "A1", "A2")
	unchecked("?days=30", "A2")
	w.Call(w.Admin, "GET", path+"?days=0", nil, 422)
}
