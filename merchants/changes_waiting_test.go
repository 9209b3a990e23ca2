package merchants_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/signin"
)

// wantCodes checks that a stall's codes are in a state.
func (w *world) wantCodes(path, state string, n int) {
	w.t.Helper()
	found := 0
	for _, c := range w.call(w.admin, "GET", path+"/codes", nil, 200).items() {
		if c.text("state") == state {
			found++
		}
	}
	if found != n {
		w.t.Errorf("%d codes are %s, want %d", found, state, n)
	}
}

// invited accepts an invitation of a program for the merchant of a stall.
func (w *world) invited(stall string) string {
	w.t.Helper()
	inviter, err := w.keys.Find(w.t.Context(), w.key("manager", "market:CHODAM"))
	must(w.t, err)
	_, card, err := w.people.Invite(w.t.Context(), inviter, uuid.MustParse(stall))
	must(w.t, err)
	token, _, err := w.people.Accept(w.t.Context(), card, signin.Visit{Address: "127.0.0.1"})
	must(w.t, err)
	return session + token
}

// TestAProgramsFurtherAccountWaits: a key alone makes no official code that pays somebody else.
func TestAProgramsFurtherAccountWaits(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path, manager := "/api/v1/stalls/"+s.text("id"), w.key("manager", "market:CHODAM")
	c := w.call(manager, "POST", path+"/accounts", account("970415", "77778888990"), 202)
	if c.text("kind") != "addition" || c.text("state") != "pending" || c.text("needs_second_person") != "true" ||
		c.at("effective_at") != nil ||
		c.text("new_account.account_number") != "••••8990" || c.text("contact") != "••••001" ||
		c.text("lapses_at") != noon.Add(7*24*time.Hour).Format(time.RFC3339) {
		t.Errorf("the answer is %v", c)
	}
	if seen := w.call(w.admin, "GET", path, nil, 200); seen.at("accounts.1") != nil ||
		seen.text("code.code") != s.text("code.code") {
		t.Errorf("before the approval the stall is %v", seen)
	}
	w.wantCodes(path, "current", 1)
	w.wantAlerts("account_added", 1)
	if notices := w.notices(); len(notices) != 1 ||
		!strings.Contains(notices[0], "yêu cầu thêm tài khoản nhận tiền VietinBank ••••8990") ||
		!strings.Contains(notices[0], "chờ người thứ hai duyệt") {
		t.Errorf("the owner got %q", notices)
	}
	page := string(w.fetch("/q/"+s.text("code.code"), 200))
	if !strings.Contains(page, "Ban quản lý đã yêu cầu thêm tài khoản nhận tiền, đang chờ người thứ hai duyệt.") ||
		strings.Contains(page, "8990") {
		t.Errorf("the page says %s", page)
	}
	w.refuse(manager, "POST", path+"/accounts", account("970415", "5555"), 409, "change_under_way")
	approve := "/api/v1/beneficiary-changes/" + c.text("id") + "/approve"
	for _, program := range []string{manager, w.key("admin", ""), w.key("merchant", "stall:"+s.text("id"))} {
		w.refuse(program, "POST", approve, nil, 409, "second_person_needed")
	}
	// the holder of a link is not a known person
	w.refuse(w.invited(s.text("id")), "POST", approve, nil, 409, "second_person_needed")
	w.clock = noon.Add(25 * time.Hour)
	w.settleChanges()
	w.wantChange(path, c.text("id"), "pending", "proposed")
	w.approve(c)
	w.wantChange(path, c.text("id"), "effective", "proposed approved effective")
	if seen := w.call(w.admin, "GET", path, nil, 200); seen.text("accounts.1.account_number") != "77778888990" ||
		seen.text("code.code") != s.text("code.code") {
		t.Errorf("after the approval the stall is %v", seen)
	}
	w.wantCodes(path, "current", 2)
	w.wantAlerts("account_added", 1)
	if got := w.call(w.admin, "GET", path+"/beneficiary-changes", nil, 200).items()[0].text(
		"undo_until"); got != w.clock.Add(24*time.Hour).Format(time.RFC3339) {
		t.Errorf("it may be taken back until %s, a day after %v", got, w.clock)
	}
	w.clock = w.clock.Add(23 * time.Hour) // an addition is taken back for a day after it began
	tenant := w.key("merchant", "stall:"+s.text("id"))
	w.call(tenant, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", object{"reason": "không phải tôi"},
		200)
	w.wantCodes(path, "current", 1)
}

