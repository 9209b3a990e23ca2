package merchants_test

import "testing"

// TestProgramCannotReassignNumbers: the number under which a stall has or had a code stays
// its own, until a person renames it; else a program could give it to a stall that pays somebody
// else.
func TestProgramCannotReassignNumbers(t *testing.T) {
	w := newWorld(t)
	s := w.Stall("A1", "1111")
	path, stalls := "/api/v1/stalls/"+s.Text("id"), "/api/v1/markets/"+w.Market+"/stalls"
	rename := object{"number": "A1cu", "zone": "B"}
	refused := func(caller, why string) {
		t.Helper()
		w.Clock = w.Clock.Add(1)
		answer := w.Call(caller, "PATCH", path, rename, 409)
		if answer.Text("code") != "person_renumbers" || answer.Text("errors.0.field") != "number" {
			t.Errorf("%s: the rename is answered %v", why, answer)
		}
		if now := w.Call(w.Admin, "GET", path, nil, 200); now.Text("number") != "A1" || now.Text("zone") != "Khu A" {
			t.Errorf("%s: the stall is %v", why, now)
		}
		w.Refuse(caller, "POST", stalls, w.StallOrder("A 01", "6666"), 409, "number_in_use")
	}
	manager := w.Key("manager", "market:CHODAM")
	refused(manager, "by a manager's key")
	refused(w.AdmitAdmin(w.Admin, "puppet"), "by a user whom a key made")
	if o := w.Call(manager, "PATCH", path, object{"number": "A 1", "goods_group": "rau"}, 200); o.Text(
		"number") != "A 1" {
		t.Errorf("the same number is spelled %q", o.Text("number"))
	}
	w.Call(manager, "PATCH", path, object{"number": "A1"}, 200)
	w.Call(w.SignInAdmin(), "POST", path+"/close", nil, 200)
	refused(manager, "closed")
	w.Call(w.Admin, "POST", path+"/reopen", nil, 200)
	refused(manager, "reopened")

	empty := w.Call(manager, "POST", stalls, object{"number": "B1"}, 201)
	w.Call(manager, "PATCH", "/api/v1/stalls/"+empty.Text("id"), object{"number": "B2"}, 200)
	if o := w.Call(w.SignInAdmin(), "PATCH", path, rename, 200); o.Text("number") != "A1cu" {
		t.Errorf("a person renames it to %q", o.Text("number"))
	}
}
