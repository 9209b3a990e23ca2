package siem

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/trail"
	"market40/merchants/platform/jobs"
	"market40/migrations/database"
)

const (
	lookEvery   = time.Second
	pageOfLines = 500
	// overlap is how far back each look reaches again: a line may be committed after one with a
	// later time, by as much as adding to the trail may take, and clocks of replicas differ.
	overlap = time.Minute
	// rewind is how far back a new connection begins: TCP acknowledges to the kernel what the
	// receiver's program may never have read, and gives up on a silent receiver after a quarter of
	// an hour (tcp_retries2).
	rewind       = 20 * time.Minute
	sendWithin   = 20 * time.Second
	firstPause   = time.Second // after a failure, doubled each time
	longestPause = time.Minute
)

// Receiver is where lines are sent.
type Receiver struct {
	Address string      // host:port
	TLS     *tls.Config // nil: plain TCP
	Format  Format
}

// name identifies the receiver's cursor.
func (r *Receiver) name() string { return r.Address }

// Forwarder sends the trail to a receiver, each line at least once: after a break the last lines
// are sent again, and the id in the structured data identifies duplicates. Lines are framed by
// octet counting (RFC 6587, section 3.4.1; RFC 5425 over TLS).
type Forwarder struct {
	Trail    *trail.Trail
	DB       *database.DB
	Receiver Receiver
	Source   Source
	Now      func() time.Time
}

// Run forwards until ctx ends; of several replicas one does it at a time. While the receiver does
// not answer it tries again with longer pauses, then continues from its cursor.
func (f *Forwarder) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		began := f.Now()
		err := f.forward(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.Now().Sub(began) > longestPause {
			pause = firstPause
		}
		if !errors.Is(err, jobs.ErrElsewhere) {
			slog.WarnContext(ctx, "forwarding the audit trail is interrupted", "receiver", f.Receiver.Address,
				"again_in", pause.String(), "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// forward holds the lock and a connection, and sends until one of them breaks.
func (f *Forwarder) forward(ctx context.Context) error {
	return jobs.RunExclusive(ctx, f.DB, "forward-audit", f.forwardAlone)
}

// forwardAlone does the work of forward while the lock is held.
func (f *Forwarder) forwardAlone(ctx context.Context) error {
	var cursor time.Time
	err := f.DB.Pool.QueryRow(ctx, `INSERT INTO audit_cursors AS c (receiver, at) VALUES ($1, $2) ON CONFLICT (receiver)
		DO UPDATE SET at = c.at RETURNING at`,
		f.Receiver.name(), f.Now()).Scan(&cursor)
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	conn, err := f.dial(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	gone := make(chan struct{})
	go func() { // a receiver says nothing: what ends this is its end
		defer close(gone)
		_, err := io.Copy(io.Discard, conn)
		cancel(fmt.Errorf("the receiver closed the connection: %w", errors.Join(err, io.EOF)))
	}()
	defer func() {
		_ = conn.Close() // nothing is left to do about it
		<-gone
		cancel(nil)
	}()
	s := &sending{
		Forwarder: f, conn: conn, out: bufio.NewWriterSize(conn, 64<<10), cursor: cursor,
		from: cursor.Add(-rewind), sent: map[uuid.UUID]time.Time{},
	}
	err = s.run(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (f *Forwarder) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	var dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{}
	if f.Receiver.TLS != nil {
		dialer = &tls.Dialer{Config: f.Receiver.TLS}
	}
	conn, err := dialer.DialContext(ctx, "tcp", f.Receiver.Address)
	if err != nil {
		return nil, fmt.Errorf("reach the receiver: %w", err)
	}
	return conn, nil
}

// sending is one connection's work.
type sending struct {
	*Forwarder
	conn   net.Conn
	out    *bufio.Writer
	cursor time.Time // up to when everything was sent
	from   time.Time // where the next look begins
	sent   map[uuid.UUID]time.Time
}

func (s *sending) run(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if err := s.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// look sends every line that ended and was not sent on this connection, page by page, and stores the
// position of the last one.
func (s *sending) look(ctx context.Context) error {
	place := trail.LinePlace{At: s.from}
	for {
		lines, err := s.Trail.Ended(ctx, place, s.Now().Add(rewind), pageOfLines)
		if err != nil {
			return err
		}
		if err := s.send(ctx, lines); err != nil {
			return err
		}
		if len(lines) < pageOfLines {
			break
		}
		last := lines[len(lines)-1]
		place = trail.LinePlace{At: *last.EndedAt, ID: last.ID}
	}
	s.from = s.cursor.Add(-overlap)
	for id, at := range s.sent {
		if at.Before(s.from) {
			delete(s.sent, id)
		}
	}
	return nil
}

func (s *sending) send(ctx context.Context, lines []trail.Line) error {
	before := s.cursor
	if err := s.conn.SetWriteDeadline(time.Now().Add(sendWithin)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	for i := range lines {
		l := &lines[i]
		if _, done := s.sent[l.ID]; done {
			continue
		}
		message, err := s.Source.Message(s.Receiver.Format, l)
		if err != nil {
			return err
		}
		if _, err := s.out.Write(Frame(message)); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		s.sent[l.ID] = *l.EndedAt
		if l.EndedAt.After(s.cursor) {
			s.cursor = *l.EndedAt
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if s.cursor.Equal(before) {
		return nil
	}
	_, err := s.DB.Pool.Exec(ctx, `UPDATE audit_cursors SET at = $2 WHERE receiver = $1 AND at < $2`, s.Receiver.name(),
		s.cursor)
	if err != nil {
		return fmt.Errorf("keep the cursor: %w", err)
	}
	return nil
}

// Frame writes a message's length before it (RFC 6587, section 3.4.1).
func Frame(message []byte) []byte {
	return append(append(strconv.AppendInt(nil, int64(len(message)), 10), ' '), message...)
}