// TestAWaitingAccountEnds by its tenant, by time, or because it is another's meanwhile.
func TestAWaitingAccountEnds(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	propose := func(number string) object {
		return w.call(w.admin, "POST", path+"/accounts", account("970436", number), 202)
	}
	c := propose("2222")
	w.call(w.key("merchant", "stall:"+s.text("id")), "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel",
		object{"reason": "không phải tôi"}, 200)
	if notices := w.notices(); len(notices) != 2 || !strings.Contains(notices[1], "yêu cầu thêm tài khoản nhận tiền") ||
		!strings.Contains(notices[1], "đã dừng") {
		t.Errorf("the owner got %q", notices)
	}
	c = propose("2222")
	w.stall("TAKEN", "2222")
	w.refuse(w.person(), "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/approve", nil, 409, "account_in_use")
	w.clock = noon.Add(7 * 24 * time.Hour)
	w.settleChanges()
	if c := w.wantChange(path, c.text("id"), "refused", "proposed refused"); c.text("why") != "change_lapsed" {
		t.Errorf("it was refused for %q", c.text("why"))
	}
	c = propose("3333")
	w.call(w.person(), "POST", path+"/tenancies", object{"merchant": w.merchant("Mới"), "account": account("970436",
		"4444")}, 201)
	w.wantChange(path, c.text("id"), "refused", "proposed refused")
	w.wantCodes(path, "current", 1)
}

