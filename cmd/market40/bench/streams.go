package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
)

const (
	openStreams   = 1000 // P4: phones that listen
	streamedRate  = 500  // P4: payments a second
	streamSenders = 32   // connections that they come over
	streamsOfAKey = 8    // as many as one caller may have
)

// streams measures P4: the time from the acknowledgement of a notice until its payment has arrived
// in the stall's open stream.
func (b *bench) streams(ctx context.Context, l *load) error {
	keys := make([]string, (openStreams+streamsOfAKey-1)/streamsOfAKey)
	for i := range keys {
		key, err := l.keys.Create(ctx, signin.Order{Name: "bench", Role: string(roles.Integration)})
		if err != nil {
			return err
		}
		keys[i] = key
	}
	m := &streamMeter{load: l, keys: keys, first: l.serial.Load()}
	m.acked = make([]atomic.Int64, int(float64(streamedRate)*b.length.Seconds())*2+streamSenders)
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var opened sync.WaitGroup
	var listeners sync.WaitGroup
	failed := make(chan error, openStreams)
	for i := range openStreams {
		opened.Add(1)
		listeners.Go(func() { failed <- m.listen(listening, l.targets[i], m.keys[i/streamsOfAKey], &opened) })
	}
	opened.Wait()
	if err := m.send(ctx, b.length); err != nil {
		return err
	}
	for until := time.Now().Add(10 * time.Second); m.received.Load() < m.sent.Load() && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	hangUp()
	listeners.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	if m.received.Load() < m.sent.Load() {
		return fmt.Errorf(
			"%d payments were acknowledged, %d came through the streams",
			m.sent.Load(),
			m.received.Load(),
		)
	}
	slices.Sort(m.delays)
	b.rates["P4"] = append(b.rates["P4"], m.delays[len(m.delays)*99/100].Seconds()*1000)
	b.rates["P4 rate"] = append(b.rates["P4 rate"], float64(m.sent.Load())/b.length.Seconds())
	return nil
}

// streamMeter stores when each notice was acknowledged and when its payment was received.
type streamMeter struct {
	*load
	keys           []string
	first          int64          // the serial before its own
	acked          []atomic.Int64 // by serial: unix nanoseconds
	sent, received atomic.Int64
	mu             sync.Mutex
	delays         []time.Duration
}

var seenReference = regexp.MustCompile(`"reference":"FT26(\d{12})"`)

// listen opens a stall's stream and notes what comes until ctx ends.
func (m *streamMeter) listen(ctx context.Context, to target, key string, opened *sync.WaitGroup) error {
	ready := sync.OnceFunc(opened.Done)
	defer ready()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if _, err := fmt.Fprintf(conn,
		"GET /api/v1/stalls/%s/payments/stream HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", to.stall,
		m.address, key); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(conn, 4096)
	status, err := lines.ReadSlice('\n')
	if err != nil || !bytes.Contains(status, []byte(" 200 ")) {
		return errors.Join(fmt.Errorf("a stream is answered %s", status), err)
	}
	for {
		line, err := lines.ReadSlice('\n')
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a stream broke: %w", err)
		}
		if bytes.HasPrefix(line, []byte(": market40")) {
			ready()
		}
		if found := seenReference.FindSubmatch(line); found != nil {
			m.note(string(found[1]), time.Now())
		}
	}
}

// note records the time of a received payment. One that is heard before its sender has read the
// answer took no time.
func (m *streamMeter) note(serial string, at time.Time) {
	n, err := strconv.ParseInt(serial, 10, 64)
	if err != nil || n <= m.first || n-m.first >= int64(len(m.acked)) {
		return
	}
	m.received.Add(1)
	var took time.Duration
	if acked := m.acked[n-m.first].Load(); acked > 0 {
		took = max(0, at.Sub(time.Unix(0, acked)))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delays = append(m.delays, took)
}

// send pays at an even rate, to stalls with an open stream.
func (m *streamMeter) send(ctx context.Context, length time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var senders sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for i := range streamSenders {
		senders.Go(func() {
			err := m.sender(ctx, time.Duration(i)*time.Second/streamedRate)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	senders.Wait()
	return failed
}

func (m *streamMeter) sender(ctx context.Context, after time.Duration) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	answers, mac := bufio.NewReader(conn), hmac.New(sha256.New, []byte(hookSecret))
	var request []byte
	next := time.Now().Add(after)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(next)):
		}
		next = next.Add(time.Second * streamSenders / streamedRate)
		n := m.serial.Add(1)
		request = m.sign(request[:0], buildNotice(n, m.targets[int(n)%openStreams]), mac)
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := expectOK(answers); err != nil {
			return err
		}
		m.acked[n-m.first].Store(time.Now().UnixNano())
		m.load.acked.Add(1)
		m.sent.Add(1)
	}
}
