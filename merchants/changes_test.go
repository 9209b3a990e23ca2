package merchants_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/vietqr"
)

func changeOrder(number string) object {
	return object{"account": account("970415", number), "reason": "Chủ sạp đổi ngân hàng"}
}

// settleChanges lets the clock's job run.
func (w *world) settleChanges() {
	w.t.Helper()
	must(w.t, w.registry.Changes.ApplyDueChanges(w.t.Context()))
}

// wantChange checks a change's state and steps.
func (w *world) wantChange(path, id, state, steps string) object {
	w.t.Helper()
	for _, c := range w.call(w.admin, "GET", path+"/beneficiary-changes", nil, 200).items() {
		if c.text("id") != id {
			continue
		}
		var got []string
		list, _ := c["steps"].([]any)
		for _, s := range list {
			got = append(got, object(s.(map[string]any)).text("step"))
		}
		if c.text("state") != state || strings.Join(got, " ") != steps {
			w.t.Errorf("the change is %s after %v, want %s after %s", c.text("state"), got, state, steps)
		}
		return c
	}
	w.t.Fatalf("change %s is not listed", id)
	return nil
}

func TestAProvedPersonsChangeIsEffectiveAfterADay(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "111122223333")
	path := "/api/v1/stalls/" + s.text("id")
	owner, key := w.signIn("dam", "merchant", "stall:"+s.text("id"))
	c := w.call(key, "POST", path+"/beneficiary-changes", changeOrder("999988887777"), 201)
	if c.text("state") != "pending" || c.text("effective_at") != noon.Add(24*time.Hour).Format(time.RFC3339) ||
		c.text("proposed_by") != owner.String() ||
		c.text("old_account.account_number") != "••••3333" || c.text("new_account.account_number") != "••••7777" ||
		c.text("new_account.bank_bin") != "970415" ||
		c.text("needs_second_person") != "false" || c.text("contact") != "••••001" {
		t.Errorf("the proposal is %v", c)
	}
	w.refuse(key, "POST", path+"/beneficiary-changes", changeOrder("5555"), 409, "change_under_way")
	page := string(w.fetch("/q/"+s.text("code.code"), 200))
	if !strings.Contains(page, "Chủ sạp đã yêu cầu đổi tài khoản nhận tiền, hiệu lực lúc 12:00 23/11/2026.") ||
		strings.Contains(page, "7777") {
		t.Errorf("the page says %s", page)
	}

	w.clock = noon.Add(24*time.Hour - time.Second)
	w.settleChanges()
	if seen := w.call(w.admin, "GET", path, nil, 200); seen.text("accounts.0.account_number") != "111122223333" ||
		seen.text("code.code") != s.text("code.code") {
		t.Errorf("before its time the stall is %v", seen)
	}
	w.clock = noon.Add(24 * time.Hour)
	w.refuse(w.admin, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", object{"reason": "too late"}, 409,
		"change_decided")
	w.settleChanges()
	w.settleChanges()
	w.wantChange(path, c.text("id"), "effective", "proposed effective")
	seen := w.call(w.admin, "GET", path, nil, 200)
	if seen.text("accounts.0.account_number") != "999988887777" || seen.at("accounts.1") != nil ||
		seen.text("code.code") == s.text("code.code") {
		t.Errorf("the stall is %v", seen)
	}
	if read, err := vietqr.Decode(seen.text("code.payload")); err != nil || read.Account != "999988887777" {
		t.Errorf("the new payload pays %v, %v", read.Account, err)
	}
	old := string(w.fetch("/q/"+s.text("code.code"), 200))
	if !strings.Contains(old, "Sạp đã đổi tài khoản nhận tiền") || !strings.Contains(old, `href="/q/`+
		seen.text("code.code")) || strings.Contains(old, "<img") {
		t.Errorf("the old sticker's page says %s", old)
	}
	page = string(w.fetch("/q/"+seen.text("code.code"), 200))
	if !strings.Contains(page, "Tài khoản nhận tiền đổi ngày 23/11/2026, từ ••••3333 sang ••••7777.") ||
		strings.Contains(page, "99998888") || len(page) > 15<<10 {
		t.Errorf("the new page says %s", page)
	}
	w.clock = noon.Add(32 * 24 * time.Hour)
	if page = string(w.fetch("/q/"+seen.text("code.code"), 200)); strings.Contains(page, "đổi ngày") {
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
	w.t.Helper()
	var texts []string
	must(w.t, w.db.Pool.QueryRow(w.t.Context(),
		`SELECT coalesce(array_agg(text ORDER BY id), '{}') FROM messages`).Scan(&texts))
	return texts
}

func TestAnOldProofProposesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	_, key := w.signIn("quan", "manager", "market:CHODAM")
	w.clock = noon.Add(5*time.Minute + time.Second)
	w.refuse(key, "POST", path+"/beneficiary-changes", changeOrder("2222"), 403, "prove_again")
	w.refuse(key, "POST", path+"/accounts", account("970415", "2222"), 403, "prove_again")
	w.refuse(key, "POST", path+"/tenancies", object{"merchant": w.merchant("Mới"), "account": account("970415",
		"2222")}, 403, "prove_again")
	c := w.call(w.admin, "POST", path+"/beneficiary-changes", changeOrder("2222"), 201)
	w.refuse(key, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/approve", nil, 403, "prove_again")
	w.call(key, "POST", "/api/v1/beneficiary-changes/"+c.text("id")+"/cancel", object{"reason": "nghi ngờ"}, 200)
	vacant := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls",
		object{"number": "N", "merchant": w.merchant("An")}, 201)
	w.call(key, "POST", "/api/v1/stalls/"+vacant.text("id")+"/accounts", account("970415", "3333"), 201)
	if len(w.alerts("")) != 0 {
		t.Errorf("a first account is an alert: %v", w.alerts(""))
	}
}

func TestProgramChangeNeedsSecondPerson(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	path := "/api/v1/stalls/" + s.text("id")
	anh, anhSession := w.signIn("anh", "admin", "")
	key := w.key("admin", "")
	w.own(key, anh)
	c := w.call(key, "POST", path+"/beneficiary-changes", changeOrder("2222"), 201)
	approve := "/api/v1/beneficiary-changes/" + c.text("id") + "/approve"
	if c.text("needs_second_person") != "true" || c.at("effective_at") != nil ||
		c.text("lapses_at") != noon.Add(7*24*time.Hour).Format(time.RFC3339) {
		t.Errorf("a program's proposal is %v", c)
	}
	w.refuse(key, "POST", approve, nil, 409, "second_person_needed")
	w.refuse(anhSession, "POST", approve, nil, 409, "second_person_needed") // the key is hers
	other := w.key("admin", "")
	w.own(other, anh)
	w.refuse(other, "POST", approve, nil, 409, "second_person_needed")
	// a program is no person
	w.refuse(w.key("manager", "market:CHODAM"), "POST", approve, nil, 409, "second_person_needed")
	w.clock = noon.Add(48 * time.Hour)
	w.settleChanges()
	w.wantChange(path, c.text("id"), "pending", "proposed")
	_, tenant := w.signIn("dam", "merchant", "stall:"+s.text("id"))
	if done := w.approve(c); done.text("state") != "effective" {
		t.Errorf("approved it is %v", done)
	}
	w.wantChange(path, c.text("id"), "effective", "proposed approved effective")
	w.refuse(w.person(), "POST", approve, nil, 409, "change_decided")

	mine := w.key("merchant", "stall:"+s.text("id")) // the tenant's key and the tenant are one person
	own := w.call(tenant, "POST", path+"/beneficiary-changes", changeOrder("4444"), 201)
	w.refuse(mine, "POST", "/api/v1/beneficiary-changes/"+own.text("id")+"/approve", nil, 409, "second_person_needed")
	w.call(mine, "POST", "/api/v1/beneficiary-changes/"+own.text("id")+"/cancel", object{"reason": "nhầm số"}, 200)

	lapsing := w.call(key, "POST", path+"/beneficiary-changes", changeOrder("3333"), 201)
	w.clock = w.clock.Add(7 * 24 * time.Hour)
	w.refuse(w.person(), "POST", "/api/v1/beneficiary-changes/"+lapsing.text("id")+"/approve", nil, 409,
		"change_lapsed")
	w.settleChanges()
	if c := w.wantChange(path, lapsing.text("id"), "refused", "proposed refused"); c.text("why") != "change_lapsed" {
		t.Errorf("it was refused for %q", c.text("why"))
	}
}

// own makes a key a user's own.
func (w *world) own(key string, user uuid.UUID) {
	w.t.Helper()
	who, err := w.keys.Find(w.t.Context(), key)
	must(w.t, err)
	_, err = w.db.Pool.Exec(w.t.Context(), `UPDATE api_keys SET owner_id = $2 WHERE id = $1`, who.ActorID, user)
	must(w.t, err)
}

func TestAChangeThatCanNoMoreBeIsRefused(t *testing.T) {
	w := newWorld(t)
	for i, spoil := range []func(stall string){
		func(string) { w.stall("TAKEN", "7770") },
		func(stall string) { w.call(w.person(), "POST", "/api/v1/stalls/"+stall+"/close", nil, 200) },
		func(stall string) {
			w.call(w.person(), "POST", "/api/v1/stalls/"+stall+"/tenancies", object{"merchant": w.merchant("Mới")}, 201)
		},
		func(stall string) {
			w.call(w.person(), "POST", "/api/v1/stalls/"+stall+"/accounts", account("970436", "7773"), 201)
		},
	} {
		s := w.stall(fmt.Sprint("A", i), fmt.Sprint("100", i))
		path := "/api/v1/stalls/" + s.text("id")
		_, key := w.signIn(fmt.Sprint("quan", i), "manager", "market:CHODAM")
		c := w.call(key, "POST", path+"/beneficiary-changes", object{
			"account": account("970436", fmt.Sprint("777", i)),
			"reason":  "đổi",
		}, 201)
		spoil(s.text("id"))
		w.clock = w.clock.Add(24 * time.Hour)
		w.settleChanges()
		want := []string{"account_in_use", "tenancy_ended", "tenancy_ended", "account_stands"}[i]
		if c := w.wantChange(path, c.text("id"), "refused", "proposed refused"); c.text("why") != want {
			t.Errorf("it was refused for %q, want %q", c.text("why"), want)
		}
	}
}

func TestProposingIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.stall("A1", "1111")
	w.stall("A2", "2222")
	bare := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls",
		object{"number": "N", "merchant": w.merchant("An")}, 201)
	vacant := w.call(w.admin, "POST", "/api/v1/markets/"+w.market+"/stalls", object{"number": "V"}, 201)
	former := w.key("merchant", "stall:"+s.text("id"))
	path := "/api/v1/stalls/" + s.text("id") + "/beneficiary-changes"
	for _, c := range []struct {
		path   string
		body   object
		status int
		code   string
	}{
		{path, object{"account": account("970436", "11 11"), "reason": "same"}, 409, "account_stands"},
		{path, object{"account": account("970436", "2222"), "reason": "another's"}, 409, "account_in_use"},
		{path, object{"account": account("970499", "3333"), "reason": "no bank"}, 422, "unknown_bank"},
		{path, object{"account": account("970436", "3333"), "reason": "x"}, 422, "too_short"},
		{
			path,
			object{"account": account("970436", "3333"), "reason": "which", "account_id": uuid.NewString()},
			404,
			"not_found",
		},
		{"/api/v1/stalls/" + bare.text("id") + "/beneficiary-changes", changeOrder("3333"), 409, "no_account"},
		{"/api/v1/stalls/" + vacant.text("id") + "/beneficiary-changes", changeOrder("3333"), 409, "stall_vacant"},
	} {
		if o := w.call(w.admin, "POST", c.path, c.body, c.status); c.code != "too_short" && o.text("code") != c.code {
			t.Errorf("%v was refused as %q, want %q", c.body, o.text("code"), c.code)
		}
	}
	w.call(w.person(), "POST", "/api/v1/stalls/"+s.text("id")+"/tenancies", object{
		"merchant": w.merchant("Mới"),
		"account":  account("970436", "4444"),
	}, 201)
	w.refuse(former, "POST", path, changeOrder("3333"), 403, "not_allowed")
}

func TestChangesAreReadAndDecidedInScope(t *testing.T) {
	w := newWorld(t)
	s, neighbour := w.stall("A1", "1111"), w.stall("A2", "2222")
	w.newMarket("XOMMOI", "22402")
	path := "/api/v1/stalls/" + s.text("id")
	c := w.call(w.admin, "POST", path+"/beneficiary-changes", changeOrder("3333"), 201)
	at := "/api/v1/beneficiary-changes/" + c.text("id")
	for _, key := range []string{w.key("manager", "market:XOMMOI"), w.key("merchant", "stall:"+neighbour.text("id"))} {
		w.refuse(key, "POST", path+"/beneficiary-changes", changeOrder("5"), 404, "not_found")
		w.refuse(key, "GET", path+"/beneficiary-changes", nil, 404, "not_found")
		w.refuse(key, "POST", at+"/approve", nil, 404, "not_found")
		w.refuse(key, "POST", at+"/cancel", object{"reason": "none"}, 404, "not_found")
	}
	w.refuse(w.key("manager", "market:XOMMOI"), "GET", "/api/v1/markets/"+w.market+"/beneficiary-changes", nil, 404,
		"not_found")
	if list := w.call(w.key("merchant", "stall:"+neighbour.text("id")), "GET", "/api/v1/markets/"+w.market+
		"/beneficiary-changes", nil, 200).items(); len(list) != 0 {
		t.Errorf("a neighbour reads %v", list)
	}
	for role, may := range map[string]bool{
		"province_officer": true, "auditor": true, "team": false,
		"integration": false,
	} {
		key := w.key(role, "")
		w.refuse(key, "POST", at+"/approve", nil, 403, "not_allowed")
		w.refuse(key, "POST", at+"/cancel", object{"reason": "none"}, 403, "not_allowed")
		if may {
			if list := w.call(key, "GET", "/api/v1/markets/"+w.market+"/beneficiary-changes", nil, 200).items(); len(
				list) != 1 {
				t.Errorf("%s reads %v", role, list)
			}
		} else {
			w.refuse(key, "GET", path+"/beneficiary-changes", nil, 403, "not_allowed")
		}
	}
	w.refuse("", "POST", at+"/approve", nil, 401, "sign_in")
	tenant := w.key("merchant", "stall:"+s.text("id"))
	if done := w.call(tenant, "POST", at+"/cancel", object{"reason": "không phải tôi"}, 200); done.text(
		"state") != "cancelled" || done.text("steps.1.reason") != "không phải tôi" {
		t.Errorf("cancelled it is %v", done)
	}
	w.clock = noon.Add(91 * 24 * time.Hour)
	if list := w.call(w.admin, "GET", "/api/v1/markets/"+w.market+"/beneficiary-changes", nil, 200).items(); len(
		list) != 0 {
		t.Errorf("the market's list still shows it after 90 days: %v", list)
	}
}
