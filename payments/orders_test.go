package payments_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/vietqr"
)

// An order's state is what banks said of its code: nothing, too little, the rest by a supplement, too much.
func TestOrderIsPaidByItsNoticesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, static := w.stall(w.market, "A1", "970422", "1111111")
	merchant := w.key("merchant", "stall:"+stall)
	make := func(body object) object { return w.call(merchant, "POST", "/api/v1/orders", body, 201) }
	look := func(o object) object { return w.call(merchant, "GET", "/api/v1/orders/"+o.text("id"), nil, 200) }
	expect := func(o object, state, received, missing string) {
		t.Helper()
		if o = look(o); o.text("state") != state || o.text("received") != received || o.text("missing") != missing {
			t.Errorf("the order is %s, received %s, missing %s; want %s %s %s", o.text("state"), o.text("received"), o.text("missing"), state, received, missing)
		}
	}
	o := make(object{"stall_id": stall, "amount": "45000", "note": "2 ký cá"})
	read, err := vietqr.Decode(o.text("payload"))
	must(t, err)
	if read.Amount != "45000" || read.Account != "1111111" || read.Purpose != o.text("code") || o.text("state") != "open" || o.text("note") != "2 ký cá" {
		t.Errorf("the order is %v, its code says %+v", o, read)
	}
	pay := func(id, amount int, code string) {
		w.accept(c, transfer{ID: id, Account: "1111111", Memo: code, Amount: amount})
	}

	pay(1, 45000, static) // a static payment of the same amount is nobody's order
	expect(o, "open", "0", "45000")
	pay(2, 40000, "ck "+o.text("code"))
	expect(o, "under", "40000", "5000")
	rest := make(object{"stall_id": stall, "amount": "5000", "supplements": o.text("id")})
	pay(3, 5000, rest.text("code"))
	expect(rest, "paid", "5000", "0")
	expect(o, "paid", "45000", "0")
	pay(3, 5000, rest.text("code")) // told again
	expect(o, "paid", "45000", "0")
	pay(4, 1000, static+" "+o.text("code")) // the order's code says more than the stall's beside it
	expect(o, "over", "46000", "0")

	list := w.call(merchant, "GET", "/api/v1/orders?stall_id="+stall, nil, 200)
	if items := list.items(); len(items) != 2 || items[0].text("id") != rest.text("id") || items[1].text("state") != "over" || items[1].at("payload") != nil {
		t.Errorf("the list is %v", list)
	}
	if items := w.call(merchant, "GET", "/api/v1/orders?state=paid&stall_id="+stall, nil, 200).items(); len(items) != 1 || items[0].text("id") != rest.text("id") {
		t.Errorf("paid are %v", items)
	}
	listed := w.call(merchant, "GET", "/api/v1/stalls/"+stall+"/payments", nil, 200).items()
	if len(listed) != 4 || listed[0].text("memo_code") != o.text("code") {
		t.Errorf("the stall's payments are %v", listed)
	}
}

func TestOrderExpiresAndStillTakesMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	o := w.call(w.admin, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "45000"}, 201)
	path := "/api/v1/orders/" + o.text("id")
	later := w.at(time.Now().Add(16 * time.Minute))
	if seen := later(w.admin, "GET", path, nil, 200); seen.text("state") != "expired" {
		t.Errorf("after its time the order is %s", seen.text("state"))
	}
	if items := later(w.admin, "GET", "/api/v1/orders?state=expired&stall_id="+stall, nil, 200).items(); len(items) != 1 {
		t.Errorf("expired are %v", items)
	}
	w.accept(c, transfer{ID: 1, Account: "1111111", Memo: o.text("code"), Amount: 45000})
	if seen := later(w.admin, "GET", path, nil, 200); seen.text("state") != "paid" {
		t.Errorf("paid late the order is %s", seen.text("state"))
	}
}

func TestOrdersRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	other, _ := w.stall(w.market, "A2", "970422", "2222222")
	theirs := w.call(w.admin, "POST", "/api/v1/orders", object{"stall_id": other, "amount": "1"}, 201)
	merchant := w.key("merchant", "stall:"+stall)
	for _, c := range []struct {
		amount any
		want   int
	}{{"0", 422}, {"-5", 422}, {"0.5", 422}, {"499999999", 201}, {"500000000", 422}, {"99999999999999", 422}, {"1e3", 422}, {45000, 422}, {nil, 422}} {
		w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": c.amount}, c.want)
	}
	w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": other, "amount": "1000"}, 404)
	w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": "nothing", "amount": "1000"}, 404)
	w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "1000", "supplements": theirs.text("id")}, 422)
	w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "1000", "note": strings.Repeat("á", 101)}, 422)
	w.call(merchant, "GET", "/api/v1/orders/"+theirs.text("id"), nil, 404)
	w.call(merchant, "GET", "/api/v1/orders?stall_id="+other, nil, 404)
	w.call(w.key("locality_officer", "locality:568"), "GET", "/api/v1/orders/"+theirs.text("id"), nil, 403)
	if seen := w.call(w.key("auditor", ""), "GET", "/api/v1/orders/"+theirs.text("id"), nil, 200); seen.at("payload") != nil {
		t.Errorf("an auditor reads the account: %v", seen)
	}
	w.call(w.admin, "POST", "/api/v1/stalls/"+stall+"/suspend", object{"reason": "nghỉ bán"}, 200)
	w.call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "1000"}, 409)
}
