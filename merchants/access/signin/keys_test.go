package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/migrations/database/dbtest"
)

func TestKeysAreFoundUntilRevokedAndNeverStored(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	clock := time.Now()
	keys := signin.NewAPIKeys(db, func() time.Time { return clock })
	key, err := keys.Create(t.Context(), signin.Order{Name: "test", Role: "locality_officer", Scope: "locality:569"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := keys.Find(t.Context(), key)
	if err != nil || p.Role != roles.LocalityOfficer || p.ScopeKind != roles.ScopeLocality || p.ScopeID == nil {
		t.Fatalf("%+v, %v", p, err)
	}
	var stored string
	if err := db.Pool.QueryRow(t.Context(), `SELECT row_to_json(k)::text FROM api_keys k`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, key[len(signin.KeyPrefix)+6:]) {
		t.Error("the key itself is stored")
	}
	if err := keys.Revoke(t.Context(), p.ActorID); err != nil {
		t.Fatal(err)
	}
	var refusal *problem.Error
	if _, err := keys.Find(t.Context(), key); !errors.As(err, &refusal) || refusal.Kind != problem.Unauthorized {
		t.Errorf("a revoked key: %v", err)
	}
}

func TestOrdersThatNameNothing(t *testing.T) {
	t.Parallel()
	keys := signin.NewAPIKeys(dbtest.New(t), time.Now)
	yesterday, far := time.Now().AddDate(0, 0, -1), time.Date(9999, 12, 31, 23, 59, 59, 0,
		time.FixedZone("-14", -14*60*60))
	for order, want := range map[signin.Order]string{
		{Role: "admin", ExpiresAt: &yesterday}:  "expired",
		{Role: "admin", ExpiresAt: &far}:        "expired",
		{Role: "king"}:                          "unknown_value",
		{Role: "admin", Scope: "galaxy:1"}:      "scope_form",
		{Role: "manager", Scope: "market:NONE"}: "scope_unknown",
		{Role: "merchant"}:                      "scope_form",
		{Role: "admin", Scope: "locality:999"}:  "scope_unknown",
	} {
		_, err := keys.Create(t.Context(), order)
		if !errors.Is(err, &problem.Error{Code: want}) {
			t.Errorf("%+v: %v, want %s", order, err, want)
		}
	}
}

// TestReusedCodeIsTodaysUnit: 22366 was Phước Tiến, then Tân Tiến, and is phường Nha Trang; a
// district's code is that of the unit that bore it last; a basis makes an old unit's code plain.
func TestReusedCodeIsTodaysUnit(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	keys := signin.NewAPIKeys(db, time.Now)
	for scope, want := range map[string]string{
		"locality:22366": "Phường Nha Trang", "locality:569": "Thành phố Cam Ranh",
		"locality:districts_2024/568": "Thành phố Nha Trang",
	} {
		key, err := keys.Create(t.Context(), signin.Order{Name: "x", Role: "locality_officer", Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		p, err := keys.Find(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		var name string
		if err := db.Pool.QueryRow(t.Context(), `SELECT name FROM locality_versions WHERE locality_id = $1`,
			p.ScopeID).Scan(&name); err != nil || name != want {
			t.Errorf("%s is %s, want %s (%v)", scope, name, want, err)
		}
	}
}

func TestPermissionsNameOnlyRoles(t *testing.T) {
	t.Parallel()
	for _, officer := range []roles.Role{roles.ProvinceOfficer, roles.LocalityOfficer, roles.Manager, roles.Team} {
		if officer.May(roles.ReadPayments) || officer.May(roles.ReadAccounts) {
			t.Errorf("%s may read payments or whole accounts", officer)
		}
	}
	if roles.Auditor.May(roles.WriteStalls) || roles.Auditor.May(roles.ResolveCases) {
		t.Error("an auditor may change something")
	}
}
