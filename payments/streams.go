package payments

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database"
	"market40/payments/ledger"
)

const (
	// checkEvery is how often all open streams are checked together: their rights, payments without a
	// wake-up, and their soundboxes.
	checkEvery = 2 * time.Second
	// checkWithin is how long one check may take.
	checkWithin = 3 * time.Second
	// endAfter is how long checks may fail before every stream ends: an open stream promises to
	// report payments.
	endAfter = 5 * time.Second
	// streamReads is how many reads of payments for streams run in parallel.
	streamReads = 3
	// recentFrames is how many payments of a stall are cached for its streams. A reader that is
	// further behind reads the database.
	recentFrames = 64
	// hangUpWithin is the time limit of writes to slow readers while the program stops.
	hangUpWithin = time.Second
)

// right is the right to a stream of a tenancy's payments.
type right struct {
	caller  roles.Principal
	anyone  bool // no caller: a demo's start page
	market  uuid.UUID
	tenancy uuid.UUID
}

// stream is one open stream.
type stream struct {
	right    right
	channel  *channel
	woken    chan struct{} // holds one wake-up
	over     chan struct{} // closed when its right has ended
	end      func()
	deadline func(time.Time) // of writing to it
}

// streams are all open streams of this process.
type streams struct {
	p     *Payments
	reads chan struct{} // a slot for each read

	mu       sync.Mutex
	open     map[*stream]bool
	channels map[uuid.UUID]*channel
	checked  time.Time // the last successful check; used by run only
}

func newStreams(p *Payments) *streams {
	return &streams{
		p: p, reads: make(chan struct{}, streamReads), open: map[*stream]bool{},
		channels: map[uuid.UUID]*channel{},
	}
}

// join opens a stream on its tenancy's channel. The first stream opens the channel too.
func (s *streams) join(ctx context.Context, r right, deadline func(time.Time)) (*stream, error) {
	st := &stream{right: r, woken: make(chan struct{}, 1), over: make(chan struct{}), deadline: deadline}
	st.end = sync.OnceFunc(func() { close(st.over) })
	account := ledger.StallAccount(r.market, r.tenancy).ID()
	s.mu.Lock()
	at := s.channels[account]
	if at == nil {
		at = &channel{account: account, woken: make(chan struct{}, 1), streams: map[*stream]bool{}}
		s.channels[account] = at
		var running context.Context
		running, at.stop = context.WithCancel(context.WithoutCancel(ctx))
		heard, cancel := s.p.feed.Wait(account)
		go func() {
			defer cancel()
			s.follow(running, at, heard)
		}()
	}
	st.channel = at
	s.open[st], at.streams[st] = true, true
	s.mu.Unlock()
	if err := s.start(ctx, at); err != nil {
		s.leave(st)
		return nil, err
	}
	return st, nil
}

// count returns how many streams are open.
func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// start reads the account's version and soundboxes for a new channel, once.
func (s *streams) start(ctx context.Context, at *channel) error {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.opened {
		return nil
	}
	version, err := s.p.readVersion(ctx, at.account)
	if err != nil {
		return err
	}
	speakers, err := s.p.speakers(ctx, []uuid.UUID{at.account})
	if err != nil {
		return err
	}
	at.from, at.upTo, at.speaker, at.opened = version, version, speakers[at.account], true
	return nil
}

// leave ends a stream. The last stream ends the channel too.
func (s *streams) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, st)
	delete(st.channel.streams, st)
	if len(st.channel.streams) == 0 && s.channels[st.channel.account] == st.channel {
		delete(s.channels, st.channel.account)
		st.channel.stop()
	}
}

// follow reads a channel's new payments at each wake-up, and wakes its streams.
func (s *streams) follow(ctx context.Context, at *channel, heard <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.p.stopping:
			return
		case <-heard:
		case <-at.woken:
		}
		if err := s.update(ctx, at); err != nil && ctx.Err() == nil && !database.IsUnreachable(err) {
			slog.WarnContext(ctx, "reading for streams failed", "error", err) // the next check retries or ends them
		}
	}
}

// update reads the payments that a channel does not have yet. Before them it reads the state of the
// soundboxes, where one is active.
func (s *streams) update(ctx context.Context, at *channel) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	at.mu.Lock()
	after, active, opened := at.upTo, at.speaker.Active, at.opened
	at.mu.Unlock()
	if !opened {
		return nil
	}
	if active {
		speakers, err := s.p.speakers(ctx, []uuid.UUID{at.account})
		if err != nil {
			return err
		}
		at.mu.Lock()
		at.speaker = speakers[at.account]
		at.mu.Unlock()
	}
	for {
		payments, err := s.read(ctx, at.account, after, nil)
		if err != nil {
			return err
		}
		frames, err := framesOf(payments)
		if err != nil {
			return err
		}
		at.add(frames)
		s.wake(at)
		if len(payments) < streamPage {
			return nil
		}
		after = payments[len(payments)-1].Version
	}
}

// read reads a page of payments for streams, at most streamReads in parallel.
func (s *streams) read(ctx context.Context, account uuid.UUID, after int64, shift *uuid.UUID) ([]Payment, error) {
	select {
	case s.reads <- struct{}{}:
		defer func() { <-s.reads }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.p.ReadAfter(ctx, account, after, shift)
}

// wake wakes the streams of a channel.
func (s *streams) wake(at *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range at.streams {
		notify(st.woken)
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// hangUp limits the time of the last writes to slow readers, when the program stops.
func (s *streams) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for st := range s.open {
		st.deadline(time.Now().Add(hangUpWithin))
	}
}
