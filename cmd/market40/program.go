package main

import (
	"context"
	"time"

	"market40/merchants"
	"market40/merchants/auth"
	"market40/merchants/outbox"
	"market40/merchants/outgoing"
	"market40/merchants/privacy"
	"market40/merchants/seal"
	"market40/migrations/database"
	"market40/migrations/database/private"
	"market40/payments"
	"market40/payments/soundbox"
	"market40/reports"
	"market40/reports/field"
	"market40/reports/periodic"
	"market40/reports/programme"
)

// program is what a running market40 consists of.
type program struct {
	settings  *settings
	db        *database.DB
	keys      *seal.Keys
	apiKeys   *auth.APIKeys
	people    *auth.People
	sso       *auth.SSO
	codes     *auth.PhoneCodes // set by routes; nil: nothing was mounted
	trail     *auth.Trail
	registry  *merchants.Registry
	messages  *outbox.Outbox
	privacy   *privacy.Desk
	payments  *payments.Payments // not started: who wants it to take notices calls Start and Stop
	pushes    *payments.Pushes
	boxes     *soundbox.Soundboxes
	reports   *reports.Reports
	programme *programme.Programme
	field     *field.Field
	periodic  *periodic.Periodic
	now       func() time.Time
}

// openProgram opens the database (that of a running serve, or its own), unwraps the keys and wires everything.
// The function it returns closes all of it.
func openProgram(ctx context.Context, s *settings) (*program, func(), error) {
	return openProgramOn(ctx, s, private.Use)
}

// openServing does what openProgram does, for serve: a private server is its own, and one that another process runs is refused.
func openServing(ctx context.Context, s *settings) (*program, func(), error) {
	return openProgramOn(ctx, s, private.Start)
}

// openProgramOn opens the program on a private server that start gives.
func openProgramOn(ctx context.Context, s *settings, start starter) (*program, func(), error) {
	if err := s.needSecret(); err != nil {
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
	p := &program{
		settings: s, db: db, keys: keys, now: now,
		apiKeys:   auth.NewAPIKeys(db, now),
		people:    auth.NewPeople(db, keys, now),
		trail:     auth.NewTrail(db, keys, now),
		registry:  merchants.New(db, keys, now),
		messages:  outbox.New(db, keys, now),
		privacy:   privacy.New(db, keys, now),
		payments:  payments.New(db, keys, now),
		reports:   reports.New(db, now),
		programme: programme.New(db, now),
	}
	p.field = field.New(db, p.reports, now)
	p.periodic = periodic.New(periodic.Parts{DB: db, Keys: keys, Reports: p.reports, Programme: p.programme, Now: now})
	p.sso = auth.NewSSO(p.people, outgoing.Client(s.Allow), s.Providers)
	if p.pushes, err = payments.NewPushes(p.payments, s.PushHosts, outgoing.Client(s.PushAllow), s.PublicURL); err != nil {
		closeDB()
		return nil, nil, err
	}
	p.boxes = soundbox.New(db, keys, p.payments.Feed(), now)
	return p, closeDB, nil
}

// openDatabase opens a database that has this program's schema. A private one is brought up to it; any other
// is refused with migrations.ErrUnmigrated or migrations.ErrNewer. The function it returns closes it.
func openDatabase(ctx context.Context, s *settings) (*database.DB, func(), error) {
	return openDatabaseOn(ctx, s, private.Use)
}

func openDatabaseOn(ctx context.Context, s *settings, start starter) (*database.DB, func(), error) {
	at, err := openStoreOn(ctx, s, start)
	if err != nil {
		return nil, nil, err
	}
	db, err := at.openMigrated(ctx)
	if err != nil {
		at.stop()
		return nil, nil, err
	}
	return db, func() {
		waitAtMost(closePatience, "connections to the database", db.Close)
		at.stop()
	}, nil
}
