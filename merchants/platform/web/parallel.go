package web

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Limits of what one caller may have under way. A caller is a key or a session. Strangers are one
// caller for each address and have higher limits, because a whole market may share one address.
// Webhooks and operators' pages are not limited here.
const (
	callerRequests    = 4
	callerStreams     = 8
	anonymousRequests = 64
	anonymousStreams  = 64 // a demo's start page
	// callerPatience is how long a request waits for its turn.
	callerPatience = 2 * time.Second
	// callerQueue is how many requests of a caller wait; the next one is refused at once.
	callerQueue = 1024
)

// What costs much processor time is done for few callers at once, and for each of them one at a
// time. A caller's own slot is held until its answer was sent, the common one until there is
// something to send.
const (
	costlyPatience = 10 * time.Second
	costlyQueue    = 64
)

// costlyRequests leaves half of the processors to the payments: with a workbook on each of them,
// a notice waits for its turn at every step.
var costlyRequests = max(1, runtime.GOMAXPROCS(0)/2)

const (
	// maxRest is how long the slot of a reading rests at most.
	maxRest = time.Second
	// hookPause is how long after the last accepted webhook more payments are expected.
	hookPause = time.Second
)

// kindPatience is how long a reading waits behind others of its kind before it is answered beside
// them.
const kindPatience = 2 * time.Second

// readsOfAKind is how many readings of one kind are answered at once: as many as there are
// processors, of reports half as many. More would be answered no sooner, and payments would wait
// behind all of them.
var readsOfAKind = max(2, runtime.GOMAXPROCS(0))

// caller identifies the caller that a request counts for.
type caller struct {
	id      uuid.UUID    // of the session or the key; Nil: a stranger
	network netip.Prefix // of a stranger
}

// callerOf returns who makes a request, once it was identified. Who signs in is counted as a
// stranger.
func callerOf(c *gin.Context) caller {
	who, err := roles.From(c.Request.Context())
	switch {
	case err != nil || looksAtSecrets[c.FullPath()] && c.Request.Method == http.MethodPost:
		return caller{network: networkOf(c)}
	case who.SessionID != nil:
		return caller{id: *who.SessionID}
	}
	return caller{id: who.ActorID}
}

// turns lets a number of holders of a key in at once; the others wait in the order they came.
type turns[K comparable] struct {
	queue int // how many of a key may wait
	mu    sync.Mutex
	keys  map[K]*turn
}

type turn struct {
	inside  int
	waiting []chan struct{}
}

func newTurns[K comparable](queue int) *turns[K] { return &turns[K]{queue: queue, keys: map[K]*turn{}} }

