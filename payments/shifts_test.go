package payments_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"market40/payments/paymentstest"
)

// counterOf is a stall with a merchant's browser on which staff may sign in, and one of the staff.
func counterOf(w *world, number, account string, message int) (stall, memo, seller string, b *paymentstest.Browser) {
	w.T.Helper()
	stall, memo = w.Stall(w.Market, number, "970422", account)
	b = w.OpenBrowser()
	phone := w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200).Text("merchant.phone")
	b.SignInByPhone(phone, message)
	seller = b.Visit("POST", "/api/v1/stalls/"+stall+"/staff", object{"name": "Em  Tư", "pin": "4831"}, 201).Text("id")
	b.Visit("POST", "/api/v1/stalls/"+stall+"/devices", object{"name": "Điện thoại ở quầy"}, 201)
	return stall, memo, seller, b
}

func TestStaffSeesItsOwnShiftOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, memo, seller, b := counterOf(w, "A1", "1111111", 1)
	other, _, _, _ := counterOf(w, "A2", "2222222", 2)
	path := "/api/v1/stalls/" + stall
	pay := func(id, amount int) {
		w.Accept(c, transfer{ID: id, Account: "1111111", Memo: memo, Amount: amount})
	}
	pay(1, 1000)
	if at := b.Visit("GET", "/api/v1/staff-sessions/choice", nil, 200); at.Text("stall") != "A1" ||
		len(at["staff"].([]any)) != 1 {
		t.Errorf("the device shows %v", at)
	}
	owner := b.Cookies["__Host-m40"]
	if in := b.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201); in.Text(
		"method") != "pin" {
		t.Errorf("signed in as %v", in)
	}
	// the merchant's session does not lie behind it
	(&paymentstest.Browser{World: w.World, Cookies: map[string]string{"__Host-m40": owner}}).Visit("GET", "/api/v1/me",
		nil, 401)
	if me := b.Visit("GET", "/api/v1/me", nil, 200); me.Text("role") != "staff" || me.Text("scope_kind") != "stall" ||
		me.Text("scope_id") != stall {
		t.Errorf("I am %v", me)
	}
	live := listenAs(b, stall, "")
	fromTheBeginning := listenAs(b, stall, "0")
	pay(2, 2000)
	for _, events := range []<-chan event{live, fromTheBeginning} {
		if e := nextEvent(t, events); e.id != "2" || !strings.Contains(e.data, `"amount":"2000"`) {
			t.Errorf("a seller's stream says %+v", e)
		}
	}
	if paid := b.Visit("GET", path+"/payments?from=2020-01-01", nil, 200).Items(); len(paid) != 1 ||
		paid[0].Text("amount") != "2000" {
		t.Errorf("a seller reads %v", paid)
	}
	if s := b.Visit("GET", path, nil, 200); s.At("merchant") == nil || strings.Contains(s.Text("merchant.phone"),
		"0905") || strings.Contains(s.Text("accounts"), "1111111") || s.Text("code.payload") != "" {
		t.Errorf("a seller sees %v", s)
	}
	if codes := b.Visit("GET", path+"/codes", nil, 200).Items(); len(codes) != 1 || codes[0].Text("payload") != "" {
		t.Errorf("a seller lists %v", codes)
	}
	b.Visit("POST", path+"/checks", object{"payload": "x"}, 201)
	b.Visit("POST", path+"/confirmations", object{"amount": "5000", "occurred_at": time.Now().Add(-time.Minute)}, 201)
	for _, sub := range []string{"/staff", "/devices", "/shifts", "/invitations"} {
		b.Refuse("GET", path+sub, nil, 403, "not_allowed")
	}
	for _, route := range []string{
		"/api/v1/notices", "/api/v1/cases", "/api/v1/ledger/trial-balance",
		"/api/v1/reports/adoption", "/api/v1/audit",
	} {
		if status, _ := b.Try("GET", route, nil); status != 403 && status != 404 {
			t.Errorf("%s answers a seller %d", route, status)
		}
	}
	for _, sub := range []string{"", "/payments", "/payments/stream", "/shifts"} {
		b.Refuse("GET", "/api/v1/stalls/"+other+sub, nil, 404, "not_found")
	}

	// The shift ends with the session, and so does an open stream; the next one begins empty.
	b.Visit("DELETE", "/api/v1/sessions/current", nil, 204)
	pay(3, 3000)
	for _, events := range []<-chan event{live, fromTheBeginning} {
		if e, open := <-events; open {
			t.Errorf("a stream goes on after the shift: %+v", e)
		}
	}
	b.Visit("GET", path+"/payments", nil, 401)
	b.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201)
	if paid := b.Visit("GET", path+"/payments", nil, 200).Items(); len(paid) != 0 {
		t.Errorf("a new shift begins with %v", paid)
	}
	pay(4, 4000)
	pay(5, 5000)

	b.SignInByPhone(w.phoneOf(stall), 3)
	shifts := b.Visit("GET", path+"/shifts", nil, 200).Items()
	if len(shifts) != 2 || shifts[0].Text("payments") != "2" || shifts[0].Text("amount") != "9000" ||
		shifts[0]["ended_at"] != nil || shifts[0].Text("name") != "Em Tư" ||
		shifts[1].Text("payments") != "1" || shifts[1].Text("amount") != "2000" || shifts[1]["ended_at"] == nil {
		t.Errorf("the shifts are %v", shifts)
	}
	w.Call(w.Key("manager", "market:CHODAM"), "GET", path+"/shifts", nil, 403)
	w.Call(w.Key("auditor", ""), "GET", path+"/shifts", nil, 403)
}

