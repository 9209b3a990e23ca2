package soundbox

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"market40/payments/money"
)

//go:embed news.sql
var paymentsSQL string

// paymentsPage is how many payments are read at once.
const paymentsPage = 200

// session is what one connected box was sent.
type session struct {
	*Soundboxes
	l       *boxConn
	welcome bool  // it has greeted
	sent    int64 // the last version that it was sent
}

// boxPayment is one payment or reversal of an account.
type boxPayment struct {
	Version    int64
	ID         uuid.UUID
	Amount     money.Amount
	Reversal   bool
	OccurredAt time.Time
	Precision  string
	ReceivedAt time.Time
}

// sendPayments sends a paired box its payments, from its greeting until its connection or its right
// ends.
func (s *Soundboxes) sendPayments(cl *mqtt.Client, l *boxConn) {
	woken, cancel := s.feed.Wait(l.box.account)
	defer cancel()
	defer s.hungUp(l)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	sent := &session{Soundboxes: s, l: l}
	for {
		var greeting *Greeting
		select {
		case <-l.ctx.Done():
			return
		case g := <-l.greeted:
			greeting = &g
		case <-woken:
		case <-look.C:
		}
		if err := sent.look(greeting); err != nil {
			if l.ctx.Err() == nil {
				_ = s.server.DisconnectClient(cl, disconnectReason(err))
			}
			return
		}
	}
}

// errEnded is that a box was revoked, or its tenancy has ended.
var errEnded = errors.New("the box may speak no longer")

// disconnectReason returns why a box is disconnected.
func disconnectReason(err error) packets.Code {
	if errors.Is(err, errEnded) {
		return packets.ErrNotAuthorized
	}
	slog.Warn("a soundbox did not get its payments", "error", err)
	return packets.ErrServerUnavailable // it connects again, and gets them then
}

// look answers a greeting, if there is one, and sends the box the versions that it does not have
// yet.
func (t *session) look(greeting *Greeting) error {
	heard, version, err := t.readVersions(greeting)
	if err != nil {
		return err
	}
	if greeting != nil {
		t.welcome, t.sent = true, heard
		if err := t.l.send(Say, t.l.box.key, Message{
			Kind: Welcome, Seq: t.sent, Now: t.now(),
			Nonce: greeting.Nonce,
		}); err != nil {
			return err
		}
	}
	if !t.welcome || version <= t.sent {
		return nil
	}
	return t.sendNew(heard)
}

// readVersions returns the version up to which the box has received payments and the version of its
// account, or errEnded. It stores the greeting. A box that claims a later version than the
// account's got it from a database that was restored since.
func (t *session) readVersions(greeting *Greeting) (heard, version int64, err error) {
	ctx, cancel := context.WithTimeout(t.l.ctx, queryTimeout)
	defer cancel()
	if greeting != nil {
		_, err := t.db.Pool.Exec(ctx, `UPDATE soundboxes b SET line_id = $2, seen_at = $3,
				heard_version = greatest(heard_version, least($4, coalesce((SELECT version FROM ledger_accounts a
				WHERE a.id = b.account_id), 0)))
			WHERE id = $1 AND revoked_at IS NULL`, t.l.name, t.l.id, t.now(), greeting.Last)
		if err != nil {
			return 0, 0, fmt.Errorf("note greeting of soundbox %s: %w", t.l.name, err)
		}
		t.feed.Wake(t.l.box.account) // the phones: a box is there
	}
	err = t.db.Pool.QueryRow(ctx, `SELECT b.heard_version, coalesce((SELECT version FROM ledger_accounts a
		WHERE a.id = b.account_id), 0)
		FROM soundboxes b JOIN tenancies t ON t.id = b.tenancy_id WHERE b.id = $1 AND b.revoked_at IS NULL
		AND upper_inf(t.valid)`, t.l.name).Scan(&heard, &version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, errEnded
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find soundbox %s: %w", t.l.name, err)
	}
	return heard, version, nil
}

// sendNew sends the versions after the last sent one. It sends young ones one by one, at most
// maxUnheard before a receipt, and a series of old ones as a count and a sum.
func (t *session) sendNew(heard int64) error {
	old := &Message{Kind: Missed, After: t.sent, Seq: t.sent}
	for {
		page, err := t.readPayments(old.Seq)
		if err != nil {
			return err
		}
		for _, p := range page {
			if !t.now().Before(p.ReceivedAt.Add(ExpiresAfter)) {
				old.count(p.Reversal, p.Amount)
				old.Seq = p.Version
				continue
			}
			if err := t.sendMissed(old); err != nil || p.Version > heard+maxUnheard {
				return err
			}
			if err := t.sendPayment(p); err != nil {
				return err
			}
			old = &Message{Kind: Missed, After: t.sent, Seq: t.sent}
		}
		if len(page) < paymentsPage {
			return t.sendMissed(old)
		}
	}
}

