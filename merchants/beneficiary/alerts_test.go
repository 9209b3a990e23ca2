package beneficiary_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/merchants/registertest"
)

func TestManyAccountsOfAStallAreAnAlert(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1000")
	path := "/api/v1/stalls/" + s.Text("id") + "/accounts"
	for i := 1; i < 5; i++ {
		w.Call(w.SignInAdmin(), "POST", path, registertest.Account("970436", fmt.Sprint("100", i)), 201)
	}
	w.WantAlerts("many_accounts", 0)
	w.WantAlerts("account_added", 4)
	w.Call(w.SignInAdmin(), "POST", path, registertest.Account("970436", "1005"), 201)
	w.Call(w.SignInAdmin(), "POST", path, registertest.Account("970436", "1006"), 201)
	open := w.WantAlerts("many_accounts", 1) // the open alert covers the seventh too
	manager := w.Key("manager", "market:CHODAM")
	at := "/api/v1/alerts/" + open[0].Text("id") + "/close"
	w.Refuse(w.Key("auditor", ""), "POST", at, object{"reason": "seen"}, 403, "not_allowed")
	w.RegisterMarket(w.Admin, "XOMMOI", "22402")
	w.Refuse(w.Key("manager", "market:XOMMOI"), "POST", at, object{"reason": "seen"}, 404, "not_found")
	w.Refuse(w.Key("team", ""), "GET", "/api/v1/alerts", nil, 403, "not_allowed")
	if list := w.Call(w.Key("manager", "market:XOMMOI"), "GET", "/api/v1/alerts", nil, 200).Items(); len(list) != 0 {
		t.Errorf("another market's manager reads %v", list)
	}
	// it may have caused what it would hide
	for _, program := range []string{manager, w.Admin, w.AdmitAdmin(w.Admin, "puppet")} {
		w.Refuse(program, "POST", at, object{"reason": "seen"}, 409, "person_closes")
	}
	w.WantAlerts("many_accounts", 1)
	_, manager = w.SignIn("quanly", "manager", "market:CHODAM")
	closed := w.Call(manager, "POST", at, object{"reason": "bảy ngân hàng, đã gặp"}, 200)
	if closed.Text("state") != "closed" || closed.Text("reason") != "bảy ngân hàng, đã gặp" ||
		closed.Text("closed_by") == "" {
		t.Errorf("closed it is %v", closed)
	}
	w.Refuse(manager, "POST", at, object{"reason": "again"}, 409, "alert_closed")
	w.Call(w.SignInAdmin(), "POST", path, registertest.Account("970436", "1007"), 201)
	w.WantAlerts("many_accounts", 1)
	page := string(w.Fetch("", "/q/"+s.Text("code.code"), 200))
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
	w.Stall("A1", "666677778888")
	path := "/api/v1/markets/" + w.Market + "/stalls"
	order := w.StallOrder("A2", "666677778888")
	w.Refuse(w.Admin, "POST", path, order, 409, "account_in_use")
	w.Refuse(w.Admin, "POST", path, order.With("number", "A3"), 409, "account_in_use") // the same merchant again
	w.WantAlerts("shared_account", 0)
	third := w.Stall("A4", "5")
	w.Refuse(w.Admin, "POST", "/api/v1/stalls/"+third.Text("id")+"/beneficiary-changes",
		object{"account": registertest.Account("970436", "6666 7777 8888"), "reason": "đổi"}, 409, "account_in_use")
	found := w.WantAlerts("shared_account", 1)
	if !strings.Contains(found[0].Text("detail"), "••••8888") || strings.Contains(found[0].Text("detail"), "77778888") {
		t.Errorf("the alert says %q", found[0].Text("detail"))
	}
	w.UploadList(
		w.Admin,
		"",
		"list.csv",
		"Số sạp,Họ tên,Điện thoại,Ngân hàng,Số tài khoản,Chủ tài khoản\nB1,Lê Tư,0987654321,970436,666677778888,Lê Tư\n",
		422,
	)
	w.WantAlerts("shared_account", 1)
	var claims int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(DISTINCT party) FROM account_claims`).Scan(&claims))
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
		w.Clock = at
		s := w.Stall(fmt.Sprint("A", i), fmt.Sprint("100", i))
		before := len(w.Alerts("before_peak"))
		made := w.Call(w.Admin, "POST", "/api/v1/stalls/"+s.Text("id")+"/beneficiary-changes",
			changeOrder(fmt.Sprint("200", i)), 201)
		if warned := len(w.Alerts("before_peak")) > before; warned != c.want {
			t.Errorf("at %s it is an alert: %v", c.local, warned)
		}
		w.Approve(made)
	}
}

func TestAnotherTenantIsNotified(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200) // closing it first hides nothing
	w.Call(w.Admin, "POST", path+"/reopen", nil, 200)
	w.Clock = registertest.Noon.Add(time.Hour)
	after := w.Call(w.SignInAdmin(), "POST", path+"/tenancies", object{
		"merchant": w.Merchant("Mới"),
		"account":  registertest.Account("970415", "2222"),
	}, 201)
	w.WantAlerts("tenant_changed", 1)
	if page := string(w.Fetch("", "/q/"+after.Text("code.code"), 200)); !strings.Contains(page,
		"Sạp đổi người thuê và tài khoản nhận tiền ngày 22/11/2026.") {
		t.Errorf("the page says %s", page)
	}
	if notices := w.notices(); len(notices) != 1 || !strings.Contains(notices[0], "đã đổi người thuê") {
		t.Errorf("the former tenant got %q", notices)
	}
	list := w.Call(w.Admin, "GET", path+"/beneficiary-changes", nil, 200).Items()
	if len(list) != 1 || list[0].Text("kind") != "tenant" || list[0].Text("contact") != "••••001" {
		t.Errorf("the changes are %v", list)
	}
}

// TestAdditionCanBeUndoneForADay: a merchant who gets a notice of an unknown account can have it
// stopped.
func TestAdditionCanBeUndoneForADay(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	tenant := w.Key("merchant", "stall:"+s.Text("id"))
	last := func() object {
		return w.Call(tenant, "GET", path+"/beneficiary-changes?limit=1", nil, 200).Items()[0]
	}
	w.Clock = registertest.Noon.Add(time.Minute)
	made := w.Call(w.SignInAdmin(), "POST", path+"/accounts", registertest.Account("970415", "2222"), 201)
	at := "/api/v1/beneficiary-changes/" + last().Text("id") + "/cancel"
	if done := w.Call(tenant, "POST", at, object{"reason": "không phải tôi"}, 200); done.Text("state") != "cancelled" ||
		done.Text("steps.1.step") != "cancelled" {
		t.Errorf("taken back it is %v", done)
	}
	w.Refuse(tenant, "POST", at, object{"reason": "again"}, 409, "change_decided")
	seen := w.Call(w.Admin, "GET", path, nil, 200)
	if seen.At("accounts.1") != nil || seen.Text("code.code") != s.Text("code.code") {
		t.Errorf("the stall is %v", seen)
	}
	w.Fetch("", "/q/"+made.Text("code.code"), 410)
	w.Fetch("", "/q/"+made.Text("code.code")+".png", 410)

	w.Call(w.SignInAdmin(), "POST", path+"/accounts", registertest.Account("970415", "2222"), 201) // wanted after all
	w.Clock = w.Clock.Add(24 * time.Hour)
	w.Refuse(tenant, "POST", "/api/v1/beneficiary-changes/"+last().Text("id")+"/cancel", object{"reason": "late"}, 409,
		"change_decided")
}
