package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/platform/bizday"
	"market40/migrations"
)

// state is what `market40 status` shows.
type state struct {
	Version     string            `json:"version"`
	Schema      int64             `json:"schema"` // the last migration
	Database    databaseState     `json:"database"`
	Connections []connectionState `json:"connections"`
	Notices     noticesState      `json:"notices"`
	OpenCases   queue             `json:"open_cases"`
	Messages    messagesState     `json:"messages"`
	LastRuns    []lastRun         `json:"last_runs"`
}

// lastRun is when a backup or a proof last ended.
type lastRun struct {
	Task       string    `json:"task"`
	FinishedAt time.Time `json:"finished_at"`
	Faults     *int      `json:"faults"` // that a proof found; null: a backup
}

// databaseState is the database's server and its clock.
type databaseState struct {
	Name       string  `json:"name"`
	Server     string  `json:"server"`
	Role       string  `json:"role"`
	Bytes      int64   `json:"bytes"`
	ClockAhead float64 `json:"clock_ahead_seconds"` // how far this machine's clock is ahead of it
}

// connectionState is a bank connection and when it was last heard.
type connectionState struct {
	ID             uuid.UUID  `json:"id"`
	Provider       string     `json:"provider"`
	Name           string     `json:"name"`
	Enabled        bool       `json:"enabled"`
	LastReceivedAt *time.Time `json:"last_received_at"`
	LastRefusedAt  *time.Time `json:"last_refused_at"`
}

// queue is how much waits, and since when.
type queue struct {
	Count int64      `json:"count"`
	Since *time.Time `json:"since"` // of the oldest; null: nothing waits
}

// noticesState is the notices that are no payments yet.
type noticesState struct {
	Pending   queue `json:"pending"`   // could not be processed, and are tried again
	Unmatched queue `json:"unmatched"` // fit no stall
}

// messagesState is the messages to phones.
type messagesState struct {
	Queued   queue `json:"queued"`
	Failed7d int64 `json:"failed_7d"`
}

func statusCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [--json]",
		Short: "Show on one page how it goes: schema, database, clock, connections, what waits",
		Long: "Show on one page how it goes: version, schema, database, clock, bank connections with their last notice, notices that\n" +
			"wait, open cases, messages to phones, last backup and proofs. `market40 doctor` says what is wrong and what to do.",
		Example: "  market40 status\n  market40 status --json | jq .notices.pending.count",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			now, err := readState(cmd.Context(), db.Pool)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(now)
			}
			return now.print(cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the page as JSON")
	return c
}

// readState reads everything from the database.
func readState(ctx context.Context, pool *pgxpool.Pool) (*state, error) {
	now := &state{Version: app.Version()}
	var there time.Time
	asked := time.Now()
	err := pool.QueryRow(ctx, `SELECT clock_timestamp(), current_database(), current_setting('server_version'),
		current_user, pg_database_size(current_database())`).
		Scan(&there, &now.Database.Name, &now.Database.Server, &now.Database.Role, &now.Database.Bytes)
	if err != nil {
		return nil, fmt.Errorf("asking the database: %w", err)
	}
	now.Database.ClockAhead = asked.Add(time.Since(asked) / 2).Sub(there).Round(time.Millisecond).Seconds()
	if now.Schema, err = migrations.Version(ctx, pool); err != nil {
		return nil, err
	}
	rows, _ := pool.Query(ctx, `SELECT c.id, c.provider, c.name, c.enabled, h.last_received_at, h.last_refused_at
		FROM bank_connections c LEFT JOIN connection_health h ON h.connection_id = c.id ORDER BY c.id`)
	if now.Connections, err = pgx.CollectRows(rows, pgx.RowToStructByPos[connectionState]); err != nil {
		return nil, fmt.Errorf("listing the connections: %w", err)
	}
	rows, _ = pool.Query(ctx, `SELECT task, finished_at, faults FROM last_runs ORDER BY task`)
	if now.LastRuns, err = pgx.CollectRows(rows, pgx.RowToStructByPos[lastRun]); err != nil {
		return nil, fmt.Errorf("reading the last backup and proofs: %w", err)
	}
	err = pool.QueryRow(ctx, `SELECT * FROM
		(SELECT count(*), min(since) FROM notice_retries) AS pending,
		(SELECT count(*), min(recorded_at) FROM notices WHERE state = 'unmatched') AS unmatched,
		(SELECT count(*), min(opened_at) FROM cases WHERE state IN ('open', 'proposed')) AS open_cases,
		(SELECT count(*), min(created_at) FROM messages WHERE state = 'queued') AS queued,
		(SELECT count(*) FROM messages WHERE state = 'failed' AND created_at > now() - interval '7 days') AS failed`).
		Scan(&now.Notices.Pending.Count, &now.Notices.Pending.Since,
			&now.Notices.Unmatched.Count, &now.Notices.Unmatched.Since,
			&now.OpenCases.Count, &now.OpenCases.Since,
			&now.Messages.Queued.Count, &now.Messages.Queued.Since, &now.Messages.Failed7d)
	if err != nil {
		return nil, fmt.Errorf("counting what waits: %w", err)
	}
	return now, nil
}

