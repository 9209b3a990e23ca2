package merchants_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// migrate runs the migration of a name once more.
func (w *world) migrate(name string) {
	w.T.Helper()
	files, err := filepath.Glob("../migrations/*_" + name + ".sql")
	must(w.T, err)
	if len(files) != 1 {
		w.T.Fatalf("%d migrations are called %s", len(files), name)
	}
	text, err := os.ReadFile(files[0])
	must(w.T, err)
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	_, err = w.DB.Pool.Exec(w.T.Context(), up)
	must(w.T, err)
}

// admitUser is by whom each user was let in, with keys by their names: "user by".
func (w *world) admitUser() string {
	w.T.Helper()
	var all string
	must(w.T, w.DB.Pool.QueryRow(w.T.Context(), `SELECT coalesce(string_agg(
			CASE u.role WHEN 'merchant' THEN 'invited' ELSE u.login END || ' ' || coalesce(k.name, o.login), ', '
			ORDER BY u.role = 'merchant', u.login), '')
		FROM users u LEFT JOIN api_keys k ON k.id = u.let_in_by LEFT JOIN users o ON o.id = u.let_in_by
		WHERE u.let_in_by IS NOT NULL`).Scan(&all))
	return all
}

// TestTrailShowsUsersMadeByPrograms takes away who let users in, as in a database from
// before that was stored, and lets the migrations find it in the lines of real requests.
func TestTrailShowsUsersMadeByPrograms(t *testing.T) {
	w := newWorld(t)
	_, boss := w.SignIn("boss", "admin", "")
	old, _ := w.SignIn("old", "auditor", "")
	scopes := []any{object{"scope": "all"}}
	made := map[string]string{}
	makes := func(caller, login string) {
		made[login] = w.Call(caller, "POST", "/api/v1/users", object{
			"login": login, "full_name": login,
			"role": "auditor", "scopes": scopes,
		}, 201).Text("id")
	}
	changes := func(caller, login string, body object) {
		w.Call(caller, "PATCH", "/api/v1/users/"+made[login], body, 200)
	}
	gives := func(caller, name string) string { // a key
		return w.Call(caller, "POST", "/api/v1/api-keys", object{"name": name, "role": "admin"}, 201).Text("key")
	}
	bosses := gives(boss, "bosses")
	puppet := w.AdmitAdmin(w.Admin, "puppet")
	makes(puppet, "guest")
	makes(w.Admin, "heir")
	changes(w.Admin, "heir", object{"role": "admin", "scopes": scopes})
	heir := w.RenewUser(boss, made["heir"], "heir")
	makes(boss, "named")
	changes(w.Admin, "named", object{"full_name": "Tên khác"})
	makes(boss, "raised")
	changes(bosses, "raised", object{"role": "admin", "scopes": scopes})
	w.Call(w.Admin, "POST", "/api/v1/users/"+old.String()+"/renewal", nil, 200)
	invited, err := url.Parse(w.Call(w.Admin, "POST", "/api/v1/stalls/"+w.Stall("A1", "1111").Text("id")+"/invitations",
		nil, 201).Text("url"))
	must(t, err)
	if rec := w.Send("", "POST", invited.Path, nil); rec.Code != 200 {
		t.Fatalf("the invitation is answered %d: %s", rec.Code, rec.Body)
	}

	key, want := t.Name(), w.admitUser()
	if listed := strings.ReplaceAll("guest KEY, old KEY, puppet KEY, raised boss, invited KEY", "KEY",
		key); want != listed {
		t.Fatalf("programs let in %s, not %s", want, listed)
	}
	_, err = w.DB.Pool.Exec(t.Context(), `UPDATE users SET let_in_by = NULL`)
	must(t, err)
	w.migrate("let_in_before")
	// The renewals were not found, so what the heir makes then is held to be the key's.
	makes(heir, "late")
	gives(heir, "heirs")
	w.migrate("let_in_by_routes")
	if got := w.admitUser(); got != want {
		t.Errorf("the trail shows %s, want %s", got, want)
	}
	var owner string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT u.login FROM api_keys k JOIN users u ON u.id = k.owner_id
		WHERE k.name = 'heirs'`).Scan(&owner))
	if owner != "heir" {
		t.Errorf("the heir's key is %s's", owner)
	}
}
