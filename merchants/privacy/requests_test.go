package privacy_test

import (
	"testing"
	"time"
)

func TestRequestsHaveTheLawsDeadlines(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	path := "/api/v1/merchants/" + stall.Text("merchant.id") + "/data-requests"
	mine := w.Key("merchant", "stall:"+stall.Text("id"))
	for kind, days := range map[string]int{
		"access": 10, "correction": 10, "restriction": 15, "objection": 15,
		"erasure": 20,
	} {
		r := w.Call(mine, "POST", path, object{"kind": kind, "note": "xin bản của tôi"}, 201)
		answer, err := time.Parse(time.RFC3339, r.Text("answer_due_at"))
		must(t, err)
		due, err := time.Parse(time.RFC3339, r.Text("due_at"))
		must(t, err)
		// Two working days after a Friday end on Tuesday.
		if !answer.Equal(friday.AddDate(0, 0, 4)) || !due.Equal(friday.AddDate(0, 0, days)) ||
			r.Text("state") != "received" || r.Text("overdue") != "false" {
			t.Errorf("%s is due %v, answered until %v: %v", kind, due, answer, r)
		}
		if steps := r.List("steps"); len(steps) != 1 || steps[0].Text("role") != "merchant" {
			t.Errorf("%s has the steps %v", kind, steps)
		}
	}
	w.Refuse(w.Key("manager", "market:CHODAM"), "POST", path, object{"kind": "access"}, 409, "request_waits")

	list := func(query string) []object {
		return w.Call(w.admin, "GET", "/api/v1/data-requests"+query, nil, 200).Items()
	}
	if got := list("?state=received"); len(got) != 5 || got[4].Text("kind") != "erasure" ||
		len(list("?overdue=true")) != 0 {
		t.Errorf("waiting: %v", got)
	}
	resolve := "/api/v1/data-requests/" + list("")[4].Text("id") + "/resolve"
	w.Refuse(w.admin, "POST", resolve, object{"action": "refuse"}, 422, "required")
	w.Call(w.admin, "POST", resolve, object{"action": "answer", "reason": "sẽ xóa khi trả sạp"}, 200)
	w.Refuse(w.admin, "POST", resolve, object{"action": "answer"}, 409, "request_closed")
	w.Clock = friday.AddDate(0, 0, 5)
	if got := list("?overdue=true"); len(got) != 4 { // all that were not answered
		t.Errorf("overdue after five days: %v", got)
	}
	w.Clock = friday.AddDate(0, 0, 21)
	if got := list("?overdue=true"); len(got) != 5 || len(list("?overdue=true&limit=2")) != 2 {
		t.Errorf("overdue after three weeks: %v", got)
	}
	if r := w.Call(w.admin, "POST", resolve, object{"action": "refuse", "reason": "còn sạp"}, 200); r.Text(
		"state") != "refused" || r.Text("overdue") != "false" {
		t.Errorf("refused: %v", r)
	}
	request := w.Call(mine, "GET", path, nil, 200).Items()[4]
	if steps := request.List("steps"); len(steps) != 3 || steps[2].Text("reason") != "còn sạp" ||
		request.Text("note") != "xin bản của tôi" {
		t.Errorf("the merchant reads %v", request)
	}
	w.Refuse(w.admin, "POST", resolve, object{"action": "done"}, 409, "request_closed")
}

func TestAnObjectionWithdrawsWhatWasConsentedTo(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	merchant := "/api/v1/merchants/" + stall.Text("merchant.id")
	mine := w.Key("merchant", "stall:"+stall.Text("id"))
	for _, purpose := range []string{"public_page", "research"} {
		w.Call(mine, "POST", merchant+"/consents", object{
			"purpose": purpose, "given": true, "how": "in_app",
			"text_version": 1,
		}, 201)
	}
	r := w.Call(mine, "POST", merchant+"/data-requests", object{"kind": "objection"}, 201)
	w.Call(w.admin, "POST", "/api/v1/data-requests/"+r.Text("id")+"/resolve", object{"action": "done"}, 200)
	for _, c := range w.Call(mine, "GET", merchant+"/consents", nil, 200).Items() {
		if c.Text("basis") == "consent" && c.Text("given") != "false" || c.Text("purpose") == "public_page" &&
			c.Text("how") != "request" {
			t.Errorf("after the objection: %v", c)
		}
	}
}

func TestOnlyThePlatformResolves(t *testing.T) {
	w := newWorld(t)
	stall := w.stall("A1", lan, lansAccount)
	r := w.Call(w.admin, "POST", "/api/v1/merchants/"+stall.Text("merchant.id")+"/data-requests",
		object{"kind": "access"}, 201)
	resolve := "/api/v1/data-requests/" + r.Text("id") + "/resolve"
	for _, key := range []string{
		w.Key("admin", "market:CHODAM"), w.Key("manager", "market:CHODAM"),
		w.Key("merchant", "stall:"+stall.Text("id")), w.Key("auditor", ""),
	} {
		w.Refuse(key, "POST", resolve, object{"action": "done"}, 403, "not_allowed")
	}
	w.Refuse(w.admin, "POST", "/api/v1/data-requests/"+w.market+"/resolve", object{"action": "done"}, 404, "not_found")
}
