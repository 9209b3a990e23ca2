package beneficiary_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/registertest"
)

// wantCodes checks that a stall's codes are in a state.
func (w *world) wantCodes(path, state string, n int) {
	w.T.Helper()
	found := 0
	for _, c := range w.Call(w.Admin, "GET", path+"/codes", nil, 200).Items() {
		if c.Text("state") == state {
			found++
		}
	}
	if found != n {
		w.T.Errorf("%d codes are %s, want %d", found, state, n)
	}
}

// TestAProgramsFurtherAccountWaits: a key alone makes no official code that pays somebody else.
func TestAProgramsFurtherAccountWaits(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path, manager := "/api/v1/stalls/"+s.Text("id"), w.Key("manager", "market:CHODAM")
	c := w.Call(manager, "POST", path+"/accounts", registertest.Account("970415", "77778888990"), 202)
	if c.Text("kind") != "addition" || c.Text("state") != "pending" || c.Text("needs_second_person") != "true" ||
		c.At("effective_at") != nil ||
		c.Text("new_account.account_number") != "••••8990" || c.Text("contact") != "••••001" ||
		c.Text("lapses_at") != registertest.Noon.Add(7*24*time.Hour).Format(time.RFC3339) {
		t.Errorf("the answer is %v", c)
	}
	if seen := w.Call(w.Admin, "GET", path, nil, 200); seen.At("accounts.1") != nil ||
		seen.Text("code.code") != s.Text("code.code") {
		t.Errorf("before the approval the stall is %v", seen)
	}
	w.wantCodes(path, "current", 1)
	w.WantAlerts("account_added", 1)
	if notices := w.notices(); len(notices) != 1 ||
		!strings.Contains(notices[0], "yêu cầu thêm tài khoản nhận tiền VietinBank ••••8990") ||
		!strings.Contains(notices[0], "chờ người thứ hai duyệt") {
		t.Errorf("the owner got %q", notices)
	}
	page := string(w.Fetch("", "/q/"+s.Text("code.code"), 200))
	if !strings.Contains(page, "Ban quản lý đã yêu cầu thêm tài khoản nhận tiền, đang chờ người thứ hai duyệt.") ||
		strings.Contains(page, "8990") {
		t.Errorf("the page says %s", page)
	}
	w.Refuse(manager, "POST", path+"/accounts", registertest.Account("970415", "5555"), 409, "change_under_way")
	approve := "/api/v1/beneficiary-changes/" + c.Text("id") + "/approve"
	for _, program := range []string{manager, w.Key("admin", ""), w.Key("merchant", "stall:"+s.Text("id"))} {
		w.Refuse(program, "POST", approve, nil, 409, "second_person_needed")
	}
	// the holder of a link is not a known person
	w.Refuse(
		w.Invite(w.Key("manager", "market:CHODAM"), s.Text("id")),
		"POST",
		approve,
		nil,
		409,
		"second_person_needed",
	)
	w.Clock = registertest.Noon.Add(25 * time.Hour)
	w.settleChanges()
	w.wantChange(path, c.Text("id"), "pending", "proposed")
	w.Approve(c)
	w.wantChange(path, c.Text("id"), "effective", "proposed approved effective")
	if seen := w.Call(w.Admin, "GET", path, nil, 200); seen.Text("accounts.1.account_number") != "77778888990" ||
		seen.Text("code.code") != s.Text("code.code") {
		t.Errorf("after the approval the stall is %v", seen)
	}
	w.wantCodes(path, "current", 2)
	w.WantAlerts("account_added", 1)
	if got := w.Call(w.Admin, "GET", path+"/beneficiary-changes", nil, 200).Items()[0].Text(
		"undo_until"); got != w.Clock.Add(24*time.Hour).Format(time.RFC3339) {
		t.Errorf("it may be taken back until %s, a day after %v", got, w.Clock)
	}
	w.Clock = w.Clock.Add(23 * time.Hour) // an addition is taken back for a day after it began
	tenant := w.Key("merchant", "stall:"+s.Text("id"))
	w.Call(tenant, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", object{"reason": "không phải tôi"},
		200)
	w.wantCodes(path, "current", 1)
}

