// Package metrics collects what /metrics reports of the database and of the whole installation. What
// a part of the program counts itself, it collects itself.
package metrics

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"market40/migrations/database"
)

const (
	// readEvery is how long a reading of the database is used for further scrapes.
	readEvery = 5 * time.Second
	// readWithin is how long a scrape waits for the database.
	readWithin = 2 * time.Second
	// readingLasts is how long the last reading is reported while the database is too busy for another.
	readingLasts = time.Minute
)

//go:embed installation.sql
var installationSQL string

// numbers are the metrics of the installation, by their names in installation.sql.
var numbers = map[string]*prometheus.Desc{
	"unmatched_notices": number("unmatched_notices", "Notices that fit no stall and wait for a person's decision."),
	"open_cases":        number("open_cases", "Cases that wait for a person, by kind.", "kind"),
	"oldest_open_case_seconds": number("oldest_open_case_seconds",
		"How long the oldest open case of a kind has waited.", "kind"),
	"connection_enabled": number("connection_enabled", "1: the connection accepts notices; 0: it is disabled.",
		"connection", "provider"),
	"connection_last_notice_timestamp_seconds": number(
		"connection_last_notice_timestamp_seconds",
		"When the connection's last call was accepted, tests included; absent before the first.",
		"connection",
		"provider",
	),
	"outbox_waiting_messages": number("outbox_waiting_messages", "Messages to phones that are not sent yet."),
	"outbox_oldest_message_seconds": number("outbox_oldest_message_seconds",
		"How long the oldest of them has waited; 0: none waits."),
	"push_subscriptions": number("push_subscriptions", "Phones that are notified of payments while the app is closed."),
	"audit_forwarder_lag_seconds": number("audit_forwarder_lag_seconds",
		"Age of the oldest line of the audit trail that was not forwarded; 0: none waits. Only with AUDIT_SYSLOG."),
	"last_run_timestamp_seconds": number("last_run_timestamp_seconds",
		"When a command last ended: backup, ledger_verify or audit_verify; 0: never.", "task"),
	"last_run_faults": number("last_run_faults", "Faults that the last ledger_verify or audit_verify found.", "task"),
	"partition_months_ahead": number("partition_months_ahead",
		"Months after the present one for which a table has its partition; -1: not even the present one.", "table"),
	"partition_default_rows": number("partition_default_rows",
		"Rows in a table's default partition, which should be empty; 10000 are counted at most.", "table"),
}

func number(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("market40_"+name, help, labels, nil)
}

// row is one number of installation.sql.
type row struct {
	Name, First, Second string
	Value               float64
}

// labels returns the values of the labels that a row has.
func (r row) labels() (values []string) {
	for _, v := range []string{r.First, r.Second} {
		if v != "" {
			values = append(values, v)
		}
	}
	return values
}

// Installation collects the numbers of the whole installation by one query, which is repeated after a
// few seconds at the earliest. All replicas would report the same: only one of them may.
type Installation struct {
	db       *database.DB
	receiver *string // of the audit trail
	mu       sync.Mutex
	tried    time.Time
	read     time.Time
	rows     []row
}

// NewInstallation reads from db. receiver is where the audit trail is forwarded; empty: nowhere.
func NewInstallation(db *database.DB, receiver string) *Installation {
	i := &Installation{db: db}
	if receiver != "" {
		i.receiver = &receiver
	}
	return i
}

// Describe sends the descriptions of what Collect may send.
func (i *Installation) Describe(to chan<- *prometheus.Desc) {
	for _, d := range numbers {
		to <- d
	}
}

// Collect sends the last reading.
func (i *Installation) Collect(to chan<- prometheus.Metric) {
	for _, r := range i.latest() {
		desc := numbers[r.Name]
		if m, err := prometheus.NewConstMetric(desc, prometheus.GaugeValue, r.Value, r.labels()...); err == nil {
			to <- m
		}
	}
}

// latest returns the last reading, or a new one if that is too old.
func (i *Installation) latest() []row {
	i.mu.Lock()
	defer i.mu.Unlock()
	if time.Since(i.tried) < readEvery {
		return i.rows
	}
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	rows, err := i.query(ctx)
	i.tried = time.Now()
	switch {
	case err == nil:
		i.rows, i.read = rows, i.tried
	case time.Since(i.read) > readingLasts:
		i.rows = nil
		slog.WarnContext(ctx, "the numbers of the installation cannot be read", "error", err)
	}
	return i.rows
}

func (i *Installation) query(ctx context.Context) ([]row, error) {
	rows, err := i.db.Pool.Query(ctx, installationSQL, i.receiver)
	if err != nil {
		return nil, fmt.Errorf("read the installation's numbers: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fmt.Errorf("read the installation's numbers: %w", err)
	}
	return list, nil
}
