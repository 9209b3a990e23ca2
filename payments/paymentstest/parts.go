// Package paymentstest runs the program for tests of several packages. Only tests import it.
package paymentstest

import (
	"context"
	"time"

	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments"
	"market40/payments/cases"
	"market40/payments/connections"
	"market40/payments/intake"
)

// Parts are the parts of payments, as the program puts them together.
type Parts struct {
	Connections *connections.Connections
	Intake      *intake.Intake
	Cases       *cases.Cases
	Payments    *payments.Payments
}

// NewParts puts the parts together on one database. Start begins to accept notices.
func NewParts(db *database.DB, keys *seal.Keys, now func() time.Time) *Parts {
	senders := connections.New(db, keys, now)
	in := intake.New(db, keys, senders, now)
	return &Parts{senders, in, cases.New(db, in, now), payments.New(db, in.Feed(), now)}
}

// Routes mounts all parts.
func (p *Parts) Routes(e *web.Edge) {
	p.Connections.Routes(e)
	p.Intake.Routes(e)
	p.Cases.Routes(e)
	p.Payments.Routes(e)
}

// Start runs all parts until Stop.
func (p *Parts) Start(ctx context.Context) {
	p.Payments.Start(ctx)
	p.Intake.Start(ctx)
}

// Stop ends the streams, and posts the notices that were received.
func (p *Parts) Stop() {
	p.Payments.Stop()
	p.Intake.Stop()
}
