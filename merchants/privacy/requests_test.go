package privacy_test

import (
	"testing"
	"time"
)

func TestRequestsHaveTheLawsDeadlines(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	path := "/api/v1/merchants/" + stall.text("merchant.id") + "/data-requests"
	mine := w.key("merchant", "stall:"+stall.text("id"))
	for kind, days := range map[string]int{
		"access": 10, "correction": 10, "restriction": 15, "objection": 15,
		"erasure": 20,
	} {
		r := w.call(mine, "POST", path, object{"kind": kind, "note": "xin bản của tôi"}, 201)
		answer, err := time.Parse(time.RFC3339, r.text("answer_due_at"))
		must(t, err)
		due, err := time.Parse(time.RFC3339, r.text("due_at"))
		must(t, err)
		// Two working days after a Friday end on Tuesday.
		if !answer.Equal(friday.AddDate(0, 0, 4)) || !due.Equal(friday.AddDate(0, 0, days)) ||
			r.text("state") != "received" || r.text("overdue") != "false" {
			t.Errorf("%s is due %v, answered until %v: %v", kind, due, answer, r)
		}
		if steps := r.list("steps"); len(steps) != 1 || steps[0].text("role") != "merchant" {
			t.Errorf("%s has the steps %v", kind, steps)
		}
	}
	w.refuse(w.key("manager", "market:CHODAM"), "POST", path, object{"kind": "access"}, 409, "request_waits")

	list := func(query string) []object {
		return w.call(w.admin, "GET", "/api/v1/data-requests"+query, nil, 200).list("items")
	}
	if got := list("?state=received"); len(got) != 5 || got[4].text("kind") != "erasure" ||
		len(list("?overdue=true")) != 0 {
		t.Errorf("waiting: %v", got)
	}
	resolve := "/api/v1/data-requests/" + list("")[4].text("id") + "/resolve"
	w.refuse(w.admin, "POST", resolve, object{"action": "refuse"}, 422, "required")
	w.call(w.admin, "POST", resolve, object{"action": "answer", "reason": "sẽ xóa khi trả sạp"}, 200)
	w.refuse(w.admin, "POST", resolve, object{"action": "answer"}, 409, "request_closed")
	w.clock = friday.AddDate(0, 0, 5)
	if got := list("?overdue=true"); len(got) != 4 { // all that were not answered
		t.Errorf("overdue after five days: %v", got)
	}
	w.clock = friday.AddDate(0, 0, 21)
	if got := list("?overdue=true"); len(got) != 5 || len(list("?overdue=true&limit=2")) != 2 {
		t.Errorf("overdue after three weeks: %v", got)
	}
	if r := w.call(w.admin, "POST", resolve, object{"action": "refuse", "reason": "còn sạp"}, 200); r.text(
		"state") != "refused" || r.text("overdue") != "false" {
		t.Errorf("refused: %v", r)
	}
	request := w.call(mine, "GET", path, nil, 200).list("items")[4]
	if steps := request.list("steps"); len(steps) != 3 || steps[2].text("reason") != "còn sạp" ||
		request.text("note") != "xin bản của tôi" {
		t.Errorf("the merchant reads %v", request)
	}
	w.refuse(w.admin, "POST", resolve, object{"action": "done"}, 409, "request_closed")
}

func TestAnObjectionWithdrawsWhatWasConsentedTo(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	merchant := "/api/v1/merchants/" + stall.text("merchant.id")
	mine := w.key("merchant", "stall:"+stall.text("id"))
	for _, purpose := range []string{"public_page", "research"} {
		w.call(mine, "POST", merchant+"/consents", object{
			"purpose": purpose, "given": true, "how": "in_app",
			"text_version": 1,
		}, 201)
	}
	r := w.call(mine, "POST", merchant+"/data-requests", object{"kind": "objection"}, 201)
	w.call(w.admin, "POST", "/api/v1/data-requests/"+r.text("id")+"/resolve", object{"action": "done"}, 200)
	for _, c := range w.call(mine, "GET", merchant+"/consents", nil, 200).list("items") {
		if c.text("basis") == "consent" && c.text("given") != "false" || c.text("purpose") == "public_page" &&
			c.text("how") != "request" {
			t.Errorf("after the objection: %v", c)
		}
	}
}

func TestOnlyThePlatformResolves(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	r := w.call(w.admin, "POST", "/api/v1/merchants/"+stall.text("merchant.id")+"/data-requests",
		object{"kind": "access"}, 201)
	resolve := "/api/v1/data-requests/" + r.text("id") + "/resolve"
	for _, key := range []string{
		w.key("admin", "market:CHODAM"), w.key("manager", "market:CHODAM"),
		w.key("merchant", "stall:"+stall.text("id")), w.key("auditor", ""),
	} {
		w.refuse(key, "POST", resolve, object{"action": "done"}, 403, "not_allowed")
	}
	w.refuse(w.admin, "POST", "/api/v1/data-requests/"+w.market+"/resolve", object{"action": "done"}, 404, "not_found")
}
