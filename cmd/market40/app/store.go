package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"market40/migrations"
	"market40/migrations/database"
	"market40/migrations/database/private"
)

const (
	// startPatience is how long a private server may take to answer, recovery after a crash
	// included.
	startPatience = 5 * time.Minute
	// stopPatience is how long a private server may take to write everything down.
	stopPatience = 20 * time.Second
)

// starter returns the private server of a directory. Commands use private.Use: the server of a
// running serve, or one of their own. serve uses private.Start: its own or none.
type starter func(ctx context.Context, dir string, o private.Options) (*private.Server, error)

// Store is the database server in use: a private one, or that of DATABASE_URL.
type Store struct {
	url      string          // as the role that serves
	OwnerURL string          // as the owner of the tables
	Server   *private.Server // nil with DATABASE_URL
	tracer   database.Tracer // of the role that serves; nil: none
}

// OpenStore finds the database's server and starts it if it is ours and no serve runs it.
func OpenStore(ctx context.Context, s *Settings) (*Store, error) {
	return openStoreOn(ctx, s, private.Use)
}

func openStoreOn(ctx context.Context, s *Settings, start starter) (*Store, error) {
	if s.DatabaseURL != "" {
		return &Store{url: s.DatabaseURL, OwnerURL: s.MigrateURL, tracer: s.tracer()}, nil
	}
	starting, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	server, err := start(starting, s.DataDir, private.Options{Log: slog.Default()})
	if err != nil {
		return nil, err
	}
	return &Store{url: server.ServingURL(), OwnerURL: server.URL(), Server: server, tracer: s.tracer()}, nil
}

// Stop ends a private server that this process runs.
func (st *Store) Stop() {
	if st.Server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	if err := st.Server.Stop(ctx); err != nil {
		// a caller that stops can do nothing about it
		slog.Error("stopping the private database failed", "error", err)
	}
}

// ServingURL returns the way to the database as the role that serves.
func (st *Store) ServingURL() string { return st.url }

// CheckSessions refuses a pool in transaction mode. A private server has no pool before it.
func (st *Store) CheckSessions(ctx context.Context, url string) error {
	if st.Server != nil {
		return nil
	}
	return database.CheckSessions(ctx, url)
}

// openMigrated opens the database once it has this program's schema, which a private one is given
// here.
func (st *Store) openMigrated(ctx context.Context) (*database.DB, error) {
	if err := st.CheckSessions(ctx, st.url); err != nil {
		return nil, err
	}
	db, err := database.Open(ctx, st.url, database.Options{Tracer: st.tracer})
	if err != nil {
		return nil, err
	}
	err = migrations.Check(ctx, db.Pool)
	if errors.Is(err, migrations.ErrUnmigrated) && st.Server != nil {
		err = migrations.Up(ctx, st.OwnerURL)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
