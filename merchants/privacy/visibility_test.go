package privacy_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMerchantSeesWhoReadsWhat: roles by the table, readings at all its stalls, consents with
// their versions.
func TestMerchantSeesWhoReadsWhat(t *testing.T) {
	w := newWorld(t)
	first := w.stall("A1", lan, lansAccount)
	second := w.Call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": "A2", "kind": "stall", "goods_group": "rau", "merchant": object{"id": first.Text("merchant.id")},
		"account": object{
			"bank_bin": "970415", "account_number": "100200300", "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	other := w.Key("merchant", "stall:"+w.stall("B1", object{"full_name": "Lê Văn Ba", "phone": "0905000009"},
		"77778888").Text("id"))
	mine, ofOne := w.Invite(w.admin, first.Text("id")), w.Key("merchant", "stall:"+first.Text("id"))
	w.Clock = w.Clock.Add(time.Minute)
	w.Call(w.admin, "GET", "/api/v1/stalls/"+second.Text("id"), nil, 200)

	seen := w.Call(mine, "GET", "/api/v1/me/visibility", nil, 200)
	words := map[string]string{}
	for _, d := range seen.List("data") {
		words[d.Text("what")] = d.Text("vi")
	}
	for _, r := range seen.List("roles") {
		never := strings.Fields(strings.Trim(r.Text("never"), "[]"))
		if r.Text("role") == "locality_officer" && (!slices.Contains(never, "payments") ||
			!slices.Contains(never, "numbers") || slices.Contains(never, "figures")) {
			t.Errorf("officers never see %v", never)
		}
		for _, what := range never {
			if words[what] == "" {
				t.Errorf("%s has no words", what)
			}
		}
	}
	readers := seen.List("readers") // both registrations, and the look
	if len(readers) != 3 || readers[0].Text("method") != "GET" || readers[0].Text("what") != "contact" {
		t.Errorf("who looked: %v", readers)
	}
	for _, c := range seen.List("consents") {
		if c.Text("current_version") != "1" || c.Text("basis") == "consent" && c.Text("given") != "false" {
			t.Errorf("a consent is %v", c)
		}
	}
	if seen["reminder"] != nil {
		t.Errorf("reminded of %v", seen["reminder"])
	}
	if got := w.Call(ofOne, "GET", "/api/v1/me/visibility", nil, 200).List("readers"); len(got) != 1 {
		t.Errorf("a program of one stall reads %v", got)
	}
	if got := w.Call(other, "GET", "/api/v1/me/visibility", nil, 200).List("readers"); len(got) != 1 {
		t.Errorf("the neighbour reads %v", got)
	}
	w.Refuse(w.admin, "GET", "/api/v1/me/visibility", nil, 403, "not_allowed")
}

// TestAMerchantIsRemindedOfTheTaxForm for 30 days after an account was added; nothing is sent.
func TestAMerchantIsRemindedOfTheTaxForm(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	mine := w.Key("merchant", "stall:"+stall.Text("id"))
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall.Text("id")+"/accounts", object{
		"bank_bin":       "970415",
		"account_number": "100200300", "holder_name": "NGUYEN THI LAN", "holder_kind": "ca_nhan",
	}, 201)
	w.Clock = w.Clock.Add(29 * 24 * time.Hour)
	seen := w.Call(mine, "GET", "/api/v1/me/visibility", nil, 200)
	reminder := seen.Member("reminder")
	changes := reminder.List("changes")
	if reminder.Text("form") != "01/BK-STK" || !strings.Contains(reminder.Text("vi"), "không gửi gì") ||
		len(changes) != 1 ||
		changes[0].Text("kind") != "addition" || changes[0].Text("account_number") != "••••0300" ||
		changes[0].Text("bank_name") != "VietinBank" {
		t.Errorf("reminded of %v", reminder)
	}
	w.Clock = w.Clock.Add(2 * 24 * time.Hour)
	if seen = w.Call(mine, "GET", "/api/v1/me/visibility", nil, 200); seen["reminder"] != nil {
		t.Errorf("after a month still reminded of %v", seen["reminder"])
	}
}
