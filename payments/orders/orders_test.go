package orders_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/vietqr"
)

// An order's state is what banks said of its code: nothing, too little, the rest by a supplement,
// too much.
func TestOrderIsPaidByItsNoticesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, static := w.Stall(w.Market, "A1", "970422", "1111111")
	merchant := w.Key("merchant", "stall:"+stall)
	make := func(body object) object {
		return w.Call(merchant, "POST", "/api/v1/orders", body, 201)
	}
	look := func(o object) object {
		return w.Call(merchant, "GET", "/api/v1/orders/"+o.Text("id"), nil, 200)
	}
	expect := func(o object, state, received, missing string) {
		t.Helper()
		if o = look(o); o.Text("state") != state || o.Text("received") != received || o.Text("missing") != missing {
			t.Errorf("the order is %s, received %s, missing %s; want %s %s %s", o.Text("state"), o.Text("received"),
				o.Text("missing"), state, received, missing)
		}
	}
	o := make(object{"stall_id": stall, "amount": "45000", "note": "2 ký cá"})
	read, err := vietqr.Decode(o.Text("payload"))
	must(t, err)
	if read.Amount != "45000" || read.Account != "1111111" || read.Purpose != o.Text("code") ||
		o.Text("state") != "open" || o.Text("note") != "2 ký cá" {
		t.Errorf("the order is %v, its code says %+v", o, read)
	}
	pay := func(id, amount int, code string) {
		w.Accept(c, transfer{ID: id, Account: "1111111", Memo: code, Amount: amount})
	}

	pay(1, 45000, static) // a static payment of the same amount is for no order
	expect(o, "open", "0", "45000")
	pay(2, 40000, "ck "+o.Text("code"))
	expect(o, "under", "40000", "5000")
	rest := make(object{"stall_id": stall, "amount": "5000", "supplements": o.Text("id")})
	pay(3, 5000, rest.Text("code"))
	expect(rest, "paid", "5000", "0")
	expect(o, "paid", "45000", "0")
	pay(3, 5000, rest.Text("code")) // a repeat
	expect(o, "paid", "45000", "0")
	pay(4, 1000, static+" "+o.Text("code")) // the order's code says more than the stall's beside it
	expect(o, "over", "46000", "0")

	list := w.Call(merchant, "GET", "/api/v1/orders?stall_id="+stall, nil, 200)
	if items := list.Items(); len(items) != 2 || items[0].Text("id") != rest.Text("id") ||
		items[1].Text("state") != "over" || items[1].At("payload") != nil {
		t.Errorf("the list is %v", list)
	}
	if items := w.Call(merchant, "GET", "/api/v1/orders?state=paid&stall_id="+stall, nil, 200).Items(); len(
		items) != 1 || items[0].Text("id") != rest.Text("id") {
		t.Errorf("paid are %v", items)
	}
	listed := w.Call(merchant, "GET", "/api/v1/stalls/"+stall+"/payments", nil, 200).Items()
	if len(listed) != 4 || listed[0].Text("memo_code") != o.Text("code") {
		t.Errorf("the stall's payments are %v", listed)
	}
}

func TestOrderExpiresAndStillTakesMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	o := w.Call(w.Admin, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "45000"}, 201)
	path := "/api/v1/orders/" + o.Text("id")
	later := w.At(time.Now().Add(16 * time.Minute))
	if seen := later.Call(w.Admin, "GET", path, nil, 200); seen.Text("state") != "expired" {
		t.Errorf("after its time the order is %s", seen.Text("state"))
	}
	if items := later.Call(w.Admin, "GET", "/api/v1/orders?state=expired&stall_id="+stall, nil, 200).Items(); len(
		items) != 1 {
		t.Errorf("expired are %v", items)
	}
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: o.Text("code"), Amount: 45000})
	if seen := later.Call(w.Admin, "GET", path, nil, 200); seen.Text("state") != "paid" {
		t.Errorf("paid late the order is %s", seen.Text("state"))
	}
}

func TestOrdersRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	other, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	theirs := w.Call(w.Admin, "POST", "/api/v1/orders", object{"stall_id": other, "amount": "1"}, 201)
	merchant := w.Key("merchant", "stall:"+stall)
	for _, c := range []struct {
		amount any
		want   int
	}{
		{"0", 422},
		{"-5", 422},
		{"0.5", 422},
		{"499999999", 201},
		{"500000000", 422},
		{"99999999999999", 422},
		{"1e3", 422},
		{45000, 422},
		{nil, 422},
	} {
		w.Call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": c.amount}, c.want)
	}
	w.Call(merchant, "POST", "/api/v1/orders", object{"stall_id": other, "amount": "1000"}, 404)
	w.Call(merchant, "POST", "/api/v1/orders", object{"stall_id": "nothing", "amount": "1000"}, 404)
	w.Call(merchant, "POST", "/api/v1/orders", object{
		"stall_id": stall, "amount": "1000",
		"supplements": theirs.Text("id"),
	}, 422)
	w.Call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "1000", "note": strings.Repeat("á",
		101)}, 422)
	w.Call(merchant, "GET", "/api/v1/orders/"+theirs.Text("id"), nil, 404)
	w.Call(merchant, "GET", "/api/v1/orders?stall_id="+other, nil, 404)
	w.Call(w.Key("locality_officer", "locality:568"), "GET", "/api/v1/orders/"+theirs.Text("id"), nil, 403)
	if seen := w.Call(w.Key("auditor", ""), "GET", "/api/v1/orders/"+theirs.Text("id"), nil, 200); seen.At(
		"payload") != nil {
		t.Errorf("an auditor reads the account: %v", seen)
	}
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+stall+"/suspend", object{"reason": "nghỉ bán"}, 200)
	w.Call(merchant, "POST", "/api/v1/orders", object{"stall_id": stall, "amount": "1000"}, 409)
}
