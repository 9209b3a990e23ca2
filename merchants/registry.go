// Package merchants is the register: markets, stalls and their tenants, the accounts that receive
// payments and the codes that name them. Payments are matched with this register. Nothing here moves
// or counts money.
package merchants

import (
	"time"

	"market40/merchants/alerts"
	"market40/merchants/beneficiary"
	"market40/merchants/checks"
	"market40/merchants/codes"
	"market40/merchants/platform/seal"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// Registry is the register with all its parts. It is safe for concurrent use.
type Registry struct {
	*Markets
	*Stalls
	Codes   *codes.Codes
	Changes *beneficiary.Changes
	Checks  *checks.Checks
	Alerts  *alerts.Alerts
}

// New returns the register in db. It seals phones, tax codes and account numbers with keys, and
// reads the time from now.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Registry {
	codes, changes := codes.New(db, keys, now), beneficiary.New(db, keys, now)
	return &Registry{
		Markets: &Markets{db: db, now: now},
		Stalls: &Stalls{
			db: db, keys: keys, now: now, writer: tenancies.NewWriter(db, keys, now), codes: codes, changes: changes,
		},
		Codes: codes, Changes: changes, Checks: checks.New(db, keys, now, codes), Alerts: alerts.New(db, now),
	}
}
