// Package periodic manages the reports that localities and the province owe for each month and
// quarter: their signed content, their states, and which are late. Figures come from package
// reports.
package periodic

import (
	"crypto/ed25519"
	"time"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/reports"
	"market40/reports/programme"
)

// Periodic makes, freezes and reviews reports. It is safe for concurrent use.
type Periodic struct {
	db        *database.DB
	reports   *reports.Reports
	programme *programme.Programme
	key       ed25519.PrivateKey
	now       func() time.Time
}

// Parts are the dependencies of a Periodic.
type Parts struct {
	DB        *database.DB
	Keys      *seal.Keys
	Reports   *reports.Reports
	Programme *programme.Programme
	Now       func() time.Time
}

// New returns a Periodic that stores reports in the database and signs them with a key derived from
// the index key.
func New(p Parts) *Periodic {
	return &Periodic{db: p.DB, reports: p.Reports, programme: p.Programme, key: Key(p.Keys), now: p.Now}
}

// Key returns the key that signs frozen reports. It is derived from the index key, which is never
// rotated in place. So signatures can be verified as long as the database exists, and a backup
// needs no further secret.
func Key(keys *seal.Keys) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(keys.Index("reports", "ed25519"))
}

// today returns the date in Asia/Ho_Chi_Minh, as 00:00 UTC: a date, not a moment.
func (p *Periodic) today() time.Time {
	return bizday.DateOf(p.now())
}