// enter waits for one of the key's slots and returns the function that gives it back. It reports
// false after patience, when too many wait, and when ctx ends.
func (t *turns[K]) enter(ctx context.Context, key K, slots int, patience time.Duration) (leave func(), entered bool) {
	leave = sync.OnceFunc(func() { t.leave(key) })
	t.mu.Lock()
	at := t.keys[key]
	if at == nil {
		at = &turn{}
		t.keys[key] = at
	}
	if at.inside < slots {
		at.inside++
		t.mu.Unlock()
		return leave, true
	}
	if len(at.waiting) >= t.queue {
		t.mu.Unlock()
		return nil, false
	}
	called := make(chan struct{}, 1)
	at.waiting = append(at.waiting, called)
	t.mu.Unlock()
	end := time.NewTimer(patience)
	defer end.Stop()
	select {
	case <-called:
		return leave, true
	case <-end.C:
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := slices.Index(at.waiting, called); n >= 0 {
		at.waiting = slices.Delete(at.waiting, n, n+1)
		return nil, false
	}
	return leave, true // the slot was given just as the wait ended
}

// leave passes the slot to the first waiting caller.
func (t *turns[K]) leave(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.keys[key]
	if len(at.waiting) > 0 {
		at.waiting[0] <- struct{}{}
		at.waiting = at.waiting[1:]
		return
	}
	if at.inside--; at.inside == 0 {
		delete(t.keys, key)
	}
}

// parallel limits what callers have under way in this process.
type parallel struct {
	requests, streams *turns[caller]
	costlyOf          *turns[caller]
	costly            *turns[struct{}]
	kinds             *turns[string]
	// when a webhook was accepted last, in nanoseconds since 1970: refused ones may come from anyone
	lastHook atomic.Int64
}

func newParallel() *parallel {
	return &parallel{
		requests: newTurns[caller](callerQueue), streams: newTurns[caller](callerQueue),
		costlyOf: newTurns[caller](costlyQueue), costly: newTurns[struct{}](costlyQueue),
		kinds: newTurns[string](callerQueue),
	}
}

// isLimited reports whether a route's requests are counted: those of people and programs, not those
// of banks, operators and browsers that load an app.
func isLimited(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/q/") || strings.HasPrefix(path, "/i/") ||
		strings.HasPrefix(path, "/demo/") || path == "/"
}

// perCaller allows a caller few requests and streams at a time. The next one waits, and is refused
// (429) after a while.
func (p *parallel) perCaller(c *gin.Context) {
	if !isLimited(c.Request.URL.Path) {
		if c.Next(); strings.HasPrefix(c.Request.URL.Path, "/webhooks/") &&
			c.Writer.Status() < http.StatusMultipleChoices {
			p.lastHook.Store(time.Now().UnixNano())
		}
		return
	}
	who := callerOf(c)
	in, slots := p.requests, callerRequests
	if who.id == uuid.Nil {
		slots = anonymousRequests
	}
	if strings.HasSuffix(c.FullPath(), "/stream") {
		in, slots = p.streams, callerStreams
		if who.id == uuid.Nil {
			slots = anonymousStreams
		}
	}
	leave, entered := in.enter(c.Request.Context(), who, slots, callerPatience)
	if !entered {
		e := problem.New(problem.TooMany, "too_many_parallel",
			"Quá nhiều yêu cầu cùng lúc, xin chờ yêu cầu trước xong.",
			"Too many requests at once: wait until the running ones have ended.")
		e.RetryAfter = 1
		problem.Write(c, e)
		return
	}
	defer leave()
	c.Next()
}

// costlyEndings are how the paths of costly files end, costlyPaths the other routes that read or
// write much.
var (
	costlyEndings = []string{".pdf", ".xlsx", ".docx", ".csv", "/export", "/import", "/dormant"}
	costlyPaths   = map[string]bool{
		"GET /api/v1/me/revenue-book": true, "GET /api/v1/ledger/trial-balance": true,
		"GET /api/v1/me/visibility":               true,
		"GET /api/v1/markets/:id/sample-estimate": true, "GET /api/v1/data-subjects": true,
	}
)

// isCostly reports whether a request needs one of the few slots. It looks for the endings in the
// requested path, because some routes have their ending in a parameter.
func isCostly(r *http.Request, route string) bool {
	if costlyPaths[r.Method+" "+route] {
		return true
	}
	return strings.HasPrefix(r.URL.Path, "/api/") && slices.ContainsFunc(costlyEndings, func(ending string) bool {
		return strings.HasSuffix(r.URL.Path, ending)
	})
}

// fewInAll lets few costly requests run at once. It begins after the body was read and ends with
// the answer's first bytes, so no slow sender or reader occupies a slot. Costly answers are
// complete before they are sent. Answers that are written in pieces have their own limit.
func (p *parallel) fewInAll(c *gin.Context) {
	if !isCostly(c.Request, c.FullPath()) {
		return
	}
	until := time.Now().Add(costlyPatience)
	ctx := c.Request.Context()
	own, entered := p.costlyOf.enter(ctx, callerOf(c), 1, costlyPatience)
	if !entered {
		problem.Write(c, Busy())
		return
	}
	defer own()
	leave, entered := p.costly.enter(ctx, struct{}{}, costlyRequests, time.Until(until))
	if !entered {
		problem.Write(c, Busy())
		return
	}
	defer leave()
	c.Writer = &leaver{c.Writer, leave}
	c.Next()
}

// fewOfAKind answers few readings of one kind at once, by the word after the version in their path.
// The others wait, but not long. It ends with the answer's first bytes, as fewInAll does.
func (p *parallel) fewOfAKind(c *gin.Context) {
	path := c.FullPath()
	if c.Request.Method != http.MethodGet || !isLimited(path) || strings.HasSuffix(path, "/stream") {
		return
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	slots := readsOfAKind
	if kind == "reports" {
		slots = costlyRequests
	}
	leave, entered := p.kinds.enter(c.Request.Context(), kind, slots, kindPatience)
	if !entered {
		return
	}
	leave = p.delayedLeave(leave, time.Now())
	defer leave()
	c.Writer = &leaver{c.Writer, leave}
	c.Next()
}

// delayedLeave returns the function that frees a slot taken at a time. While payments arrive, the
// slot stays occupied for as long again as it was used, at most maxRest. So a sequence of readings
// uses at most half of the time.
func (p *parallel) delayedLeave(leave func(), taken time.Time) func() {
	return sync.OnceFunc(func() {
		if time.Since(time.Unix(0, p.lastHook.Load())) > hookPause {
			leave()
			return
		}
		time.AfterFunc(min(time.Since(taken), maxRest), leave)
	})
}

// leaver frees a slot before it sends anything.
type leaver struct {
	gin.ResponseWriter
	leave func()
}

func (w *leaver) Write(b []byte) (int, error) {
	w.leave()
	return w.ResponseWriter.Write(b)
}

func (w *leaver) WriteString(s string) (int, error) {
	w.leave()
	return w.ResponseWriter.WriteString(s)
}

// Unwrap lets http.ResponseController find the connection.
func (w *leaver) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Busy returns the refusal (503) of a request that may soon succeed.
func Busy() error {
	e := problem.New(problem.Unavailable, "busy", "Hệ thống đang bận, xin thử lại sau vài giây.",
		"The server is busy: try again in a few seconds.")
	e.RetryAfter = int(math.Ceil(costlyPatience.Seconds() / 2))
	return e
}