// TestAWaitingAccountEnds by its tenant, by time, or because it is another's meanwhile.
func TestAWaitingAccountEnds(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	propose := func(number string) object {
		return w.Call(w.Admin, "POST", path+"/accounts", registertest.Account("970436", number), 202)
	}
	c := propose("2222")
	w.Call(w.Key("merchant", "stall:"+s.Text("id")), "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel",
		object{"reason": "không phải tôi"}, 200)
	if notices := w.notices(); len(notices) != 2 || !strings.Contains(notices[1], "yêu cầu thêm tài khoản nhận tiền") ||
		!strings.Contains(notices[1], "đã dừng") {
		t.Errorf("the owner got %q", notices)
	}
	c = propose("2222")
	w.Stall("TAKEN", "2222")
	w.Refuse(
		w.SignInAdmin(),
		"POST",
		"/api/v1/beneficiary-changes/"+c.Text("id")+"/approve",
		nil,
		409,
		"account_in_use",
	)
	w.Clock = registertest.Noon.Add(7 * 24 * time.Hour)
	w.settleChanges()
	if c := w.wantChange(path, c.Text("id"), "refused", "proposed refused"); c.Text("why") != "change_lapsed" {
		t.Errorf("it was refused for %q", c.Text("why"))
	}
	c = propose("3333")
	w.Call(w.SignInAdmin(), "POST", path+"/tenancies",
		object{"merchant": w.Merchant("Mới"), "account": registertest.Account("970436",
			"4444")}, 201)
	w.wantChange(path, c.Text("id"), "refused", "proposed refused")
	w.wantCodes(path, "current", 1)
}