func (w *world) phoneOf(stall string) string {
	w.T.Helper()
	return w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200).Text("merchant.phone")
}

func TestPINsAreGuessedSlowlyAndOnTheMerchantsDevicesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _, seller, b := counterOf(w, "A1", "1111111", 1)
	_, _, stranger, b2 := counterOf(w, "A2", "2222222", 2)
	path := "/api/v1/stalls/" + stall
	for _, pin := range []string{"1111", "1234", "4321", "9012", "1212", "1990", "121212", "123456"} {
		b.Refuse("POST", path+"/staff", object{"name": "x", "pin": pin}, 422, "pin_trivial")
	}
	for _, pin := range []string{"123", "1234567", "12a4", "١٢٣٤", ""} {
		b.Refuse("POST", path+"/staff", object{"name": "x", "pin": pin}, 422, "pin_form")
	}
	b.Refuse("POST", path+"/staff", object{"name": "  ", "pin": "4831"}, 422, "required")
	in := object{"staff_id": seller, "pin": "4831"}
	w.OpenBrowser().Refuse("POST", "/api/v1/staff-sessions", in, 401, "device_unknown")
	b2.Refuse("POST", "/api/v1/staff-sessions", in, 401, "pin_wrong") // another merchant's device
	b.Refuse("POST", "/api/v1/staff-sessions", object{"staff_id": stranger, "pin": "4831"}, 401, "pin_wrong")
	program := w.Key("merchant", "stall:"+stall)
	if o := w.Call(program, "POST", path+"/devices", object{"name": "x"}, 403); o.Text("code") != "person_needed" {
		t.Errorf("a program's device: %v", o)
	}

	var wait sync.WaitGroup
	var mu sync.Mutex
	answered := map[string]int{}
	for range 20 {
		wait.Go(func() {
			guess := object{"staff_id": seller, "pin": "0000"}
			_, o := b.Try("POST", "/api/v1/staff-sessions", guess)
			for o.Text("code") == "sign_in_busy" { // refused before the PIN was checked
				time.Sleep(100 * time.Millisecond)
				_, o = b.Try("POST", "/api/v1/staff-sessions", guess)
			}
			mu.Lock()
			defer mu.Unlock()
			answered[o.Text("code")]++
		})
	}
	wait.Wait()
	if answered["pin_wrong"] != 5 || answered["too_many_attempts"] != 15 {
		t.Errorf("twenty guesses at once: %v", answered)
	}
	b.Refuse("POST", "/api/v1/staff-sessions", in, 429, "too_many_attempts")
	second := &paymentstest.Browser{World: w.World, Cookies: map[string]string{"__Host-m40": b.Cookies["__Host-m40"]}}
	device := second.Visit("POST", path+"/devices", object{"name": "Máy thứ hai"}, 201).Text("id")
	second.Visit("POST", "/api/v1/staff-sessions", in, 201) // guesses on one device do not lock another

	b.Visit("GET", "/api/v1/me", nil, 401) // the merchant's session was on the second device too
	b.SignInByPhone(w.phoneOf(stall), 3)
	if devices := b.Visit("GET", path+"/devices", nil, 200).Items(); len(devices) != 2 {
		t.Errorf("the devices are %v", devices)
	}
	b.Visit("DELETE", path+"/devices/"+device, nil, 204)
	second.Visit("GET", "/api/v1/me", nil, 401) // a device ends with the shift on it
	second.Refuse("POST", "/api/v1/staff-sessions", in, 401, "device_unknown")
	b2.Refuse("DELETE", path+"/devices/"+device, nil, 404, "not_found")

	third := &paymentstest.Browser{World: w.World, Cookies: map[string]string{"__Host-m40": b.Cookies["__Host-m40"]}}
	third.Visit("POST", path+"/devices", object{"name": "Máy thứ ba"}, 201)
	third.Cookies["__Host-m40"] = "" // staff come without the merchant's session
	third.Visit("POST", "/api/v1/staff-sessions", in, 201)
	b.Visit("PUT", path+"/staff/"+seller+"/pin", object{"pin": "5927"}, 204)
	third.Visit("GET", "/api/v1/me", nil, 401) // another PIN ends the shift
	third.Refuse("POST", "/api/v1/staff-sessions", in, 401, "pin_wrong")
	third.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "5927"}, 201)
	b.Visit("DELETE", path+"/staff/"+seller, nil, 204)
	third.Visit("GET", "/api/v1/me", nil, 401)
	third.Refuse("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "5927"}, 401, "pin_wrong")
	if staff := b.Visit("GET", path+"/staff", nil, 200).Items(); len(staff) != 0 {
		t.Errorf("the staff are %v", staff)
	}
	b2.Refuse("DELETE", "/api/v1/stalls/"+stall+"/staff/"+seller, nil, 404, "not_found")
}