// readPayments returns the payments of the box's account after a version.
func (t *session) readPayments(after int64) ([]boxPayment, error) {
	ctx, cancel := context.WithTimeout(t.l.ctx, queryTimeout)
	defer cancel()
	rows, err := t.db.Pool.Query(ctx, paymentsSQL, pgx.NamedArgs{
		"account": t.l.box.account, "after": after,
		"most": paymentsPage,
	})
	if err != nil {
		return nil, fmt.Errorf("read payments for soundbox %s: %w", t.l.name, err)
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[boxPayment])
	if err != nil {
		return nil, fmt.Errorf("read payments for soundbox %s: %w", t.l.name, err)
	}
	return page, nil
}

// sendMissed sends what was missed, if anything was.
func (t *session) sendMissed(old *Message) error {
	if old.Seq == old.After {
		return nil
	}
	return t.sendMessage(*old)
}

// sendPayment sends one payment.
func (t *session) sendPayment(p boxPayment) error {
	expires := p.ReceivedAt.Add(ExpiresAfter)
	m := Message{
		Kind: Payment, After: t.sent, Seq: p.Version, ID: &p.ID, Amount: &p.Amount, OccurredAt: &p.OccurredAt,
		Precision: p.Precision, ReceivedAt: &p.ReceivedAt, ExpiresAt: &expires,
	}
	if p.Reversal {
		m.Kind = Correction
	}
	return t.sendMessage(m)
}

func (t *session) sendMessage(m Message) error {
	m.Now = t.now()
	if err := t.l.send(Say, t.l.box.key, m); err != nil {
		return err
	}
	t.sent = m.Seq
	return nil
}

// send signs a message and writes it to this connection. Only the box's receipt shows that it arrived.
// The broker would send it to any subscriber with the box's id. If a box connects again before its
// old connection has ended, that is no subscriber or the wrong one: the end of the old connection
// removes the new subscription.
func (l *boxConn) send(name string, key []byte, message any) error {
	topic := Topic(l.name, name)
	payload, err := Sign(key, topic, message)
	if err != nil {
		return err
	}
	err = l.client.WritePacket(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: topic,
		Payload: payload,
	})
	if err != nil {
		return fmt.Errorf("send to soundbox %s: %w", l.name, err)
	}
	return nil
}

// storeReceipt stores a box's receipt, and wakes the stall's phones, which need not speak.
func (s *Soundboxes) storeReceipt(ctx context.Context, l *boxConn, seq int64) error {
	tag, err := s.db.Pool.Exec(ctx, `UPDATE soundboxes b SET heard_version = greatest(heard_version, $2), seen_at = $3
		WHERE id = $1 AND revoked_at IS NULL AND $2 BETWEEN 0 AND coalesce((SELECT version FROM ledger_accounts a
		WHERE a.id = b.account_id), 0)`, l.name, seq, s.now())
	if err != nil {
		return fmt.Errorf("keep receipt of soundbox %s: %w", l.name, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%w: a receipt for what was never sent", ErrUnreadable)
	}
	s.feed.Wake(l.box.account)
	return nil
}

// hungUp records that a box's connection has ended, unless it already has another.
func (s *Soundboxes) hungUp(l *boxConn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), queryTimeout)
	defer cancel()
	if _, err := s.db.Pool.Exec(ctx, `UPDATE soundboxes SET line_id = NULL WHERE id = $1 AND line_id = $2`, l.name,
		l.id); err != nil {
		slog.WarnContext(ctx, "a soundbox that hung up still counts as connected", "soundbox", l.name, "error", err)
	}
	s.feed.Wake(l.box.account)
}

// writeSeen writes at intervals when this process's boxes were last heard of.
func (s *Soundboxes) writeSeen(ctx context.Context) {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.db.Pool.Exec(
			ctx,
			`UPDATE soundboxes SET seen_at = $2 WHERE line_id = ANY ($1)`,
			s.lines.takeSeen(),
			s.now(),
		); err != nil &&
			ctx.Err() == nil {
			slog.WarnContext(ctx, "the times of the soundboxes' last messages were not stored", "error", err)
		}
	}
}
