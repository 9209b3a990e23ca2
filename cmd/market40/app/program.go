// Package app puts the program together: settings, the secret key, the database, every part, its
// routes and how it is reached. Commands open what they need of it; nothing below cmd imports it.
package app

import (
	"context"
	"time"

	"market40/merchants"
	"market40/merchants/access/phonecodes"
	"market40/merchants/access/signin"
	"market40/merchants/access/sso"
	"market40/merchants/access/trail"
	"market40/merchants/platform/jobs"
	"market40/merchants/platform/outbox"
	"market40/merchants/platform/outgoing"
	"market40/merchants/platform/seal"
	"market40/merchants/privacy"
	"market40/migrations/database"
	"market40/migrations/database/private"
	"market40/payments"
	"market40/payments/cases"
	"market40/payments/connections"
	"market40/payments/intake"
	"market40/payments/orders"
	"market40/payments/push"
	"market40/payments/soundbox"
	"market40/reports"
	"market40/reports/field"
	"market40/reports/periodic"
	"market40/reports/programme"
)

// Program is a market40 with all its parts, opened on one database.
type Program struct {
	Settings    *Settings
	DB          *database.DB
	Keys        *seal.Keys // that seal what is secret in the database
	APIKeys     *signin.APIKeys
	People      *signin.People // who sign in
	Registry    *merchants.Registry
	Connections *connections.Connections // through which banks and wallets send notices
	Intake      *intake.Intake           // not started: StartPayments lets notices in
	Cases       *cases.Cases             // what people decide about notices
	Boxes       *soundbox.Soundboxes     // not started: MQTTListener.Serve lets them in
	Periodic    *periodic.Periodic       // reports of months and quarters
	Now         func() time.Time         // the clock of all parts

	leader    *jobs.Leader // exports what all replicas would count alike
	sso       *sso.Providers
	codes     *phonecodes.Codes // set by Routes; nil: nothing was mounted
	warnings  []string          // set by WarnOfOwner, for /readyz
	trail     *trail.Trail
	messages  *outbox.Outbox
	privacy   *privacy.Desk
	payments  *payments.Payments
	orders    *orders.Orders
	pushes    *push.Notifier
	reports   *reports.Reports
	programme *programme.Programme
	field     *field.Field
}

// OpenProgram opens the database (that of a running serve, or its own), unwraps the keys and wires
// everything. The function it returns closes all of it.
func OpenProgram(ctx context.Context, s *Settings) (*Program, func(), error) {
	return openProgramOn(ctx, s, private.Use)
}

// OpenServing opens the program for serve. A private server is its own; one that another process
// runs is refused. The function it returns closes all of it.
func OpenServing(ctx context.Context, s *Settings) (*Program, func(), error) {
	return openProgramOn(ctx, s, private.Start)
}

// openProgramOn opens the program on a private server that start gives.
func openProgramOn(ctx context.Context, s *Settings, start starter) (*Program, func(), error) {
	if err := s.NeedSecret(); err != nil {
		return nil, nil, err
	}
	db, closeDB, err := openDatabaseOn(ctx, s, start)
	if err != nil {
		return nil, nil, err
	}
	secret, err := findSecret(ctx, s, db.Pool)
	if err != nil {
		closeDB()
		return nil, nil, err
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	keys, err := seal.Open(ctx, db.Money().Pool, secret, now) // no posting waits for a reader to learn a key
	if err != nil {
		closeDB()
		return nil, nil, err
	}
	keys.Reread(s.secretAgain(db.Pool))
	p := &Program{
		Settings: s, DB: db, Keys: keys, Now: now,
		APIKeys:     signin.NewAPIKeys(db, now),
		People:      signin.NewPeople(db, keys, now),
		trail:       trail.NewTrail(db, keys, now),
		Registry:    merchants.New(db, keys, now),
		messages:    outbox.New(db, keys, now),
		privacy:     privacy.New(db, keys, now),
		Connections: connections.New(db, keys, now),
		reports:     reports.New(db, now),
		programme:   programme.New(db, now),
	}
	p.leader = jobs.NewLeader(db, "metrics")
	p.Intake = intake.New(db, keys, p.Connections, now)
	p.Cases = cases.New(db, p.Intake, now)
	p.payments = payments.New(db, p.Intake.Feed(), now)
	p.orders = orders.New(db, p.Registry.Codes, now)
	p.field = field.New(db, p.reports, now)
	p.Periodic = periodic.New(periodic.Parts{DB: db, Keys: keys, Reports: p.reports, Programme: p.programme, Now: now})
	p.sso = sso.New(sso.Parts{
		DB: db, Keys: keys, Now: now, People: p.People, Client: outgoing.NewClient(s.Allow), List: s.Providers,
	})
	if p.pushes, err = push.New(push.Parts{
		DB: db, Keys: keys, Payments: p.payments, Now: now, Hosts: s.PushHosts, Client: outgoing.NewClient(s.PushAllow),
		PublicURL: s.PublicURL,
	}); err != nil {
		closeDB()
		return nil, nil, err
	}
	p.Boxes = soundbox.New(db, keys, p.Intake.Feed(), now)
	return p, closeDB, nil
}

// RecordCommand runs a command that changes rights, and records it in the audit trail.
func (p *Program) RecordCommand(ctx context.Context, c trail.Command, do func(context.Context) error) error {
	return p.trail.RecordCommand(ctx, c, do)
}

// StartPayments accepts notices and streams payments until StopPayments.
func (p *Program) StartPayments(ctx context.Context) {
	p.payments.Start(ctx)
	p.Intake.Start(ctx, p.pushes.Job())
}

// StopPayments ends the streams, posts what was received, and ends the jobs.
func (p *Program) StopPayments() {
	p.payments.Stop()
	p.Intake.Stop()
}

// OpenDatabase opens a database that has this program's schema. A private one is brought up to it;
// any other is refused with migrations.ErrUnmigrated or migrations.ErrNewer. The function it
// returns closes it.
func OpenDatabase(ctx context.Context, s *Settings) (*database.DB, func(), error) {
	return openDatabaseOn(ctx, s, private.Use)
}

func openDatabaseOn(ctx context.Context, s *Settings, start starter) (*database.DB, func(), error) {
	at, err := openStoreOn(ctx, s, start)
	if err != nil {
		return nil, nil, err
	}
	db, err := at.openMigrated(ctx)
	if err != nil {
		at.Stop()
		return nil, nil, err
	}
	return db, func() {
		waitAtMost(closePatience, "connections to the database", db.Close)
		at.Stop()
	}, nil
}
