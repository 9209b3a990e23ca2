package push

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/payments"
	"market40/payments/money"
)

const (
	// pushEvery is how often subscriptions are checked.
	pushEvery = 2 * time.Second
	// pushFor is how long a push service stores a message for a phone that is off. A later message
	// would be mistaken for a new payment.
	pushFor = 120 * time.Second
	// pushBatch is how many subscriptions are notified in one run, pushAtOnce how many in parallel.
	pushBatch, pushAtOnce = 200, 8
	// maxFailures is how many failures in a row drop a subscription. The pause after a failure doubles
	// from pushEvery to an hour.
	maxFailures = 12
	// sessionsLast is the longest time that a merchant's session lasts.
	sessionsLast = 180 * 24 * time.Hour
)

// push notifies each subscription of the payments since its last message. It deletes subscriptions
// with an ended session or tenancy.
func (s *Notifier) push(ctx context.Context) error {
	now := s.now()
	_, err := s.db.Pool.Exec(ctx, `DELETE FROM push_subscriptions p USING sessions e, tenancies t
		WHERE e.id = p.session_id AND t.id = p.tenancy_id AND (e.ended_at IS NOT NULL OR e.created_at < $1
		OR NOT upper_inf(t.valid) OR p.failures >= $2
			OR p.shift AND NOT coalesce(shift_span(p.session_id) @> $3::timestamptz, false))`, now.Add(-sessionsLast),
		maxFailures, now)
	if err != nil {
		return fmt.Errorf("delete push subscriptions: %w", err)
	}
	rows, err := s.db.Pool.Query(ctx, `SELECT p.id, p.session_id, p.stall_id, p.market_id, p.tenancy_id, st.number,
		p.shift, p.subscription, p.last_version, p.failures
		FROM push_subscriptions p JOIN ledger_accounts l ON l.tenancy_id = p.tenancy_id AND l.kind = 'stall'
		JOIN stalls st ON st.id = p.stall_id
		WHERE l.version > p.last_version AND p.next_at <= $1 ORDER BY p.next_at LIMIT $2`, now, pushBatch)
	if err != nil {
		return fmt.Errorf("find phones to notify: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t target, err error) {
		err = row.Scan(&t.id, &t.session, &t.stall, &t.market, &t.tenancy, &t.number, &t.shift, &t.sealed, &t.last,
			&t.failures)
		return t, err
	})
	if err != nil {
		return fmt.Errorf("find phones to notify: %w", err)
	}
	slots := make(chan struct{}, pushAtOnce)
	var running sync.WaitGroup
	for _, t := range waiting {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := s.notify(ctx, t); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "a phone was not notified", "subscription", t.id, "error", err)
			}
		})
	}
	running.Wait()
	return nil
}

// notify sends one message for all payments since the last one.
func (s *Notifier) notify(ctx context.Context, t target) error {
	var shift *uuid.UUID
	if t.shift {
		shift = &t.session
	}
	news, err := s.payments.ReadAfter(ctx, t.account(), t.last, shift)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	last := t.last
	if m := pushMessage(t, news); m != nil {
		if status, err = s.send(ctx, t, m); err != nil {
			slog.InfoContext(ctx, "a push service did not answer", "subscription", t.id, "error", err)
			status = 0
		}
		s.results.WithLabelValues(resultOf(status)).Inc()
	}
	if len(news) > 0 {
		last = news[len(news)-1].Version
	} else if err := s.db.Pool.QueryRow(ctx, `SELECT version FROM ledger_accounts WHERE id = $1`, t.account()).Scan(
		&last); err != nil { // nothing of this shift
		return fmt.Errorf("read version of %s: %w", t.account(), err)
	}
	switch resultOf(status) {
	case "gone":
		_, err = s.db.Pool.Exec(ctx, `DELETE FROM push_subscriptions WHERE id = $1`, t.id)
	case "sent":
		_, err = s.db.Pool.Exec(ctx, `UPDATE push_subscriptions SET last_version = $2, failures = 0, next_at = $3
			WHERE id = $1`, t.id, last, s.now())
	default:
		pause := min(pushEvery<<min(t.failures, 20), time.Hour)
		_, err = s.db.Pool.Exec(ctx,
			`UPDATE push_subscriptions SET failures = failures + 1, next_at = $2 WHERE id = $1`, t.id,
			s.now().Add(pause))
	}
	if err != nil {
		return fmt.Errorf("record the result of a message: %w", err)
	}
	return nil
}

// resultOf returns what a push service's status means: the phone ended its subscription (RFC 8030, section
// 7.3), the message is sent, or it failed.
func resultOf(status int) string {
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		return "gone"
	case status/100 == 2:
		return "sent"
	}
	return "failed"
}

// pushMessage returns the message about payments; nil: no payment.
func pushMessage(t target, news []payments.Payment) *pushed {
	if len(news) == 0 {
		return nil
	}
	newest := news[len(news)-1]
	m := &pushed{
		StallID: t.stall, StallNumber: t.number, Version: newest.Version, Currency: money.Currency,
		OccurredAt: newest.OccurredAt, Count: len(news), Tag: "m40-" + t.stall.String(),
	}
	var sum money.Amount
	back, small := 0, 0
	for _, p := range news {
		sum = sum.Add(p.Amount)
		if p.State == "reversal" {
			back++
		} else if p.Amount.Dong() < smallPush {
			small++
		}
	}
	m.Amount = sum.String()
	switch {
	case len(news) == 1 && back == 1:
		m.Title = "Ngân hàng rút lại " + sum.Neg().Format()
	case len(news) == 1 && sum.Dong() < smallPush:
		m.Title = "Chú ý: chỉ nhận " + sum.Format()
	case len(news) == 1:
		m.Title = "Đã nhận " + sum.Format()
	default:
		m.Title = fmt.Sprintf("%d khoản, %s", len(news), sum.Format())
	}
	if small > 0 && len(news) > 1 {
		m.Title = "Chú ý: " + m.Title + fmt.Sprintf(", có %d khoản dưới 1.000 đ", small)
	}
	m.Body = "Sạp " + t.number + ", lúc " + newest.OccurredAt.In(bizday.Vietnam).Format("15:04")
	return m
}

// smallPush is the amount below which a payment is announced as a warning, like in the voice.
const smallPush = 1000

// send encrypts a message for a phone (RFC 8291) and sends it to its push service. It returns the
// service's status.
func (s *Notifier) send(ctx context.Context, t target, m *pushed) (int, error) {
	raw, err := s.keys.Open(ctx, subscriptionPlace(t.id), t.sealed)
	if err != nil {
		return 0, err
	}
	var to Subscription
	if err := json.Unmarshal(raw, &to); err != nil {
		return 0, err
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return 0, err
	}
	answer, err := webpush.SendNotificationWithContext(ctx, plain, &webpush.Subscription{
		Endpoint: to.Endpoint,
		Keys:     webpush.Keys{P256dh: to.Keys.P256dh, Auth: to.Keys.Auth},
	}, &webpush.Options{
		HTTPClient: s.client, Subscriber: s.subscriber, TTL: int(pushFor.Seconds()), Urgency: webpush.UrgencyHigh,
		Topic: strings.ReplaceAll(t.stall.String(), "-", ""), VAPIDPublicKey: s.public, VAPIDPrivateKey: s.private,
		RecordSize: 1024,
	})
	if err != nil {
		return 0, fmt.Errorf("call the push service: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4096))
	return answer.StatusCode, nil
}
