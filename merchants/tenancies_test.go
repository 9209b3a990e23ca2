package merchants_test

import (
	"strings"
	"testing"
	"time"
)

func TestAChangeOfTenantRevokesTheCodeAndIssuesAnother(t *testing.T) {
	w := newWorld(t)
	old := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + old.text("id")
	oldKey := w.key("merchant", "stall:"+old.text("id"))
	second := w.call(w.admin, "POST", path+"/codes", nil, 201)
	change := object{"since": "2026-11-01", "merchant": w.merchant("Lê Văn Mới"), "account": account("970415", "2222")}
	s := w.call(w.person(), "POST", path+"/tenancies", change, 201)
	if s.text("merchant.full_name") != "Lê Văn Mới" || s.text("tenancy.since") != "2026-10-31T17:00:00Z" ||
		s.text("state") != "operating" ||
		s.text("code.code") == old.text("code.code") || s.text("accounts.0.account_number") != "2222" ||
		s.at("accounts.1") != nil {
		t.Errorf("after the change the stall is %v", s)
	}
	states := map[string]string{}
	for _, c := range w.call(w.admin, "GET", path+"/codes", nil, 200).items() {
		states[c.text("code")] = c.text("state")
	}
	if len(states) != 3 || states[old.text("code.code")] != "revoked" || states[second.text("code")] != "revoked" ||
		states[s.text("code.code")] != "current" {
		t.Errorf("the codes are %v", states)
	}

	newKey := w.key("merchant", "stall:"+old.text("id"))
	if seen := w.call(newKey, "GET", path, nil, 200); seen.at("code.payload") == nil ||
		seen.text("merchant.phone") != s.text("merchant.phone") {
		t.Errorf("the tenant sees %v", seen)
	}
	if seen := w.call(oldKey, "GET", path, nil, 200); seen["merchant"] != nil || seen["code"] != nil ||
		seen.at("accounts.0") != nil || seen["tenancy"] != nil {
		t.Errorf("the former tenant sees the new one: %v", seen)
	}
	if codes := w.call(newKey, "GET", path+"/codes", nil, 200).items(); len(codes) != 1 {
		t.Errorf("the tenant sees %d codes, want the own one", len(codes))
	}
	if codes := w.call(oldKey, "GET", path+"/codes", nil, 200).items(); len(codes) != 2 {
		t.Errorf("the former tenant sees %d codes, want the own two", len(codes))
	}
}

func TestAChangeOfTenantIsRefused(t *testing.T) {
	w := newWorld(t)
	order := w.stallOrder("A1", "1111")
	order["since"] = "2026-06-01"
	s := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	path := "/api/v1/stalls/" + s.text("id") + "/tenancies"
	next := w.merchant("Mới")
	w.refuse(w.admin, "POST", path, object{"since": "2026-11-23", "merchant": next}, 422, "since_in_future")
	w.refuse(w.admin, "POST", path, object{"since": "2026-05-31", "merchant": next}, 422, "since_before_tenancy")
	w.refuse(w.admin, "POST", path, object{"since": "2026-11-01", "merchant": order["merchant"]}, 409, "same_merchant")
	w.refuse(w.admin, "POST", path, object{"since": "2026-11-01", "merchant": next, "account": account("970436",
		"1111")}, 409, "account_in_use")
	w.refuse(w.admin, "POST", path, object{"since": "2026-11-01"}, 422, "required")
	if after := w.call(w.admin, "GET", "/api/v1/stalls/"+s.text("id"), nil, 200); after.text("code.code") != s.text(
		"code.code") {
		t.Error("a refused change has revoked the code")
	}
	// Closed on 22 November: no tenancy can begin before that.
	w.call(w.person(), "POST", "/api/v1/stalls/"+s.text("id")+"/close", nil, 200)
	w.clock = noon.Add(48 * time.Hour)
	w.call(w.admin, "POST", "/api/v1/stalls/"+s.text("id")+"/reopen", nil, 200)
	w.refuse(w.admin, "POST", path, object{"since": "2026-11-20", "merchant": next}, 422, "since_before_tenancy")
	w.call(w.person(), "POST", path, object{"since": "2026-11-23", "merchant": next}, 201)
}

func TestATerminalGoesWithTheStallToTheNextTenant(t *testing.T) {
	w := newWorld(t)
	order := withField(w.stallOrder("A1", "1111"), "account.virtual_account", "VQR 77")
	s := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", order, 201)
	taken := withField(object{"account": account("970436", "2222")}, "account.virtual_account", "VQR77")
	taken["merchant"] = w.merchant("Mới")
	w.call(w.person(), "POST", "/api/v1/stalls/"+s.text("id")+"/tenancies", taken, 201)
}

func TestAFurtherAccountHasItsOwnCodeAndANewCodeSupersedes(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	w.clock = noon.Add(time.Second)
	more := w.call(w.person(), "POST", path+"/accounts", account("970415", "2222"), 201)
	if more.text("bank_bin") != "970415" || more.text("code.state") != "current" ||
		!strings.Contains(more.text("code.payload"), "SEVQR "+more.text("code.code")) {
		t.Errorf("the further account is %v", more)
	}
	w.refuse(w.admin, "POST", path+"/accounts", account("970415", "22 22"), 409, "account_stands")
	w.refuse(w.admin, "POST", path+"/accounts", account("970415", "22-22"), 422, "account_form")

	w.clock = noon.Add(2 * time.Second)
	again := w.call(w.admin, "POST", path+"/codes", object{"account_id": more.text("id")}, 201)
	first := w.call(w.admin, "POST", path+"/codes", nil, 201)
	if again.text("account_id") != more.text("id") || first.text("account_id") != s.text("accounts.0.id") ||
		again.text("url") != "/q/"+again.text("code") {
		t.Errorf("new codes are %v and %v", again, first)
	}
	after := w.call(w.admin, "GET", path, nil, 200)
	if after.text("code.code") != first.text("code") || after.text("accounts.1.id") != more.text("id") {
		t.Errorf("the stall is %v", after)
	}
	states := map[string]int{}
	for _, c := range w.call(w.admin, "GET", "/api/v1/codes?market_id="+w.market, nil, 200).items() {
		states[c.text("state")]++
	}
	if states["current"] != 2 || states["superseded"] != 2 {
		t.Errorf("the market's codes are %v", states)
	}
	other := w.stall("A2", "3333")
	w.call(w.admin, "POST", path+"/codes", object{"account_id": other.text("accounts.0.id")}, 404)
}
