package programme_test

import (
	"strings"
	"testing"

	"market40/merchants/access/roles"
)

func TestMakeACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	order := object{
		"code": "CHO40", "name": " Chợ 4.0 ", "legal_ref": "05/UBCĐS ngày 28/05/2024",
		"starts_on": "2024-05-28", "ends_on": "2027-12-31", "due_day": 10,
	}
	made := w.Call(w.Key(roles.ProvinceOfficer, ""), "POST", campaigns, order, 201)
	if made.Text("name") != "Chợ 4.0" || made.Text("basis") != "districts_2024" ||
		made.Text("ends_on") != "2027-12-31" || made["due_day"] != 10.0 {
		t.Errorf("it is %v", made)
	}
	for _, name := range []string{made.Text("id"), "CHO40"} {
		if found := w.Call(w.Key(roles.Team, ""), "GET", campaigns+"/"+name, nil, 200); found.Text("id") != made.Text(
			"id") {
			t.Errorf("%s names %v", name, found)
		}
	}
	w.Refuse(w.admin, "POST", campaigns, order, 409, "code_in_use")
	w.Refuse(w.admin, "GET", campaigns+"/CHO41", nil, 404, "not_found")
}

// The basis is the newest one with units that existed when the campaign began.
func TestBasisOfACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, tt := range []struct{ starts, basis, want string }{
		{"2024-05-27", "", "districts_2024"},
		{"2025-06-30", "", "districts_2024"},
		{"2025-07-01", "", "communes_2025"},
		{"2026-11-22", "", "communes_2025"},
		{"2026-11-22", "current", "current"},
	} {
		made := w.Call(w.admin, "POST", campaigns, object{
			"code": "C" + string(rune('A'+i)), "name": "x",
			"legal_ref": "x", "starts_on": tt.starts, "basis": tt.basis,
		}, 201)
		if made.Text("basis") != tt.want || made["ends_on"] != nil || made["due_day"] != 5.0 {
			t.Errorf("%+v is made as %v", tt, made)
		}
	}
	first := w.Call(w.admin, "GET", campaigns+"?limit=2", nil, 200)
	second := w.Call(w.admin, "GET", campaigns+"?limit=3&after="+first.Text("next"), nil, 200)
	var codes []string
	for _, c := range append(first.Items(), second.Items()...) {
		codes = append(codes, c.Text("code"))
	}
	if strings.Join(codes, " ") != "CA CB CC CD CE" || second["next"] != nil {
		t.Errorf("listed as %v", codes)
	}
}

func TestCampaignsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := object{"code": "CHO40", "name": "x", "legal_ref": "x", "starts_on": "2024-05-28"}
	for _, tt := range []struct {
		field string
		value any
		code  string
	}{
		{"code", "cho40", "code_form"},
		{"code", "C", "code_form"},
		{"name", " ", "required"},
		{"legal_ref", "", "required"},
		{"starts_on", "28/05/2024", "date_form"},
		{"starts_on", "2024-02-30", "date_form"},
		{
			"starts_on", "0000-01-01",
			"date_range",
		},
		{"ends_on", "2024-05-27", "ends_before_start"},
		{"ends_on", "mai", "date_form"},
		{
			"basis", "districts_1999",
			"unknown_value",
		},
		{"due_day", 29, "invalid"},
		{"due_day", 0, "invalid"},
		{"owner", "x", "unknown_field"},
		{"name", "a\x00b", "text_form"},
		{"name", "Chî kh«ng dïng tiÒn mÆt", "text_encoding"},
		{"legal_ref", "C&#244;ng v&#259;n 05", "text_encoding"},
		{"name", "Ch? không ti?n m?t", "letters_lost"},
	} {
		order := object{tt.field: tt.value}
		for key, value := range good {
			if key != tt.field {
				order[key] = value
			}
		}
		w.Refuse(w.admin, "POST", campaigns, order, 422, tt.code)
	}
	for _, key := range []string{
		w.Key(roles.LocalityOfficer, "locality:568"), w.Key(roles.Auditor, ""),
		w.Key(roles.ProvinceOfficer, "locality:568"),
	} {
		w.Refuse(key, "POST", campaigns, good, 403, "not_allowed")
	}
	w.Refuse(w.Key(roles.Integration, ""), "GET", campaigns, nil, 403, "not_allowed")
}

func TestTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.campaign() + "/targets"
	all := w.Call(w.admin, "POST", at, object{"indicator": "I05", "value": "0.6", "due_on": "2026-12-31"}, 201)
	if all.Text("value") != "0.6000" || all["locality"] != nil {
		t.Errorf("it is %v", all)
	}
	one := w.Call(w.admin, "POST", at, object{
		"indicator": "I05", "locality": "568", "value": "0.7",
		"due_on": "2026-12-31",
	}, 201)
	w.Call(w.admin, "POST", at, object{"indicator": "I09", "locality": "569", "value": "30", "due_on": "2026-12-31"},
		201)
	reported := func(key string) string {
		var list []string
		for _, i := range w.Call(key, "GET", at, nil, 200).Items() {
			list = append(list, i.Text("locality.code")+" "+i.Text("indicator")+" "+i.Text("value"))
		}
		return strings.Join(list, ", ")
	}
	if got := reported(w.admin); got != " I05 0.6000, 568 I05 0.7000, 569 I09 30.0000" {
		t.Error(got)
	}
	if got := reported(w.Key(roles.LocalityOfficer, "locality:568")); got != " I05 0.6000, 568 I05 0.7000" {
		t.Errorf("an officer of 568 reads %s", got)
	}
	for _, tt := range []struct {
		order  object
		status int
		code   string
	}{
		{object{"indicator": "I05", "value": "0.5", "due_on": "2026-12-31"}, 409, "target_stands"},
		{object{"indicator": "I99", "value": "0.5", "due_on": "2026-12-31"}, 422, "unknown_value"},
		{object{"indicator": "I10", "value": "0.5", "due_on": "2026-12-31"}, 422, "unknown_value"},
		{object{"indicator": "I05", "value": "60", "due_on": "2026-12-31"}, 422, "share_above_one"},
		{object{"indicator": "I05", "value": "0,6", "due_on": "2026-12-31"}, 422, "value_form"},
		{object{"indicator": "I05", "value": "-0.6", "due_on": "2026-12-31"}, 422, "value_form"},
		{object{"indicator": "I05", "value": "0.60001", "due_on": "2026-12-31"}, 422, "value_form"},
		{object{"indicator": "I05", "value": "0.6", "due_on": "2024-05-27"}, 422, "before_campaign"},
		{object{"indicator": "I05", "value": "0.6", "due_on": "2026-12-31", "locality": "22366"}, 404, "not_found"},
	} {
		w.Refuse(w.admin, "POST", at, tt.order, tt.status, tt.code)
	}
	w.Refuse(w.Key(roles.LocalityOfficer, "locality:568"), "DELETE", at+"/"+one.Text("id"), nil, 403, "not_allowed")
	w.Call(w.admin, "DELETE", at+"/"+one.Text("id"), nil, 204)
	w.Refuse(w.admin, "DELETE", at+"/"+one.Text("id"), nil, 404, "not_found")
	w.Refuse(w.admin, "DELETE", at+"/nonsense", nil, 404, "not_found")
}
