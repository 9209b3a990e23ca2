package signin_test

import (
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
)

func TestScopesComeAndGoWithTheirDays(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	nha := "locality:districts_2024/568"
	made, err := c.people.Create(t.Context(), signin.UserOrder{
		Login: "hoa", FullName: "Lê Thị Hoa", Role: "locality_officer", Password: password,
		Scopes: []signin.ScopeOrder{{Scope: nha, Until: "2025-07-01"}, {
			Scope: "locality:communes_2025/22366",
			From:  "2025-07-01",
		}},
	})
	c.wants("", err)
	var market, elsewhere uuid.UUID
	c.row(`INSERT INTO markets (id, code, name, class, kind, demo, created_at)
		VALUES (gen_random_uuid(), 'AA', 'Chợ A', 3, 'dan_sinh', false, now()) RETURNING id`, &market)
	c.row(`INSERT INTO markets (id, code, name, class, kind, demo, created_at)
		VALUES (gen_random_uuid(), 'BB', 'Chợ B', 3, 'dan_sinh', false, now()) RETURNING id`, &elsewhere)
	for at, code := range map[uuid.UUID]string{market: "22366", elsewhere: "22423"} {
		var place uuid.UUID
		c.row(`INSERT INTO market_places (id, market_id, locality_id, valid) SELECT gen_random_uuid(), $1, locality_id,
			daterange('2025-07-01', NULL)
			FROM locality_versions WHERE level = 'commune' AND code = $2 AND upper_inf(valid) RETURNING market_id`,
			&place, at, code)
	}
	a := signin.Attempt{Login: "hoa", Password: password, Code: c.code(made), Address: "10.0.0.1"}
	who, err := c.people.Find(t.Context(), c.try("", a))
	c.wants("", err)
	sees := func() (n int) {
		c.row(`SELECT count(*) FROM scope_markets($1, $2) m WHERE m = ANY ($3)`, &n, who.ScopeKind, who.ScopeID,
			[]uuid.UUID{market, elsewhere})
		return n
	}
	if n := sees(); n != 1 {
		t.Errorf("an officer of one commune sees %d of two markets", n)
	}
	// The commune's office ends too: nothing is left, and the account goes on.
	admin := roles.Principal{ActorID: uuid.New(), Role: roles.Admin, ScopeKind: roles.ScopeAll}
	_, err = c.people.ChangeUser(t.Context(), admin, made.ID,
		signin.UserChange{Scopes: []signin.ScopeOrder{{
			Scope: "locality:communes_2025/22366", From: "2025-07-01",
			Until: "2026-01-01",
		}}})
	c.wants("", err)
	if n := sees(); n != 0 {
		t.Errorf("after its days an officer sees %d markets", n)
	}
	u, err := c.people.User(t.Context(), made.ID)
	c.wants("", err)
	if len(u.Scopes) != 1 || u.Scopes[0].Name == nil || *u.Scopes[0].Until != "2026-01-01" {
		t.Errorf("%+v", u.Scopes)
	}
	for scope, want := range map[signin.ScopeOrder]string{
		{Scope: "stall:" + uuid.NewString(), From: "2026-01-01"}:      "scope_unknown",
		{Scope: "market:AA", From: "2026-01-01", Until: "2026-01-01"}: "scope_days",
		{Scope: "all", From: "2026-01-01"}:                            "scope_form",
		{Scope: "locality:communes_2025/22366", From: "2026-13-45"}:   "date_form",
		{Scope: "locality:districts_2024/99999", Until: "2026-01-01"}: "scope_unknown",
	} {
		_, err := c.people.ChangeUser(t.Context(), admin, made.ID,
			signin.UserChange{Scopes: []signin.ScopeOrder{scope}})
		c.wants(want, err)
	}
}

func (c *crowd) row(sql string, into any, args ...any) {
	c.Helper()
	if err := c.db.Pool.QueryRow(c.Context(), sql, args...).Scan(into); err != nil {
		c.Fatal(err)
	}
}

func TestANewRoleSignsOut(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.enrol("lan")
	token := c.try("", signin.Attempt{Login: "lan", Password: password, Code: c.code(lan), Address: "10.0.0.1"})
	admin := roles.Principal{ActorID: uuid.New(), Role: roles.Admin, ScopeKind: roles.ScopeAll}
	_, err := c.people.ChangeUser(t.Context(), roles.Principal{ActorID: lan.ID}, lan.ID,
		signin.UserChange{FullName: "x"})
	c.wants("own_account", err)
	_, err = c.people.ChangeUser(t.Context(), admin, uuid.New(), signin.UserChange{FullName: "x"})
	c.wants("not_found", err)
	_, err = c.people.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{Role: "auditor"})
	c.wants("required", err)
	after, err := c.people.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{
		Role:   "auditor",
		Scopes: []signin.ScopeOrder{{Scope: "all"}},
	})
	c.wants("", err)
	if after.Role != roles.Auditor {
		t.Errorf("%+v", after)
	}
	_, err = c.people.Find(t.Context(), token)
	c.wants("session_ended", err)
	closed := true
	_, err = c.people.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{Disabled: &closed})
	c.wants("", err)
	c.try("sign_in_failed", signin.Attempt{
		Login: "lan", Password: password, Code: lan.Recovery[0],
		Address: "10.0.0.1",
	})
}
