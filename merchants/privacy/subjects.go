package privacy

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/jobs"
)

const (
	// countEvery is how often the people are counted for the metric.
	countEvery = time.Minute
	// forgetAnswersAfter is how long the first answer to an Idempotency-Key is remembered: answers
	// hold personal data.
	forgetAnswersAfter = 7 * 24 * time.Hour
	// forgetCodesAfter is how long counters of one-time codes stay: their longest window is a day.
	forgetCodesAfter = 48 * time.Hour
)

// Subjects are how many people the platform has data of.
type Subjects struct {
	Merchants int    `json:"merchants" doc:"those that are not erased"`
	Users     int    `json:"users" doc:"users who are not merchants"`
	Shoppers  int    `json:"shoppers" doc:"shoppers who left a contact; the program does not collect any yet"`
	Total     int    `json:"total"`
	Near      int    `json:"near" doc:"the level from which a warning is given"`
	Limit     int    `json:"limit" doc:"the level at which duties are to be looked at again"`
	Level     string `json:"level" enum:"below,near,reached"`
}

// Subjects counts people: three numbers of two small tables.
func (d *Desk) Subjects(ctx context.Context) (s Subjects, err error) {
	err = d.db.Pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM merchants WHERE erased_at IS NULL), (SELECT count(*)
		FROM users WHERE merchant_id IS NULL),
		legal_parameter('data_subjects_near', $1::date), legal_parameter('data_subjects_limit', $1::date)`, d.today()).
		Scan(&s.Merchants, &s.Users, &s.Near, &s.Limit)
	if err != nil {
		return s, fmt.Errorf("count people: %w", err)
	}
	s.Total, s.Level = s.Merchants+s.Users+s.Shoppers, "below"
	switch {
	case s.Total >= s.Limit:
		s.Level = "reached"
	case s.Total >= s.Near:
		s.Level = "near"
	}
	return s, nil
}

// counts are what operators watch.
type counts struct {
	subjects *prometheus.GaugeVec
	warned   string // the day of the last warning
}

func newCounts() *counts {
	return &counts{subjects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "market40", Name: "data_subjects", Help: "People with stored data, counted every minute.",
	}, []string{"kind"})}
}

// InstallationCollectors returns the metrics of personal data, which are the same in each replica.
func (d *Desk) InstallationCollectors() []prometheus.Collector {
	return []prometheus.Collector{d.counts.subjects}
}

// Job returns what counts people and forgets old answers, in every process.
func (d *Desk) Job() jobs.Job {
	return jobs.Job{Name: "data-subjects", Every: countEvery, Shared: true, Do: d.Watch}
}

// Watch runs one round of Job. It warns once a day while the number of people is near or past the
// limit.
func (d *Desk) Watch(ctx context.Context) error {
	s, err := d.Subjects(ctx)
	if err != nil {
		return err
	}
	for kind, n := range map[string]int{"merchants": s.Merchants, "users": s.Users, "shoppers": s.Shoppers} {
		d.counts.subjects.WithLabelValues(kind).Set(float64(n))
	}
	if day := d.today(); s.Level != "below" && d.counts.warned != day {
		d.counts.warned = day
		slog.WarnContext(ctx, "many people's data is stored: check the duties of Law 91/2025/QH15", "total", s.Total,
			"near", s.Near, "limit", s.Limit)
	}
	_, err = d.db.Pool.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, d.now().Add(-forgetAnswersAfter))
	if err != nil {
		return fmt.Errorf("forget old answers: %w", err)
	}
	_, err = d.db.Pool.Exec(ctx, `DELETE FROM phone_codes WHERE day_began < $1 AND sent_at < $1`,
		d.now().Add(-forgetCodesAfter))
	if err != nil {
		return fmt.Errorf("forget old counters of codes: %w", err)
	}
	return nil
}
