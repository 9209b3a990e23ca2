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
	made, err := c.People.Create(t.Context(), signin.UserOrder{
		Login: "hoa", FullName: "Lê Thị Hoa", Role: "locality_officer", Password: password,
		Scopes: []signin.ScopeOrder{{Scope: nha, Until: "2025-07-01"}, {
			Scope: "locality:communes_2025/22366",
			From:  "2025-07-01",
		}},
	})
	c.Wants("", err)
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
	a := signin.Attempt{Login: "hoa", Password: password, Code: c.Code(made), Address: "10.0.0.1"}
	who, err := c.People.Find(t.Context(), c.try("", a))
	c.Wants("", err)
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
	_, err = c.People.ChangeUser(t.Context(), admin, made.ID,
		signin.UserChange{Scopes: []signin.ScopeOrder{{
			Scope: "locality:communes_2025/22366", From: "2025-07-01",
			Until: "2026-01-01",
		}}})
	c.Wants("", err)
	if n := sees(); n != 0 {
		t.Errorf("after its days an officer sees %d markets", n)
	}
	u, err := c.People.User(t.Context(), made.ID)
	c.Wants("", err)
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
		_, err := c.People.ChangeUser(t.Context(), admin, made.ID,
			signin.UserChange{Scopes: []signin.ScopeOrder{scope}})
		c.Wants(want, err)
	}
}

func (c *crowd) row(sql string, into any, args ...any) {
	c.Helper()
	if err := c.DB.Pool.QueryRow(c.Context(), sql, args...).Scan(into); err != nil {
		c.Fatal(err)
	}
}

func TestANewRoleSignsOut(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	lan := c.Enrol("lan")
	token := c.try("", signin.Attempt{Login: "lan", Password: password, Code: c.Code(lan), Address: "10.0.0.1"})
	admin := roles.Principal{ActorID: uuid.New(), Role: roles.Admin, ScopeKind: roles.ScopeAll}
	_, err := c.People.ChangeUser(t.Context(), roles.Principal{ActorID: lan.ID}, lan.ID,
		signin.UserChange{FullName: "x"})
	c.Wants("own_account", err)
	_, err = c.People.ChangeUser(t.Context(), admin, uuid.New(), signin.UserChange{FullName: "x"})
	c.Wants("not_found", err)
	_, err = c.People.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{Role: "auditor"})
	c.Wants("required", err)
	after, err := c.People.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{
		Role:   "auditor",
		Scopes: []signin.ScopeOrder{{Scope: "all"}},
	})
	c.Wants("", err)
	if after.Role != roles.Auditor {
		t.Errorf("%+v", after)
	}
	_, err = c.People.Find(t.Context(), token)
	c.Wants("session_ended", err)
	closed := true
	_, err = c.People.ChangeUser(t.Context(), admin, lan.ID, signin.UserChange{Disabled: &closed})
	c.Wants("", err)
	c.try("sign_in_failed", signin.Attempt{
		Login: "lan", Password: password, Code: lan.Recovery[0],
		Address: "10.0.0.1",
	})
}