// TestAShiftEndsWithTheTenancy changes the tenant under a running shift: the seller is out at once,
// and so is the device.
func TestAShiftEndsWithTheTenancy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, _, seller, b := counterOf(w, "A1", "1111111", 1)
	path := "/api/v1/stalls/" + stall
	in := object{"staff_id": seller, "pin": "4831"}
	b.Visit("POST", "/api/v1/staff-sessions", in, 201)
	live := listenAs(b, stall, "")
	w.Call(w.SignInAdmin(), "POST", path+"/tenancies", object{
		"merchant": object{"full_name": "Người mới", "phone": "0905888888"},
		"account": object{
			"bank_bin": "970422", "account_number": "8888888", "holder_name": "NGUOI MOI",
			"holder_kind": "ca_nhan",
		},
	}, 201)
	w.Accept(c, transfer{
		ID: 1, Account: "8888888", Memo: w.Call(w.Admin, "GET", path, nil, 200).Text("code.code"),
		Amount: 4000,
	})
	if e, open := <-live; open {
		t.Errorf("a seller hears of the next tenant's payment: %+v", e)
	}
	b.Visit("GET", path+"/payments", nil, 401)
	b.Refuse("POST", "/api/v1/staff-sessions", in, 401, "device_unknown")
	after := w.OpenBrowser()
	after.SignInByPhone("0905888888", 2)
	for _, sub := range []string{"/staff", "/devices", "/shifts"} {
		if items := after.Visit("GET", path+sub, nil, 200).Items(); len(items) != 0 {
			t.Errorf("the next tenant finds %s %v", sub, items)
		}
	}

	// By itself a shift ends after 14 hours.
	after.Visit("POST", path+"/devices", object{"name": "Máy"}, 201)
	hoa := after.Visit("POST", path+"/staff", object{"name": "Hoa", "pin": "4831"}, 201).Text("id")
	after.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": hoa, "pin": "4831"}, 201)
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE shifts SET started_at = started_at - interval '14 hours',
		ends_at = ends_at - interval '14 hours'`)
	must(t, err)
	after.Visit("GET", path+"/payments", nil, 401)
}
