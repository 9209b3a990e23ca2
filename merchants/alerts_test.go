package merchants_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func (w *world) alerts(kind string) []object {
	w.t.Helper()
	var found []object
	for _, a := range w.call(w.admin, "GET", "/api/v1/alerts?state=open", nil, 200).items() {
		if kind == "" || a.text("kind") == kind {
			found = append(found, a)
		}
	}
	return found
}

func (w *world) wantAlerts(kind string, n int) []object {
	w.t.Helper()
	found := w.alerts(kind)
	if len(found) != n {
		w.t.Errorf("%d alerts %q, want %d: %v", len(found), kind, n, found)
	}
	return found
}

func TestManyAccountsOfAStallAreAnAlert(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1000")
	path := "/api/v1/stalls/" + s.text("id") + "/accounts"
	for i := 1; i < 5; i++ {
		w.call(w.person(), "POST", path, account("970436", fmt.Sprint("100", i)), 201)
	}
	w.wantAlerts("many_accounts", 0)
	w.wantAlerts("account_added", 4)
	w.call(w.person(), "POST", path, account("970436", "1005"), 201)
	w.call(w.person(), "POST", path, account("970436", "1006"), 201)
	open := w.wantAlerts("many_accounts", 1) // the open alert covers the seventh too
	manager := w.key("manager", "market:CHODAM")
	at := "/api/v1/alerts/" + open[0].text("id") + "/close"
	w.refuse(w.key("auditor", ""), "POST", at, object{"reason": "seen"}, 403, "not_allowed")
	w.newMarket("XOMMOI", "22402")
	w.refuse(w.key("manager", "market:XOMMOI"), "POST", at, object{"reason": "seen"}, 404, "not_found")
	w.refuse(w.key("team", ""), "GET", "/api/v1/alerts", nil, 403, "not_allowed")
	if list := w.call(w.key("manager", "market:XOMMOI"), "GET", "/api/v1/alerts", nil, 200).items(); len(list) != 0 {
		t.Errorf("another market's manager reads %v", list)
	}
	// it may have caused what it would hide
	for _, program := range []string{manager, w.admin, w.admits(w.admin, "puppet")} {
		w.refuse(program, "POST", at, object{"reason": "seen"}, 409, "person_closes")
	}
	w.wantAlerts("many_accounts", 1)
	_, manager = w.signIn("quanly", "manager", "market:CHODAM")
	closed := w.call(manager, "POST", at, object{"reason": "bảy ngân hàng, đã gặp"}, 200)
	if closed.text("state") != "closed" || closed.text("reason") != "bảy ngân hàng, đã gặp" ||
		closed.text("closed_by") == "" {
		t.Errorf("closed it is %v", closed)
	}
	w.refuse(manager, "POST", at, object{"reason": "again"}, 409, "alert_closed")
	w.call(w.person(), "POST", path, account("970436", "1007"), 201)
	w.wantAlerts("many_accounts", 1)
	page := string(w.fetch("/q/"+s.text("code.code"), 200))
	if !strings.Contains(page, "Sạp có thêm tài khoản nhận tiền ••••07 từ ngày 22/11/2026.") {
		t.Errorf("the page says %s", page)
	}
	if notices := w.notices(); len(notices) != 7 ||
		!strings.Contains(notices[0], "vừa có thêm tài khoản nhận tiền Vietcombank ••••01") {
		t.Errorf("the tenant got %q", notices)
	}
}

// TestAccountUsedByManyRaisesAlert counts refusals of every way in, each merchant once.
func TestAccountUsedByManyRaisesAlert(t *testing.T) {
	w := newWorld(t)
	w.stall("A1", "666677778888")
	path := "/api/v1/markets/" + w.market + "/stalls"
	order := w.stallOrder("A2", "666677778888")
	w.refuse(w.admin, "POST", path, order, 409, "account_in_use")
	w.refuse(w.admin, "POST", path, withField(order, "number", "A3"), 409, "account_in_use") // the same merchant again
	w.wantAlerts("shared_account", 0)
	third := w.stall("A4", "5")
	w.refuse(w.admin, "POST", "/api/v1/stalls/"+third.text("id")+"/beneficiary-changes",
		object{"account": account("970436", "6666 7777 8888"), "reason": "đổi"}, 409, "account_in_use")
	found := w.wantAlerts("shared_account", 1)
	if !strings.Contains(found[0].text("detail"), "••••8888") || strings.Contains(found[0].text("detail"), "77778888") {
		t.Errorf("the alert says %q", found[0].text("detail"))
	}
	w.upload(
		w.admin,
		"",
		"list.csv",
		"Số sạp,Họ tên,Điện thoại,Ngân hàng,Số tài khoản,Chủ tài khoản\nB1,Lê Tư,0987654321,970436,666677778888,Lê Tư\n",
		422,
	)
	w.wantAlerts("shared_account", 1)
	var claims int
	must(t, w.db.Pool.QueryRow(t.Context(), `SELECT count(DISTINCT party) FROM account_claims`).Scan(&claims))
	if claims != 3 {
		t.Errorf("%d merchants wanted it beside the owner, want 3", claims)
	}
}

