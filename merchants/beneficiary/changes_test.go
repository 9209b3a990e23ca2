package beneficiary_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/registertest"
	"market40/merchants/vietqr"
)

func changeOrder(number string) object {
	return object{"account": registertest.Account("970415", number), "reason": "Chủ sạp đổi ngân hàng"}
}

// settleChanges lets the clock's job run.
func (w *world) settleChanges() {
	w.T.Helper()
	must(w.T, w.Registry.Changes.ApplyDueChanges(w.T.Context()))
}

// wantChange checks a change's state and steps.
func (w *world) wantChange(path, id, state, steps string) object {
	w.T.Helper()
	for _, c := range w.Call(w.Admin, "GET", path+"/beneficiary-changes", nil, 200).Items() {
		if c.Text("id") != id {
			continue
		}
		var got []string
		list, _ := c["steps"].([]any)
		for _, s := range list {
			got = append(got, object(s.(map[string]any)).Text("step"))
		}
		if c.Text("state") != state || strings.Join(got, " ") != steps {
			w.T.Errorf("the change is %s after %v, want %s after %s", c.Text("state"), got, state, steps)
		}
		return c
	}
	w.T.Fatalf("change %s is not listed", id)
	return nil
}

func TestAProvedPersonsChangeIsEffectiveAfterADay(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "111122223333")
	path := "/api/v1/stalls/" + s.Text("id")
	owner, key := w.SignIn("dam", "merchant", "stall:"+s.Text("id"))
	c := w.Call(key, "POST", path+"/beneficiary-changes", changeOrder("999988887777"), 201)
	if c.Text("state") != "pending" ||
		c.Text("effective_at") != registertest.Noon.Add(24*time.Hour).Format(time.RFC3339) ||
		c.Text("proposed_by") != owner.String() ||
		c.Text("old_account.account_number") != "••••3333" ||
		c.Text("new_account.account_number") != "••••7777" ||
		c.Text("new_account.bank_bin") != "970415" ||
		c.Text("needs_second_person") != "false" ||
		c.Text("contact") != "••••001" {
		t.Errorf("the proposal is %v", c)
	}
	w.Refuse(key, "POST", path+"/beneficiary-changes", changeOrder("5555"), 409, "change_under_way")
	page := string(w.Fetch("", "/q/"+s.Text("code.code"), 200))
	if !strings.Contains(page, "Chủ sạp đã yêu cầu đổi tài khoản nhận tiền, hiệu lực lúc 12:00 23/11/2026.") ||
		strings.Contains(page, "7777") {
		t.Errorf("the page says %s", page)
	}

	w.Clock = registertest.Noon.Add(24*time.Hour - time.Second)
	w.settleChanges()
	if seen := w.Call(w.Admin, "GET", path, nil, 200); seen.Text("accounts.0.account_number") != "111122223333" ||
		seen.Text("code.code") != s.Text("code.code") {
		t.Errorf("before its time the stall is %v", seen)
	}
	w.Clock = registertest.Noon.Add(24 * time.Hour)
	w.Refuse(w.Admin, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", object{"reason": "too late"}, 409,
		"change_decided")
	w.settleChanges()
	w.settleChanges()
	w.wantChange(path, c.Text("id"), "effective", "proposed effective")
	seen := w.Call(w.Admin, "GET", path, nil, 200)
	if seen.Text("accounts.0.account_number") != "999988887777" || seen.At("accounts.1") != nil ||
		seen.Text("code.code") == s.Text("code.code") {
		t.Errorf("the stall is %v", seen)
	}
	if read, err := vietqr.Decode(seen.Text("code.payload")); err != nil || read.Account != "999988887777" {
		t.Errorf("the new payload pays %v, %v", read.Account, err)
	}
	old := string(w.Fetch("", "/q/"+s.Text("code.code"), 200))
	if !strings.Contains(old, "Sạp đã đổi tài khoản nhận tiền") || !strings.Contains(old, `href="/q/`+
		seen.Text("code.code")) || strings.Contains(old, "<img") {
		t.Errorf("the old sticker's page says %s", old)
	}
	page = string(w.Fetch("", "/q/"+seen.Text("code.code"), 200))
	if !strings.Contains(page, "Tài khoản nhận tiền đổi ngày 23/11/2026, từ ••••3333 sang ••••7777.") ||
		strings.Contains(page, "99998888") || len(page) > 15<<10 {
		t.Errorf("the new page says %s", page)
	}
	w.Clock = registertest.Noon.Add(32 * 24 * time.Hour)
	if page = string(w.Fetch("", "/q/"+seen.Text("code.code"), 200)); strings.Contains(page, "đổi ngày") {
		t.Error("the page still shows it after 30 days")
	}
	notices := w.notices()
	if len(notices) != 2 || !strings.Contains(notices[0], "hiệu lực lúc 12:00 23/11/2026") ||
		!strings.Contains(notices[1], "đã đổi sang VietinBank ••••7777") {
		t.Errorf("the old contact got %q", notices)
	}
}

