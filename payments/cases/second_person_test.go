package cases_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/signin"
	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
)

// office is where admins make keys and users, beside a world.
type office struct {
	*world
	users *worldtest.World
}

func newOffice(t *testing.T) office {
	t.Helper()
	o := office{newWorld(t), nil}
	o.users = worldtest.NewOn(t, o.DB, time.Time{})
	signin.UserRoutes(o.users.Edge, o.users.People, o.users.APIKeys)
	return o
}

// makesKey has a caller make an admin's key.
func (w office) makesKey(caller string) string {
	w.T.Helper()
	return w.users.Call(caller, "POST", "/api/v1/api-keys", object{"name": "second", "role": "admin"}, 201).Text(
		"key")
}

// admits has a caller make an admin, who signs in; its id is returned too.
func (w office) admits(caller string) (session, id string) {
	w.T.Helper()
	login := "admitted-" + uuid.NewString()
	order := object{"login": login, "full_name": login, "role": "admin", "scopes": []any{object{"scope": "all"}}}
	made := w.users.Call(caller, "POST", "/api/v1/users", order, 201)
	return w.Enter(login, made), made.Text("id")
}

// TestCreationsOfAProgramAreNoSecondPerson checks that a key or user created by a key counts as
// that key, however long the chain, in cases and in connections. A key created at the server counts
// as another person.
func TestCreationsOfAProgramAreNoSecondPerson(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	bank := w.SePay(nil)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(bank, transfer{ID: 1, Account: "5555555", Memo: "tien rau", Amount: 7000})
	resolve := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id") + "/resolve"
	wish := object{"action": "assign", "stall_id": stall, "reason": "chuyển nhầm"}
	unsigned := object{"provider": "sepay", "name": "x", "secrets": object{
		"auth":      "none",
		"allow_ips": []string{"127.0.0.1"},
	}}
	approve := paymentstest.ConnectionsPath + "/" + w.Call(w.Admin, "POST", paymentstest.ConnectionsPath, unsigned,
		201).Text("id") + "/approve"
	w.Call(w.Admin, "POST", resolve, wish, 200)

	user, id := w.admits(w.Admin)
	laterUser, _ := w.admits(user)
	keyOfUser := w.makesKey(user)
	own := map[string]string{
		"a key": w.makesKey(w.Admin), "a key of a key": w.makesKey(w.makesKey(w.Admin)), "a user": user,
		"a user of a user": laterUser, "a key of a user": keyOfUser, "a key of a key of a user": w.makesKey(keyOfUser),
	}
	refused := func(name, caller string) {
		t.Helper()
		for path, body := range map[string]any{resolve: wish, approve: nil} {
			if answer := w.Call(caller, "POST", path, body, 409); answer.Text("code") != "second_person_needed" {
				t.Errorf("%s: %s answers %v", name, path, answer)
			}
		}
	}
	for name, caller := range own {
		refused(name, caller)
	}
	// A renewal by a user whom the key let in confirms no person; one by a person does, but not for
	// the keys made before.
	again := w.users.Call(laterUser, "POST", "/api/v1/users/"+id+"/renewal", nil, 200)
	refused("renewed by its own", w.Enter(again.Text("login"), again))
	w.users.Call(w.SignInAdmin(), "POST", "/api/v1/users/"+id+"/renewal", nil, 200)
	refused("a key from before the renewal", keyOfUser)

	w.Call(w.Key("admin", ""), "POST", approve, nil, 200)
	if got := w.Call(w.makesKey(w.SignInAdmin()), "POST", resolve, wish, 200).Text("state"); got != "assigned" {
		t.Errorf("after two people the case is %s", got)
	}
	w.WantPaid(stall, "7000")
}