func TestAChangeBeforeThePeakIsAnAlert(t *testing.T) {
	w := newWorld(t)
	for i, c := range []struct {
		local string
		want  bool
	}{
		{"03:59", false},
		{"04:00", true},
		{"04:59", true},
		{"05:00", false},
		{"14:59", false},
		{"15:30", true},
		{"16:10", false},
	} {
		at, err := time.Parse("2006-01-02 15:04 -0700", "2026-11-25 "+c.local+" +0700")
		must(t, err)
		w.clock = at
		s := w.stall(fmt.Sprint("A", i), fmt.Sprint("100", i))
		before := len(w.alerts("before_peak"))
		made := w.call(w.admin, "POST", "/api/v1/stalls/"+s.text("id")+"/beneficiary-changes",
			changeOrder(fmt.Sprint("200", i)), 201)
		if warned := len(w.alerts("before_peak")) > before; warned != c.want {
			t.Errorf("at %s it is an alert: %v", c.local, warned)
		}
		w.approve(made)
	}
}

func TestAnotherTenantIsNotified(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	w.call(w.person(), "POST", path+"/close", nil, 200) // closing it first hides nothing
	w.call(w.admin, "POST", path+"/reopen", nil, 200)
	w.clock = noon.Add(time.Hour)
	after := w.call(w.person(), "POST", path+"/tenancies", object{
		"merchant": w.merchant("Mới"),
		"account":  account("970415", "2222"),
	}, 201)
	w.wantAlerts("tenant_changed", 1)
	if page := string(w.fetch("/q/"+after.text("code.code"), 200)); !strings.Contains(page,
		"Sạp đổi người thuê và tài khoản nhận tiền ngày 22/11/2026.") {
		t.Errorf("the page says %s", page)
	}
	if notices := w.notices(); len(notices) != 1 || !strings.Contains(notices[0], "đã đổi người thuê") {
		t.Errorf("the former tenant got %q", notices)
	}
	list := w.call(w.admin, "GET", path+"/beneficiary-changes", nil, 200).items()
	if len(list) != 1 || list[0].text("kind") != "tenant" || list[0].text("contact") != "••••001" {
		t.Errorf("the changes are %v", list)
	}
}

// TestAdditionCanBeUndoneForADay: a merchant who gets a notice of an unknown account can have it
// stopped.
func TestAdditionCanBeUndoneForADay(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	tenant := w.key("merchant", "stall:"+s.text("id"))
	last := func() object {
		return w.call(tenant, "GET", path+"/beneficiary-changes?limit=1", nil, 200).items()[0]
	}
	w.clock = noon.Add(time.Minute)
	made := w.call(w.person(), "POST", path+"/accounts", account("970415", "2222"), 201)
	at := "/api/v1/beneficiary-changes/" + last().text("id") + "/cancel"
	if done := w.call(tenant, "POST", at, object{"reason": "không phải tôi"}, 200); done.text("state") != "cancelled" ||
		done.text("steps.1.step") != "cancelled" {
		t.Errorf("taken back it is %v", done)
	}
	w.refuse(tenant, "POST", at, object{"reason": "again"}, 409, "change_decided")
	seen := w.call(w.admin, "GET", path, nil, 200)
	if seen.at("accounts.1") != nil || seen.text("code.code") != s.text("code.code") {
		t.Errorf("the stall is %v", seen)
	}
	w.fetch("/q/"+made.text("code.code"), 410)
	w.fetch("/q/"+made.text("code.code")+".png", 410)

	w.call(w.person(), "POST", path+"/accounts", account("970415", "2222"), 201) // wanted after all
	w.clock = w.clock.Add(24 * time.Hour)
	w.refuse(tenant, "POST", "/api/v1/beneficiary-changes/"+last().text("id")+"/cancel", object{"reason": "late"}, 409,
		"change_decided")
}