// notices returns the messages that wait, in order.
func (w *world) notices() []string {
	w.T.Helper()
	var texts []string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(),
		`SELECT coalesce(array_agg(text ORDER BY id), '{}') FROM messages`).Scan(&texts))
	return texts
}

func TestAnOldProofProposesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	_, key := w.SignIn("quan", "manager", "market:CHODAM")
	w.Clock = registertest.Noon.Add(5*time.Minute + time.Second)
	w.Refuse(key, "POST", path+"/beneficiary-changes", changeOrder("2222"), 403, "prove_again")
	w.Refuse(key, "POST", path+"/accounts", registertest.Account("970415", "2222"), 403, "prove_again")
	w.Refuse(
		key,
		"POST",
		path+"/tenancies",
		object{"merchant": w.Merchant("Mới"), "account": registertest.Account("970415",
			"2222")},
		403,
		"prove_again",
	)
	c := w.Call(w.Admin, "POST", path+"/beneficiary-changes", changeOrder("2222"), 201)
	w.Refuse(key, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 403, "prove_again")
	w.Call(key, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", object{"reason": "nghi ngờ"}, 200)
	vacant := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls",
		object{"number": "N", "merchant": w.Merchant("An")}, 201)
	w.Call(key, "POST", "/api/v1/stalls/"+vacant.Text("id")+"/accounts", registertest.Account("970415", "3333"), 201)
	if len(w.Alerts("")) != 0 {
		t.Errorf("a first account is an alert: %v", w.Alerts(""))
	}
}

func TestProgramChangeNeedsSecondPerson(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id")
	anh, anhSession := w.SignIn("anh", "admin", "")
	key := w.Key("admin", "")
	w.own(key, anh)
	c := w.Call(key, "POST", path+"/beneficiary-changes", changeOrder("2222"), 201)
	approve := "/api/v1/beneficiary-changes/" + c.Text("id") + "/approve"
	if c.Text("needs_second_person") != "true" || c.At("effective_at") != nil ||
		c.Text("lapses_at") != registertest.Noon.Add(7*24*time.Hour).Format(time.RFC3339) {
		t.Errorf("a program's proposal is %v", c)
	}
	w.Refuse(key, "POST", approve, nil, 409, "second_person_needed")
	w.Refuse(anhSession, "POST", approve, nil, 409, "second_person_needed") // the key is hers
	other := w.Key("admin", "")
	w.own(other, anh)
	w.Refuse(other, "POST", approve, nil, 409, "second_person_needed")
	// a program is no person
	w.Refuse(w.Key("manager", "market:CHODAM"), "POST", approve, nil, 409, "second_person_needed")
	w.Clock = registertest.Noon.Add(48 * time.Hour)
	w.settleChanges()
	w.wantChange(path, c.Text("id"), "pending", "proposed")
	_, tenant := w.SignIn("dam", "merchant", "stall:"+s.Text("id"))
	if done := w.Approve(c); done.Text("state") != "effective" {
		t.Errorf("approved it is %v", done)
	}
	w.wantChange(path, c.Text("id"), "effective", "proposed approved effective")
	w.Refuse(w.SignInAdmin(), "POST", approve, nil, 409, "change_decided")

	mine := w.Key("merchant", "stall:"+s.Text("id")) // the tenant's key and the tenant are one person
	own := w.Call(tenant, "POST", path+"/beneficiary-changes", changeOrder("4444"), 201)
	w.Refuse(mine, "POST", "/api/v1/beneficiary-changes/"+own.Text("id")+"/approve", nil, 409, "second_person_needed")
	w.Call(mine, "POST", "/api/v1/beneficiary-changes/"+own.Text("id")+"/cancel", object{"reason": "nhầm số"}, 200)

	lapsing := w.Call(key, "POST", path+"/beneficiary-changes", changeOrder("3333"), 201)
	w.Clock = w.Clock.Add(7 * 24 * time.Hour)
	w.Refuse(w.SignInAdmin(), "POST", "/api/v1/beneficiary-changes/"+lapsing.Text("id")+"/approve", nil, 409,
		"change_lapsed")
	w.settleChanges()
	if c := w.wantChange(path, lapsing.Text("id"), "refused", "proposed refused"); c.Text("why") != "change_lapsed" {
		t.Errorf("it was refused for %q", c.Text("why"))
	}
}

