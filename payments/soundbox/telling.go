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
var newsSQL string

// newsPage is how many payments are read at once.
const newsPage = 200

// session is what one connected box was sent.
type session struct {
	*Soundboxes
	l       *line
	welcome bool  // it has greeted
	sent    int64 // the last version that it was sent
}

// news is one payment or reversal of an account.
type news struct {
	Version    int64
	ID         uuid.UUID
	Amount     money.Amount
	Reversal   bool
	OccurredAt time.Time
	Precision  string
	ReceivedAt time.Time
}

// tell sends a paired box its payments, from its greeting until its line or its right ends.
func (s *Soundboxes) tell(cl *mqtt.Client, l *line) {
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
				_ = s.server.DisconnectClient(cl, reason(err))
			}
			return
		}
	}
}

// errEnded is that a box was revoked, or its tenancy has ended.
var errEnded = errors.New("the box may speak no longer")

// reason returns why a box is disconnected.
func reason(err error) packets.Code {
	if errors.Is(err, errEnded) {
		return packets.ErrNotAuthorized
	}
	slog.Warn("a soundbox did not get its payments", "error", err)
	return packets.ErrServerUnavailable // it connects again, and gets them then
}

// look answers a greeting, if there is one, and sends the box the versions that it does not have
// yet.
func (t *session) look(greeting *Greeting) error {
	heard, version, err := t.standing(greeting)
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
	return t.tellNews(heard)
}

// standing returns the version up to which the box has received payments and the version of its
// account, or errEnded. It stores the greeting. A box that claims a later version than the
// account's got it from a database that was restored since.
func (t *session) standing(greeting *Greeting) (heard, version int64, err error) {
	ctx, cancel := context.WithTimeout(t.l.ctx, askWithin)
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

// tellNews sends the versions after the last sent one. It sends young ones one by one, at most
// maxUnheard before a receipt, and a series of old ones as a count and a sum.
func (t *session) tellNews(heard int64) error {
	old := &Message{Kind: Missed, After: t.sent, Seq: t.sent}
	for {
		page, err := t.news(old.Seq)
		if err != nil {
			return err
		}
		for _, p := range page {
			if !t.now().Before(p.ReceivedAt.Add(ExpiresAfter)) {
				old.count(p.Reversal, p.Amount)
				old.Seq = p.Version
				continue
			}
			if err := t.tellOld(old); err != nil || p.Version > heard+maxUnheard {
				return err
			}
			if err := t.tellOne(p); err != nil {
				return err
			}
			old = &Message{Kind: Missed, After: t.sent, Seq: t.sent}
		}
		if len(page) < newsPage {
			return t.tellOld(old)
		}
	}
}

// news returns the payments of the box's account after a version.
func (t *session) news(after int64) ([]news, error) {
	ctx, cancel := context.WithTimeout(t.l.ctx, askWithin)
	defer cancel()
	rows, err := t.db.Pool.Query(ctx, newsSQL, pgx.NamedArgs{
		"account": t.l.box.account, "after": after,
		"most": newsPage,
	})
	if err != nil {
		return nil, fmt.Errorf("read payments for soundbox %s: %w", t.l.name, err)
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[news])
	if err != nil {
		return nil, fmt.Errorf("read payments for soundbox %s: %w", t.l.name, err)
	}
	return page, nil
}

// tellOld sends what was missed, if anything was.
func (t *session) tellOld(old *Message) error {
	if old.Seq == old.After {
		return nil
	}
	return t.tellMessage(*old)
}

// tellOne sends one payment.
func (t *session) tellOne(p news) error {
	expires := p.ReceivedAt.Add(ExpiresAfter)
	m := Message{
		Kind: Payment, After: t.sent, Seq: p.Version, ID: &p.ID, Amount: &p.Amount, OccurredAt: &p.OccurredAt,
		Precision: p.Precision, ReceivedAt: &p.ReceivedAt, ExpiresAt: &expires,
	}
	if p.Reversal {
		m.Kind = Correction
	}
	return t.tellMessage(m)
}

func (t *session) tellMessage(m Message) error {
	m.Now = t.now()
	if err := t.l.send(Say, t.l.box.key, m); err != nil {
		return err
	}
	t.sent = m.Seq
	return nil
}

// send signs a message and writes it to this line. Only the box's receipt shows that it arrived.
// The broker would send it to any subscriber with the box's id. If a box connects again before its
// old line has ended, that is no subscriber or the wrong one, because the end of the old line
// removes the new subscription.
func (l *line) send(name string, key []byte, message any) error {
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

// heard stores a box's receipt, and wakes the stall's phones, which need not speak.
func (s *Soundboxes) heard(ctx context.Context, l *line, seq int64) error {
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

// hungUp records that a box's line has ended, unless it already has another.
func (s *Soundboxes) hungUp(l *line) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), askWithin)
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
		if _, err := s.db.Pool.Exec(ctx, `UPDATE soundboxes SET seen_at = $2 WHERE line_id = ANY ($1)`, s.lines.seen(),
			s.now()); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "the times of the soundboxes' last messages were not stored", "error", err)
		}
	}
}
