package payments_test

import (
	"crypto/sha256"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
)

// session makes a user with a scope and signs it in, and returns its browser and its id.
func (w *world) session(role, kind string, scope any) (*paymentstest.Browser, uuid.UUID) {
	w.T.Helper()
	user, token := uuid.Must(uuid.NewV7()), paymentstest.NewID()
	hash := sha256.Sum256([]byte(token))
	if kind == "dated" {
		scope = user
	}
	w.Exec(`WITH a AS (INSERT INTO actors (id, role) VALUES ($1, $2))
		INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, created_at)
		VALUES ($1, $3, 'Kiểm toán', $2, $4, $5, now())`, user, role, "u-"+token, kind, scope)
	w.Exec(`INSERT INTO sessions (id, user_id, hash, created_at, seen_at, device, address, method, proved_at)
		VALUES ($1, $2, $3, now(), now(), '', '', 'password', now())`,
		uuid.Must(uuid.NewV7()), user, hash[:])
	return &paymentstest.Browser{World: w.World, Cookies: map[string]string{"__Host-m40": token}}, user
}

// wantEnd waits for the end of a stream that says nothing more.
func wantEnd(t *testing.T, events <-chan event) {
	t.Helper()
	select {
	case e, open := <-events:
		if open {
			t.Errorf("a stream says %+v", e)
		}
	case <-time.After(worldtest.Patience):
		t.Error("a stream goes on")
	}
}

// What ends a right is written straight into the database, as another replica does it: nothing in
// this process knows.
func TestStreamsEndWithTheirRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, memo, seller, staff := counterOf(w, "A1", "1111111", 1)
	staff.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201)
	owner := w.OpenBrowser()
	owner.SignInByPhone(w.phoneOf(stall), 2)
	left, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	auditor, disabled := w.session("auditor", "all", nil)
	changed, changedID := w.session("auditor", "all", nil)
	idle, idleID := w.session("auditor", "all", nil)
	narrowed, narrowedID := w.session("auditor", "all", nil)
	dated, datedID := w.session("auditor", "dated", nil)
	w.Exec(`INSERT INTO user_scopes (user_id, scope_kind, scope_id, valid) VALUES ($1, 'market', $2, '[2020-01-01,)')`,
		datedID, w.Market)

	type open struct {
		name, sql string
		args      []any
		header    [2]string
		stall     string
		again     int
	}
	bearer := func(key string) [2]string { return [2]string{"Authorization", "Bearer " + key} }
	cookie := func(b *paymentstest.Browser) [2]string { return [2]string{"Cookie", b.Cookie()} }
	key := func(name string, role roles.Role, scope string) (string, string) {
		made := w.Key(role, scope)
		w.Exec(`UPDATE api_keys SET name = $2 WHERE prefix = left($1, length(prefix))`, made, name)
		return made, name
	}
	revoked, r := key("revoked", "merchant", "stall:"+stall)
	expired, e := key("expired", "auditor", "")
	demoted, d := key("demoted", "integration", "")
	vacated, _ := key("vacated", "merchant", "stall:"+left)
	opened := []open{
		{
			"key revoked", `UPDATE api_keys SET revoked_at = now() WHERE name = $1`,
			[]any{r},
			bearer(revoked), stall,
			401,
		},
		{
			"key expired", `UPDATE api_keys SET expires_at = now() WHERE name = $1`,
			[]any{e},
			bearer(expired), stall,
			401,
		},
		{
			"key of another role", `UPDATE api_keys SET role = 'province_officer' WHERE name = $1`,
			[]any{d},
			bearer(demoted), stall, 403,
		},
		{
			"user disabled", `UPDATE users SET disabled_at = now() WHERE id = $1`,
			[]any{disabled},
			cookie(auditor), stall,
			401,
		},
		{
			"user of another role", `UPDATE users SET role = 'province_officer' WHERE id = $1`,
			[]any{changedID},
			cookie(changed), stall, 403,
		},
		{
			"user of another scope", `UPDATE users SET scope_kind = 'market', scope_id = $2 WHERE id = $1`,
			[]any{narrowedID, uuid.New()},
			cookie(narrowed), stall, 404,
		},
		{
			"dated scope over", `UPDATE user_scopes SET valid = '[2020-01-01,2021-01-01)' WHERE user_id = $1`,
			[]any{datedID},
			cookie(dated), stall, 404,
		},
		{
			"session idle", `UPDATE sessions SET seen_at = now() - interval '61 minutes' WHERE user_id = $1`,
			[]any{idleID},
			cookie(idle), stall, 401,
		},
		{
			"device of a shift revoked", `UPDATE stall_devices SET revoked_at = now() WHERE stall_id = $1`,
			[]any{stall},
			cookie(staff), stall, 401,
		},
		{
			"tenancy over, merchant", `UPDATE tenancies SET valid = tstzrange(lower(valid), now()) WHERE stall_id = $1`,
			[]any{left},
			bearer(vacated), left, 404,
		},
		{"tenancy over, administrator", `SELECT`, nil, bearer(w.Admin), left, 409},
	}
	streams := make([]<-chan event, len(opened))
	for i, o := range opened {
		streams[i] = w.follow(o.stall, "", o.header[0], o.header[1])
	}
	signedOut := listenAs(owner, stall, "")
	lasting := w.listen(w.Key("auditor", ""), stall, "")
	for _, o := range opened {
		w.Exec(o.sql, o.args...)
	}
	owner.Visit("DELETE", "/api/v1/sessions/current", nil, 204)
	for i, o := range opened {
		t.Run(o.name, func(t *testing.T) { wantEnd(t, streams[i]) })
	}
	t.Run("signed out", func(t *testing.T) { wantEnd(t, signedOut) })
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 1000})
	if e := nextEvent(t, lasting); e.id != "1" {
		t.Errorf("a stream with a lasting right sends %+v", e)
	}
	time.Sleep(2 * time.Second) // a key is remembered that long
	for _, o := range opened {
		if status := w.statusOf(o.stall, o.header); status != o.again {
			t.Errorf("%s: coming again is answered %d, want %d", o.name, status, o.again)
		}
	}
}

// statusOf is how a stream is answered.
func (w *world) statusOf(stall string, header [2]string) int {
	w.T.Helper()
	req, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.Server.URL+"/api/v1/stalls/"+stall+
		"/payments/stream", nil)
	must(w.T, err)
	req.Header.Set(header[0], header[1])
	res, err := http.DefaultClient.Do(req)
	must(w.T, err)
	_ = res.Body.Close()
	return res.StatusCode
}

func TestStreamsEndWithStaffAndShift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, over := range []string{
		`UPDATE shifts SET ends_at = started_at + interval '1 millisecond' WHERE stall_id = $1`,
		`UPDATE users SET disabled_at = now() WHERE id = (SELECT id FROM staff WHERE stall_id = $1)`,
	} {
		account := []string{"1111111", "2222222"}[i]
		stall, _, seller, b := counterOf(w, "A"+account[:1], account, i+1)
		b.Visit("POST", "/api/v1/staff-sessions", object{"staff_id": seller, "pin": "4831"}, 201)
		events := listenAs(b, stall, "")
		w.Exec(over, stall)
		wantEnd(t, events)
		if status := w.statusOf(stall, [2]string{"Cookie", b.Cookie()}); status != 401 {
			t.Errorf("%s: coming again is answered %d", over, status)
		}
	}
}