// own makes a key a user's own.
func (w *world) own(key string, user uuid.UUID) {
	w.T.Helper()
	who, err := w.APIKeys.Find(w.T.Context(), key)
	must(w.T, err)
	_, err = w.DB.Pool.Exec(w.T.Context(), `UPDATE api_keys SET owner_id = $2 WHERE id = $1`, who.ActorID, user)
	must(w.T, err)
}

func TestAChangeThatCanNoMoreBeIsRefused(t *testing.T) {
	w := newWorld(t)
	for i, spoil := range []func(stall string){
		func(string) { w.Stall("TAKEN", "7770") },
		func(stall string) { w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/close", nil, 200) },
		func(stall string) {
			w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{"merchant": w.Merchant("Mới")}, 201)
		},
		func(stall string) {
			w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+stall+"/accounts", registertest.Account("970436", "7773"), 201)
		},
	} {
		s := w.Stall(fmt.Sprint("A", i), fmt.Sprint("100", i))
		path := "/api/v1/stalls/" + s.Text("id")
		_, key := w.SignIn(fmt.Sprint("quan", i), "manager", "market:CHODAM")
		c := w.Call(key, "POST", path+"/beneficiary-changes", object{
			"account": registertest.Account("970436", fmt.Sprint("777", i)),
			"reason":  "đổi",
		}, 201)
		spoil(s.Text("id"))
		w.Clock = w.Clock.Add(24 * time.Hour)
		w.settleChanges()
		want := []string{"account_in_use", "tenancy_ended", "tenancy_ended", "account_stands"}[i]
		if c := w.wantChange(path, c.Text("id"), "refused", "proposed refused"); c.Text("why") != want {
			t.Errorf("it was refused for %q, want %q", c.Text("why"), want)
		}
	}
}

func TestProposingIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	w.Stall("A2", "2222")
	bare := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls",
		object{"number": "N", "merchant": w.Merchant("An")}, 201)
	vacant := w.Call(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls", object{"number": "V"}, 201)
	former := w.Key("merchant", "stall:"+s.Text("id"))
	path := "/api/v1/stalls/" + s.Text("id") + "/beneficiary-changes"
	for _, c := range []struct {
		path   string
		body   object
		status int
		code   string
	}{
		{path, object{"account": registertest.Account("970436", "11 11"), "reason": "same"}, 409, "account_stands"},
		{path, object{"account": registertest.Account("970436", "2222"), "reason": "another's"}, 409, "account_in_use"},
		{path, object{"account": registertest.Account("970499", "3333"), "reason": "no bank"}, 422, "unknown_bank"},
		{path, object{"account": registertest.Account("970436", "3333"), "reason": "x"}, 422, "too_short"},
		{
			path,
			object{"account": registertest.Account("970436", "3333"), "reason": "which", "account_id": uuid.NewString()},
			404,
			"not_found",
		},
		{"/api/v1/stalls/" + bare.Text("id") + "/beneficiary-changes", changeOrder("3333"), 409, "no_account"},
		{"/api/v1/stalls/" + vacant.Text("id") + "/beneficiary-changes", changeOrder("3333"), 409, "stall_vacant"},
	} {
		if o := w.Call(w.Admin, "POST", c.path, c.body, c.status); c.code != "too_short" && o.Text("code") != c.code {
			t.Errorf("%v was refused as %q, want %q", c.body, o.Text("code"), c.code)
		}
	}
	w.Call(w.SignInAdmin(), "POST", "/api/v1/stalls/"+s.Text("id")+"/tenancies", object{
		"merchant": w.Merchant("Mới"),
		"account":  registertest.Account("970436", "4444"),
	}, 201)
	w.Refuse(former, "POST", path, changeOrder("3333"), 403, "not_allowed")
}

func TestChangesAreReadAndDecidedInScope(t *testing.T) {
	w := newWorld(t)
	s, neighbour := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	w.RegisterMarket(w.Admin, "XOMMOI", "22402")
	path := "/api/v1/stalls/" + s.Text("id")
	c := w.Call(w.Admin, "POST", path+"/beneficiary-changes", changeOrder("3333"), 201)
	at := "/api/v1/beneficiary-changes/" + c.Text("id")
	for _, key := range []string{w.Key("manager", "market:XOMMOI"), w.Key("merchant", "stall:"+neighbour.Text("id"))} {
		w.Refuse(key, "POST", path+"/beneficiary-changes", changeOrder("5"), 404, "not_found")
		w.Refuse(key, "GET", path+"/beneficiary-changes", nil, 404, "not_found")
		w.Refuse(key, "POST", at+"/approve", nil, 404, "not_found")
		w.Refuse(key, "POST", at+"/cancel", object{"reason": "none"}, 404, "not_found")
	}
	w.Refuse(w.Key("manager", "market:XOMMOI"), "GET", "/api/v1/markets/"+w.Market+"/beneficiary-changes", nil, 404,
		"not_found")
	if list := w.Call(w.Key("merchant", "stall:"+neighbour.Text("id")), "GET", "/api/v1/markets/"+w.Market+
		"/beneficiary-changes", nil, 200).Items(); len(list) != 0 {
		t.Errorf("a neighbour reads %v", list)
	}
	for role, may := range map[roles.Role]bool{
		"province_officer": true, "auditor": true, "team": false,
		"integration": false,
	} {
		key := w.Key(role, "")
		w.Refuse(key, "POST", at+"/approve", nil, 403, "not_allowed")
		w.Refuse(key, "POST", at+"/cancel", object{"reason": "none"}, 403, "not_allowed")
		if may {
			if list := w.Call(key, "GET", "/api/v1/markets/"+w.Market+"/beneficiary-changes", nil, 200).Items(); len(
				list) != 1 {
				t.Errorf("%s reads %v", role, list)
			}
		} else {
			w.Refuse(key, "GET", path+"/beneficiary-changes", nil, 403, "not_allowed")
		}
	}
	w.Refuse("", "POST", at+"/approve", nil, 401, "sign_in")
	tenant := w.Key("merchant", "stall:"+s.Text("id"))
	if done := w.Call(tenant, "POST", at+"/cancel", object{"reason": "không phải tôi"}, 200); done.Text(
		"state") != "cancelled" || done.Text("steps.1.reason") != "không phải tôi" {
		t.Errorf("cancelled it is %v", done)
	}
	w.Clock = registertest.Noon.Add(91 * 24 * time.Hour)
	if list := w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/beneficiary-changes", nil, 200).Items(); len(
		list) != 0 {
		t.Errorf("the market's list still shows it after 90 days: %v", list)
	}
}
