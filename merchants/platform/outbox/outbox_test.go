package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/outbox"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// gateway is a sender that a test breaks; it is the seam outside of the process.
type gateway struct {
	mu   sync.Mutex
	down bool
	sent []string
}

func (g *gateway) Send(_ context.Context, phone, text string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return errors.New("the gateway is down")
	}
	g.sent = append(g.sent, phone+" "+text)
	return nil
}

type post struct {
	*testing.T
	db     *database.DB
	outbox *outbox.Outbox
	clock  time.Time
}

func newPost(t *testing.T) *post {
	t.Helper()
	t.Parallel()
	p := &post{T: t, db: dbtest.New(t), clock: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)}
	now := func() time.Time { return p.clock }
	keys, err := seal.Open(t.Context(), p.db.Pool, [seal.KeySize]byte{1}, now)
	p.must(err)
	p.outbox = outbox.New(p.db, keys, now)
	return p
}

func (p *post) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *post) put(messages ...outbox.Message) {
	p.Helper()
	p.must(p.db.InTx(p.Context(), func(ctx context.Context, tx pgx.Tx) error {
		for _, m := range messages {
			if err := p.outbox.Put(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *post) states() string {
	p.Helper()
	var states string
	p.must(p.db.Pool.QueryRow(p.Context(), `SELECT coalesce(string_agg(state || ' ' || attempts, ', ' ORDER BY id), '')
		FROM messages`).Scan(&states))
	return states
}

func TestMessageIsSentOnceForItsSubject(t *testing.T) {
	p := newPost(t)
	m := outbox.Message{
		Purpose: "beneficiary_proposed", About: uuid.New(), Phone: "0905123456",
		Text: "Chợ 4.0: đổi tài khoản",
	}
	p.put(m, m)
	p.put(m)
	to := &gateway{}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { p.must(p.outbox.Flush(t.Context(), to)) })
	}
	wait.Wait()
	if fmt.Sprint(to.sent) != "[0905123456 Chợ 4.0: đổi tài khoản]" || p.states() != "sent 1" {
		t.Errorf("sent %v, %s", to.sent, p.states())
	}
	var stored string
	p.must(p.db.Pool.QueryRow(t.Context(), `SELECT row_to_json(m)::text FROM messages m`).Scan(&stored))
	if strings.Contains(stored, "905123456") {
		t.Error("the phone is stored readable")
	}
}

func TestAMessageIsTriedAgainAndGivenUp(t *testing.T) {
	p := newPost(t)
	m := outbox.Message{Purpose: "a", About: uuid.New(), Phone: "0905123456", Text: "x"}
	p.put(m)
	to := &gateway{down: true}
	p.must(p.outbox.Flush(t.Context(), to))
	p.must(p.outbox.Flush(t.Context(), to)) // too early
	if p.states() != "queued 1" {
		t.Errorf("after a failure: %s", p.states())
	}
	for range 8 {
		p.clock = p.clock.Add(3 * time.Hour)
		p.must(p.outbox.Flush(t.Context(), to))
	}
	if p.states() != "failed 8" {
		t.Errorf("after eight failures: %s", p.states())
	}
	m.Purpose, to.down = "b", false
	p.put(m)
	p.clock = p.clock.Add(73 * time.Hour)
	p.must(p.outbox.Flush(t.Context(), to))
	if len(to.sent) != 0 || p.states() != "failed 8, failed 1" {
		t.Errorf("a stale message: %v, %s", to.sent, p.states())
	}
}