// print writes the page. Times are those of Vietnam.
func (s *state) print(out io.Writer) error {
	table := newTable(out)
	fmt.Fprintf(table, "version\t%s\n", s.Version)
	fmt.Fprintf(table, "schema\t%05d\n", s.Schema)
	fmt.Fprintf(
		table,
		"database\t%s as %s, PostgreSQL %s, %.1f MB\n",
		s.Database.Name,
		s.Database.Role,
		s.Database.Server,
		float64(s.Database.Bytes)/1e6,
	)
	fmt.Fprintf(table, "clock\t%+.3f s against the database's\n", s.Database.ClockAhead)
	fmt.Fprintf(table, "pending\t%s\n", s.Notices.Pending)
	fmt.Fprintf(table, "unmatched\t%s\n", s.Notices.Unmatched)
	fmt.Fprintf(table, "open cases\t%s\n", s.OpenCases)
	fmt.Fprintf(table, "messages\t%s queued; %d failed in 7 days\n", s.Messages.Queued, s.Messages.Failed7d)
	for _, task := range []string{"backup", "ledger_verify", "audit_verify"} {
		fmt.Fprintf(table, "%s\t%s\n", strings.ReplaceAll(task, "_", " "), s.lastRun(task))
	}
	if len(s.Connections) == 0 {
		fmt.Fprintln(table, "connections\tnone")
	}
	for _, c := range s.Connections {
		disabled, refused := "", ""
		if !c.Enabled {
			disabled = ", disabled"
		}
		if c.LastRefusedAt != nil {
			refused = ", last refused " + showTime(*c.LastRefusedAt)
		}
		last := "never"
		if c.LastReceivedAt != nil {
			last = showTime(*c.LastReceivedAt)
		}
		fmt.Fprintf(table, "connection\t%s %s%s: last received %s%s\n", c.Provider, c.Name, disabled, last, refused)
	}
	return table.Flush()
}

// lastRun says when a backup or a proof last ended.
func (s *state) lastRun(task string) string {
	for _, run := range s.LastRuns {
		if run.Task != task {
			continue
		}
		if run.Faults != nil && *run.Faults > 0 {
			return fmt.Sprintf("%s, %d FAULTS", showTime(run.FinishedAt), *run.Faults)
		}
		return showTime(run.FinishedAt)
	}
	return "never"
}

// String writes how much waits, and since when.
func (q queue) String() string {
	if q.Since == nil {
		return fmt.Sprint(q.Count)
	}
	return fmt.Sprintf("%d since %s", q.Count, showTime(*q.Since))
}

func showTime(at time.Time) string { return at.In(bizday.Vietnam).Format("2006-01-02 15:04:05") }
