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
	second := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{
		"number": "A2", "kind": "stall", "goods_group": "rau", "merchant": object{"id": first.text("merchant.id")},
		"account": object{
			"bank_bin": "970415", "account_number": "100200300", "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	other := w.key("merchant", "stall:"+w.stall("B1", object{"full_name": "Lê Văn Ba", "phone": "0905000009"},
		"77778888").text("id"))
	mine, ofOne := w.invited(first.text("id")), w.key("merchant", "stall:"+first.text("id"))
	w.clock = w.clock.Add(time.Minute)
	w.call(w.admin, "GET", "/api/v1/stalls/"+second.text("id"), nil, 200)

	seen := w.call(mine, "GET", "/api/v1/me/visibility", nil, 200)
	words := map[string]string{}
	for _, d := range seen.list("data") {
		words[d.text("what")] = d.text("vi")
	}
	for _, r := range seen.list("roles") {
		never := strings.Fields(strings.Trim(r.text("never"), "[]"))
		if r.text("role") == "locality_officer" && (!slices.Contains(never, "payments") ||
			!slices.Contains(never, "numbers") || slices.Contains(never, "figures")) {
			t.Errorf("officers never see %v", never)
		}
		for _, what := range never {
			if words[what] == "" {
				t.Errorf("%s has no words", what)
			}
		}
	}
	readers := seen.list("readers") // both registrations, and the look
	if len(readers) != 3 || readers[0].text("method") != "GET" || readers[0].text("what") != "contact" {
		t.Errorf("who looked: %v", readers)
	}
	for _, c := range seen.list("consents") {
		if c.text("current_version") != "1" || c.text("basis") == "consent" && c.text("given") != "false" {
			t.Errorf("a consent is %v", c)
		}
	}
	if seen["reminder"] != nil {
		t.Errorf("reminded of %v", seen["reminder"])
	}
	if got := w.call(ofOne, "GET", "/api/v1/me/visibility", nil, 200).list("readers"); len(got) != 1 {
		t.Errorf("a program of one stall reads %v", got)
	}
	if got := w.call(other, "GET", "/api/v1/me/visibility", nil, 200).list("readers"); len(got) != 1 {
		t.Errorf("the neighbour reads %v", got)
	}
	w.refuse(w.admin, "GET", "/api/v1/me/visibility", nil, 403, "not_allowed")
}

// TestAMerchantIsRemindedOfTheTaxForm for 30 days after an account was added; nothing is sent.
func TestAMerchantIsRemindedOfTheTaxForm(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	mine := w.key("merchant", "stall:"+stall.text("id"))
	w.call(w.person(), "POST", "/api/v1/stalls/"+stall.text("id")+"/accounts", object{
		"bank_bin":       "970415",
		"account_number": "100200300", "holder_name": "NGUYEN THI LAN", "holder_kind": "ca_nhan",
	}, 201)
	w.clock = w.clock.Add(29 * 24 * time.Hour)
	seen := w.call(mine, "GET", "/api/v1/me/visibility", nil, 200)
	reminder, _ := seen["reminder"].(map[string]any)
	changes := object(reminder).list("changes")
	if object(reminder).text("form") != "01/BK-STK" || !strings.Contains(object(reminder).text("vi"), "không gửi gì") ||
		len(changes) != 1 ||
		changes[0].text("kind") != "addition" || changes[0].text("account_number") != "••••0300" ||
		changes[0].text("bank_name") != "VietinBank" {
		t.Errorf("reminded of %v", reminder)
	}
	w.clock = w.clock.Add(2 * 24 * time.Hour)
	if seen = w.call(mine, "GET", "/api/v1/me/visibility", nil, 200); seen["reminder"] != nil {
		t.Errorf("after a month still reminded of %v", seen["reminder"])
	}
}
