package beneficiary_test

import (
	"fmt"
	"testing"
	"time"

	"market40/merchants/registertest"
)

// raises has a caller make an admin of a user who was an auditor, and who signs in anew.
func (w *world) raises(caller, login string) string {
	w.T.Helper()
	made := w.Call(w.SignInAdmin(), "POST", "/api/v1/users", object{
		"login": login, "full_name": login, "role": "auditor",
		"scopes": []any{object{"scope": "all"}},
	}, 201)
	w.Call(caller, "PATCH", "/api/v1/users/"+made.Text("id"), object{
		"role":   "admin",
		"scopes": []any{object{"scope": "all"}},
	}, 200)
	return w.Enter(login, made)
}

// renews has a caller give an admin another password, and signs in with it.
func (w *world) renews(caller, login string) string {
	w.T.Helper()
	id, _ := w.SignIn(login, "admin", "")
	return w.RenewUser(caller, id.String(), login)
}

// TestProgramMadeUserIsNoSecondPerson: by none of the ways in that a key can make does it approve
// what it proposed, and whoever came in by one proposes as a program does.
func TestProgramMadeUserIsNoSecondPerson(t *testing.T) {
	w := newWorld(t)
	ways := map[string]func(caller, login string) string{
		"made":    w.AdmitAdmin,
		"raised":  w.raises,
		"renewed": w.renews,
		"chained": func(caller, login string) string { return w.AdmitAdmin(w.AdmitAdmin(caller, login+"1"), login) },
	}
	for name, way := range ways {
		w.Clock = w.Clock.Add(time.Minute)
		s := w.Stall(name, fmt.Sprint("10", len(name), w.Phones))
		path := "/api/v1/stalls/" + s.Text("id")
		proposed := w.Call(
			w.Admin,
			"POST",
			path+"/accounts",
			registertest.Account("970415", fmt.Sprint("99", w.Phones)),
			202,
		)
		puppet := way(w.Admin, name)
		w.Refuse(puppet, "POST", "/api/v1/beneficiary-changes/"+proposed.Text("id")+"/approve", nil, 409,
			"second_person_needed")
		w.Call(puppet, "POST", "/api/v1/beneficiary-changes/"+proposed.Text("id")+"/cancel", nil, 200)
		w.Call(puppet, "POST", path+"/accounts", registertest.Account("970415", fmt.Sprint("98", w.Phones)), 202)
		w.Refuse(puppet, "POST", path+"/tenancies", object{"merchant": w.Merchant("Mới")}, 409, "change_under_way")
		person := way(w.SignInAdmin(), name+".person")
		left := w.Call(w.Admin, "GET", path+"/beneficiary-changes", nil, 200).Items()[0]
		w.Call(person, "POST", "/api/v1/beneficiary-changes/"+left.Text("id")+"/approve", nil, 200)
	}
}

// TestAPersonVouchesByARenewal: who was let in by a program is a person's again when a person gives
// the password.
func TestAPersonVouchesByARenewal(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	proposed := w.Call(
		w.Admin,
		"POST",
		"/api/v1/stalls/"+s.Text("id")+"/accounts",
		registertest.Account("970415", "2222"),
		202,
	)
	puppet := w.AdmitAdmin(w.Admin, "lan")
	approve := "/api/v1/beneficiary-changes/" + proposed.Text("id") + "/approve"
	w.Refuse(puppet, "POST", approve, nil, 409, "second_person_needed")
	listed := w.Call(w.Admin, "GET", "/api/v1/users", nil, 200).Items()[0]
	if listed.Text("login") != "lan" || listed.Text("let_in_by_program") != "true" {
		t.Errorf("the user is listed as %v", listed)
	}
	w.Clock = w.Clock.Add(time.Minute)
	w.Call(w.RenewUser(w.SignInAdmin(), listed.Text("id"), "lan"), "POST", approve, nil, 200)
}

// TestInvitedMerchantChangeWaits: whoever made the invitation can accept it. A session by the
// merchant's own phone is the merchant's, whoever invited it before.
func TestInvitedMerchantChangeWaits(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path := "/api/v1/stalls/" + s.Text("id") + "/beneficiary-changes"
	invited := w.Invite(w.Key("manager", "market:CHODAM"), s.Text("id"))
	c := w.Call(invited, "POST", path, changeOrder("2222"), 201)
	if c.Text("needs_second_person") != "true" || c.At("effective_at") != nil {
		t.Errorf("the change is %v", c)
	}
	w.Clock = registertest.Noon.Add(25 * time.Hour)
	w.settleChanges()
	w.wantChange("/api/v1/stalls/"+s.Text("id"), c.Text("id"), "pending", "proposed")
	w.Clock = registertest.Noon
	w.Call(invited, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", nil, 200)

	// A device that was added in that session is no better, and with a person's invitation it
	// proposes, but approves nothing.
	method := func(name string) {
		_, err := w.DB.Pool.Exec(t.Context(), `UPDATE sessions SET method = $1 WHERE method NOT IN ('password', $1)`,
			name)
		must(t, err)
	}
	method("passkey")
	c = w.Call(invited, "POST", path, changeOrder("3333"), 201)
	if c.Text("needs_second_person") != "true" {
		t.Errorf("by a device the change is %v", c)
	}
	w.Call(invited, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/cancel", nil, 200)
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE users SET let_in_by = NULL`)
	must(t, err)
	c = w.Call(w.Admin, "POST", path, changeOrder("4444"), 201)
	w.Refuse(invited, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 409, "second_person_needed")
	method("phone")
	w.Call(invited, "POST", "/api/v1/beneficiary-changes/"+c.Text("id")+"/approve", nil, 200)
}