// TestAProgramsChangeOfTenantWaits: the code that hangs pays its owner until a person agrees.
func TestAProgramsChangeOfTenantWaits(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path, manager := "/api/v1/stalls/"+s.text("id"), w.key("manager", "market:CHODAM")
	order := object{"merchant": w.merchant("Kẻ Gian"), "account": account("970415", "77778888990")}
	c := w.call(manager, "POST", path+"/tenancies", order, 202)
	if c.text("kind") != "tenant" || c.text("state") != "pending" || c.text("old_account.account_number") != "••••11" ||
		c.text("new_tenant") != "Kẻ Gian" || c.text("new_account.account_number") != "••••8990" {
		t.Errorf("the answer is %v", c)
	}
	if seen := w.call(w.admin, "GET", path, nil, 200); seen.text("merchant.full_name") != "Trần Thị Đậm" ||
		seen.text("code.code") != s.text("code.code") {
		t.Errorf("before the approval the stall is %v", seen)
	}
	listed := w.call(manager, "GET", "/api/v1/beneficiary-changes?state=pending", nil, 200).items()
	if len(listed) != 1 || listed[0].text("id") != c.text("id") || listed[0].text("proposer") != t.Name() {
		t.Errorf("the board lists %v", listed)
	}
	if seen := w.call(w.key("merchant", "stall:"+s.text("id")), "GET", "/api/v1/beneficiary-changes", nil,
		200).items(); len(seen) != 1 || seen[0].text("new_tenant") != "" {
		t.Errorf("the tenant lists %v", seen)
	}
	w.newMarket("XOMMOI", "22402")
	for query, key := range map[string]string{"?state=effective": manager, "": w.key("manager", "market:XOMMOI")} {
		if others := w.call(key, "GET", "/api/v1/beneficiary-changes"+query, nil, 200).items(); len(others) != 0 {
			t.Errorf("with %q the list is %v", query, others)
		}
	}
	w.wantAlerts("tenant_changed", 1)
	if page := string(w.fetch("/q/"+s.text("code.code"), 200)); !strings.Contains(page,
		"Ban quản lý đã yêu cầu đổi người thuê sạp, đang chờ người thứ hai duyệt.") {
		t.Errorf("the page says %s", page)
	}
	tenant := w.key("merchant", "stall:"+s.text("id"))
	w.call(tenant, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", object{"reason": "tôi vẫn bán"}, 200)
	if notices := w.notices(); len(notices) != 2 || !strings.Contains(notices[0], "đổi người thuê sạp A1") ||
		!strings.Contains(notices[1], "đã dừng") {
		t.Errorf("the tenant got %q", notices)
	}
	var sealed int
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM beneficiary_changes WHERE proposal IS NOT NULL`).Scan(
		&sealed))
	if sealed != 0 {
		t.Error("a proposal that came to nothing still holds a person's data")
	}

	c = w.call(manager, "POST", path+"/tenancies", order, 202)
	w.approve(c)
	w.wantChange(path, c.text("id"), "effective", "proposed approved effective")
	seen := w.call(w.admin, "GET", path, nil, 200)
	if seen.text("merchant.full_name") != "Kẻ Gian" || seen.text("accounts.0.account_number") != "77778888990" ||
		seen.text("state") != "operating" {
		t.Errorf("after the approval the stall is %v", seen)
	}
	w.wantCodes(path, "revoked", 1)
	w.wantCodes(path, "current", 1)
	w.clock = w.clock.Add(time.Minute)
	w.refuse(manager, "POST", path+"/tenancies", order, 409, "same_merchant")
}

// TestEmptyingAStallFirstHidesNoChange: where somebody received lately, a program's tenant waits
// all the same.
func TestEmptyingAStallFirstHidesNoChange(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	w.call(w.person(), "POST", path+"/close", nil, 200)
	w.call(w.admin, "POST", path+"/reopen", nil, 200)
	w.clock = noon.Add(time.Hour)
	c := w.call(w.admin, "POST", path+"/tenancies", object{"merchant": w.merchant("Mới"), "account": account("970415",
		"2222")}, 202)
	w.call(w.person(), "POST", path+"/tenancies", object{"merchant": w.merchant("Đúng"), "account": account("970415",
		"3333")}, 201)
	w.wantChange(path, c.text("id"), "refused", "proposed refused")

	// Thirty days later it is any vacant stall.
	w.call(w.person(), "POST", path+"/close", nil, 200)
	w.call(w.admin, "POST", path+"/reopen", nil, 200)
	w.clock = w.clock.Add(31 * 24 * time.Hour)
	w.call(w.admin, "POST", path+"/tenancies", object{"merchant": w.merchant("Mới nữa"), "account": account("970415",
		"4444")}, 201)
}

// TestProgramRegistersNewStalls: the first tenant of a vacant stall and the
// first account of a tenant.
func TestProgramRegistersNewStalls(t *testing.T) {
	w := newWorld(t)
	stalls := "/api/v1/markets/" + w.market + "/stalls"
	vacant := w.call(w.admin, "POST", stalls, object{"number": "V"}, 201).text("id")
	path := "/api/v1/stalls/" + vacant
	w.call(w.admin, "POST", path+"/tenancies", object{"merchant": w.merchant("An")}, 201)
	w.clock = w.clock.Add(time.Minute)
	c := w.call(w.admin, "POST", path+"/tenancies", object{"merchant": w.merchant("Bình")}, 202) // An has the stall
	if c.at("new_account") != nil || c.at("old_account") != nil || c.text("contact") == "" {
		t.Errorf("the answer is %v", c)
	}
	w.call(w.admin, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", nil, 200)
	first := w.call(w.admin, "POST", path+"/accounts", account("970415", "3333"), 201)
	if first.text("account_number") != "3333" || first.text("code.state") != "current" {
		t.Errorf("the first account is %v", first)
	}
	if len(w.alerts("")) != 1 { // of the change that was cancelled
		t.Errorf("the alerts are %v", w.alerts(""))
	}
	w.call(w.admin, "POST", path+"/accounts", account("970415", "4444"), 202)
}
