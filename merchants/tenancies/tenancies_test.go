package tenancies_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/registertest"
)

func TestAChangeOfTenantRevokesTheCodeAndIssuesAnother(t *testing.T) {
	w := newWorld(t)
	old := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + old.Text("id")
	oldKey := w.Key("merchant", "stall:"+old.Text("id"))
	second := w.Call(w.Admin, "POST", path+"/codes", nil, 201)
	change := object{
		"since":    "2026-11-01",
		"merchant": w.Merchant("Lê Văn Mới"),
		"account":  registertest.Account("970415", "2222"),
	}
	s := w.Call(w.SignInAdmin(), "POST", path+"/tenancies", change, 201)
	if s.Text("merchant.full_name") != "Lê Văn Mới" || s.Text("tenancy.since") != "2026-10-31T17:00:00Z" ||
		s.Text("state") != "operating" ||
		s.Text("code.code") == old.Text("code.code") || s.Text("accounts.0.account_number") != "2222" ||
		s.At("accounts.1") != nil {
		t.Errorf("after the change the stall is %v", s)
	}
	states := map[string]string{}
	for _, c := range w.Call(w.Admin, "GET", path+"/codes", nil, 200).Items() {
		states[c.Text("code")] = c.Text("state")
	}
	if len(states) != 3 || states[old.Text("code.code")] != "revoked" || states[second.Text("code")] != "revoked" ||
		states[s.Text("code.code")] != "current" {
		t.Errorf("the codes are %v", states)
	}

	newKey := w.Key("merchant", "stall:"+old.Text("id"))
	if seen := w.Call(newKey, "GET", path, nil, 200); seen.At("code.payload") == nil ||
		seen.Text("merchant.phone") != s.Text("merchant.phone") {
		t.Errorf("the tenant sees %v", seen)
	}
	if seen := w.Call(oldKey, "GET", path, nil, 200); seen["merchant"] != nil || seen["code"] != nil ||
		seen.At("accounts.0") != nil || seen["tenancy"] != nil {
		t.Errorf("the former tenant sees the new one: %v", seen)
	}
	if codes := w.Call(newKey, "GET", path+"/codes", nil, 200).Items(); len(codes) != 1 {
		t.Errorf("the tenant sees %d codes, want the own one", len(codes))
	}
	if codes := w.Call(oldKey, "GET", path+"/codes", nil, 200).Items(); len(codes) != 2 {
		t.Errorf("the former tenant sees %d codes, want the own two", len(codes))
	}
}

func TestAChangeOfTenantIsRefused(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "1111")
	order["since"] = "2026-06-01"
	s := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	path := "/api/v1/stalls/" + s.Text("id") + "/tenancies"
	next := w.Merchant("Mới")
	w.Refuse(w.Admin, "POST", path, object{"since": "2026-11-23", "merchant": next}, 422, "since_in_future")
	w.Refuse(w.Admin, "POST", path, object{"since": "2026-05-31", "merchant": next}, 422, "since_before_tenancy")
	w.Refuse(w.Admin, "POST", path, object{"since": "2026-11-01", "merchant": order["merchant"]}, 409, "same_merchant")
	w.Refuse(
		w.Admin,
		"POST",
		path,
		object{"since": "2026-11-01", "merchant": next, "account": registertest.Account("970436",
			"1111")},
		409,
		"account_in_use",
	)
	w.Refuse(w.Admin, "POST", path, object{"since": "2026-11-01"}, 422, "required")
	if after := w.Call(w.Admin, "GET", "/api/v1/stalls/"+s.Text("id"), nil, 200); after.Text("code.code") != s.Text(
		"code.code") {
		t.Error("a refused change has revoked the code")
	}
	// Closed on 22 November: no tenancy can begin before that.
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+s.Text("id")+"/close", nil, 200)
	w.Clock = registertest.Noon.Add(48 * time.Hour)
	w.Call(w.Admin, "POST", "/api/v1/stalls/"+s.Text("id")+"/reopen", nil, 200)
	w.Refuse(w.Admin, "POST", path, object{"since": "2026-11-20", "merchant": next}, 422, "since_before_tenancy")
	w.Call(w.SignInAdmin(), "POST", path, object{"since": "2026-11-23", "merchant": next}, 201)
}

func TestATerminalGoesWithTheStallToTheNextTenant(t *testing.T) {
	w := newWorld(t)
	order := w.StallOrder("A1", "1111").With("account.virtual_account", "VQR 77")
	s := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", order, 201)
	taken := object{"account": registertest.Account("970436", "2222")}.With("account.virtual_account", "VQR77")
	taken["merchant"] = w.Merchant("Mới")
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+s.Text("id")+"/tenancies", taken, 201)
}

func TestAFurtherAccountHasItsOwnCodeAndANewCodeSupersedes(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	w.Clock = registertest.Noon.Add(time.Second)
	more := w.Call(w.SignInAdmin(), "POST", path+"/accounts", registertest.Account("970415", "2222"), 201)
	if more.Text("bank_bin") != "970415" || more.Text("code.state") != "current" ||
		!strings.Contains(more.Text("code.payload"), "SEVQR "+more.Text("code.code")) {
		t.Errorf("the further account is %v", more)
	}
	w.Refuse(w.Admin, "POST", path+"/accounts", registertest.Account("970415", "22 22"), 409, "account_stands")
	w.Refuse(w.Admin, "POST", path+"/accounts", registertest.Account("970415", "22-22"), 422, "account_form")

	w.Clock = registertest.Noon.Add(2 * time.Second)
	again := w.Call(w.Admin, "POST", path+"/codes", object{"account_id": more.Text("id")}, 201)
	first := w.Call(w.Admin, "POST", path+"/codes", nil, 201)
	if again.Text("account_id") != more.Text("id") || first.Text("account_id") != s.Text("accounts.0.id") ||
		again.Text("url") != "/q/"+again.Text("code") {
		t.Errorf("new codes are %v and %v", again, first)
	}
	after := w.Call(w.Admin, "GET", path, nil, 200)
	if after.Text("code.code") != first.Text("code") || after.Text("accounts.1.id") != more.Text("id") {
		t.Errorf("the stall is %v", after)
	}
	states := map[string]int{}
	for _, c := range w.Call(w.Admin, "GET", "/api/v1/codes?market_id="+w.Market, nil, 200).Items() {
		states[c.Text("state")]++
	}
	if states["current"] != 2 || states["superseded"] != 2 {
		t.Errorf("the market's codes are %v", states)
	}
	other := w.Stall("A2", "3333")
	w.Call(w.Admin, "POST", path+"/codes", object{"account_id": other.Text("accounts.0.id")}, 404)
}
