package roles_test

import (
	"slices"
	"testing"

	"market40/merchants/access/roles"
)

// TestEveryActionHasADescription: a new action is either shown to merchants as a sight of their
// data, or said to show nothing.
func TestEveryActionHasADescription(t *testing.T) {
	t.Parallel()
	for _, p := range roles.Permissions() {
		if _, known := p.Action.Shown(); !known {
			t.Errorf(
				"it is not decided whether %s shows something of a merchant: add it to sights or showNothing (visibility.go)",
				p.Action,
			)
		}
	}
	listed := map[roles.Role]bool{roles.Merchant: true}
	for _, r := range roles.RoleSights() {
		listed[r.Role] = true
		if len(r.Sees)+len(r.Never) != len(roles.Sights()) || r.Vi == "" || r.En == "" {
			t.Errorf("%s: sees %v, never %v", r.Role, r.Sees, r.Never)
		}
	}
	for _, role := range append(roles.Roles(), roles.Staff) {
		if !listed[role] {
			t.Errorf("merchants cannot read what %s sees", role)
		}
	}
}

// TestOfficersSeeNoMoney checks merchants/access/roles/README.md, "Roles in words": officers never see
// payments, turnover or a whole account, and only its owner sees the revenue book.
func TestOfficersSeeNoMoney(t *testing.T) {
	t.Parallel()
	for _, r := range roles.RoleSights() {
		never := []string{"book"}
		if r.Role == roles.ProvinceOfficer || r.Role == roles.LocalityOfficer || r.Role == roles.Manager ||
			r.Role == roles.Team {
			never = append(never, "numbers", "payments", "days", "notices", "ledger", "everything")
		}
		for _, what := range never {
			if !slices.Contains(r.Never, what) {
				t.Errorf("%s sees %s", r.Role, what)
			}
		}
	}
}