// TestAProgramsChangeOfTenantWaits: the code that hangs pays its owner until a person agrees.
func TestAProgramsChangeOfTenantWaits(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path, manager := "/api/v1/stalls/"+s.Text("id"), w.Key("manager", "market:CHODAM")
	order := object{"merchant": w.Merchant("Kẻ Gian"), "account": registertest.Account("970415", "77778888990")}
	c := w.Call(manager, "POST", path+"/tenancies", order, 202)
	if c.Text("kind") != "tenant" || c.Text("state") != "pending" || c.Text("old_account.account_number") != "••••11" ||
		c.Text("new_tenant") != "Kẻ Gian" || c.Text("new_account.account_number") != "••••8990" {
		t.Errorf("the answer is %v", c)
	}
	if seen := w.Call(w.Admin, "GET", path, nil, 200); seen.Text("merchant.full_name") != "Trần Thị Đậm" ||
		seen.Text("code.code") != s.Text("code.code") {
		t.Errorf("before the approval the stall is %v", seen)
	}
	listed := w.Call(manager, "GET", "/api/v1/beneficiary-changes?state=pending", nil, 200).Items()
	if len(listed) != 1 || listed[0].Text("id") != c.Text("id") || listed[0].Text("proposer") != t.Name() {
		t.Errorf("the board lists %v", listed)
	}
	if seen := w.Call(w.Key("merchant", "stall:"+s.Text("id")), "GET", "/api/v1/beneficiary-changes", nil,
		200).Items(); len(seen) != 1 || seen[0].Text("new_tenant") != "" {
		t.Errorf("the tenant lists %v", seen)
	}
	w.RegisterMarket(w.Admin, "XOMMOI", "22402")
	for query, key := range map[string]string{"?state=effective": manager, "": w.Key("manager", "market:XOMMOI")} {
		if others := w.Call(key, "GET", "/api/v1/beneficiary-changes"+query, nil, 200).Items(); len(others) != 0 {
			t.Errorf("with %q the list is %v", query, others)
		}
	}
	w.WantAlerts("tenant_changed", 1)
	if page := string(w.Fetch("", "/q/"+s.Text("code.code"), 200)); !strings.Contains(page,
		"Ban quản lý đã yêu cầu đổi người thuê sạp, đang chờ người thứ hai duyệt.") {
		t.Errorf("the page says %s", page)
	}
	tenant := w.Key("merchant", "stall:"+s.Text("id"))
	w.Call(tenant, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", object{"reason": "tôi vẫn bán"}, 200)
	if notices := w.notices(); len(notices) != 2 || !strings.Contains(notices[0], "đổi người thuê sạp A1") ||
		!strings.Contains(notices[1], "đã dừng") {
		t.Errorf("the tenant got %q", notices)
	}
	var sealed int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM beneficiary_changes WHERE proposal IS NOT NULL`).
		Scan(&sealed))
	if sealed != 0 {
		t.Error("a proposal that came to nothing still holds a person's data")
	}

	c = w.Call(manager, "POST", path+"/tenancies", order, 202)
	w.Approve(c)
	w.wantChange(path, c.Text("id"), "effective", "proposed approved effective")
	seen := w.Call(w.Admin, "GET", path, nil, 200)
	if seen.Text("merchant.full_name") != "Kẻ Gian" || seen.Text("accounts.0.account_number") != "77778888990" ||
		seen.Text("state") != "operating" {
		t.Errorf("after the approval the stall is %v", seen)
	}
	w.wantCodes(path, "revoked", 1)
	w.wantCodes(path, "current", 1)
	w.Clock = w.Clock.Add(time.Minute)
	w.Refuse(manager, "POST", path+"/tenancies", order, 409, "same_merchant")
}

// TestEmptyingAStallFirstHidesNoChange: where somebody received lately, a program's tenant waits
// all the same.
func TestEmptyingAStallFirstHidesNoChange(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200)
	w.Call(w.Admin, "POST", path+"/reopen", nil, 200)
	w.Clock = registertest.Noon.Add(time.Hour)
	c := w.Call(
		w.Admin,
		"POST",
		path+"/tenancies",
		object{"merchant": w.Merchant("Mới"), "account": registertest.Account("970415",
			"2222")},
		202,
	)
	w.Call(w.SignInAdmin(), "POST", path+"/tenancies",
		object{"merchant": w.Merchant("Đúng"), "account": registertest.Account("970415",
			"3333")}, 201)
	w.wantChange(path, c.Text("id"), "refused", "proposed refused")

	// Thirty days later it is any vacant stall.
	w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200)
	w.Call(w.Admin, "POST", path+"/reopen", nil, 200)
	w.Clock = w.Clock.Add(31 * 24 * time.Hour)
	w.Call(
		w.Admin,
		"POST",
		path+"/tenancies",
		object{"merchant": w.Merchant("Mới nữa"), "account": registertest.Account("970415",
			"4444")},
		201,
	)
}

// TestProgramRegistersNewStalls: the first tenant of a vacant stall and the
// first account of a tenant.
func TestProgramRegistersNewStalls(t *testing.T) {
	w := newWorld(t)
	stalls := "/api/v1/markets/" + w.Market + "/stalls"
	vacant := w.Call(w.Admin, "POST", stalls, object{"number": "V"}, 201).Text("id")
	path := "/api/v1/stalls/" + vacant
	w.Call(w.Admin, "POST", path+"/tenancies", object{"merchant": w.Merchant("An")}, 201)
	w.Clock = w.Clock.Add(time.Minute)
	c := w.Call(w.Admin, "POST", path+"/tenancies", object{"merchant": w.Merchant("Bình")}, 202) // An has the stall
	if c.At("new_account") != nil || c.At("old_account") != nil || c.Text("contact") == "" {
		t.Errorf("the answer is %v", c)
	}
	w.Call(w.Admin, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", nil, 200)
	first := w.Call(w.Admin, "POST", path+"/accounts", registertest.Account("970415", "3333"), 201)
	if first.Text("account_number") != "3333" || first.Text("code.state") != "current" {
		t.Errorf("the first account is %v", first)
	}
	if len(w.Alerts("")) != 1 { // of the change that was cancelled
		t.Errorf("the alerts are %v", w.Alerts(""))
	}
	w.Call(w.Admin, "POST", path+"/accounts", registertest.Account("970415", "4444"), 202)
}
