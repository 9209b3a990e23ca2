package web

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// How large a body may be, in bytes. What strangers send is small; a webhook's limit is that of its
// route.
const (
	smallBody = 8 << 10 // sign-in, codes, verify, shoppers' forms
	maxBody   = 1 << 20 // JSON of a caller that was identified
)

const (
	// bodyBudget is how much of bodies is held in memory at once while they are read, of people and
	// of programs; webhookBudget that of banks, which no other caller can use up.
	bodyBudget    = 32 << 20
	webhookBudget = 16 << 20
	// budgetShare is which part of a budget one address may use: a half.
	budgetShare = 2
	// slowAfter is how long a body may be on its way before it gives way to another one where the
	// budget is used up.
	slowAfter = 500 * time.Millisecond
	// muchLarger is how many times larger a body is that gives way before it is slow: notices are
	// small.
	muchLarger = 8
	// firstRead is how much is reserved for a body to begin with.
	firstRead = 4 << 10
	// uploadWithin is how long a file may take to arrive. Any other body is read within the
	// server's own limit.
	uploadWithin = time.Minute
)

var (
	errTooLarge = errors.New("the body is over its limit")
	errNoBudget = errors.New("too much is being read")
)

// Budget limits the bytes of the bodies that are read at the same time, in total and for each
// address. When it is used up, it cuts off the oldest body, or a large one in favour of a small
// one. So a sender who never finishes blocks no one.
type Budget struct {
	total    int
	mu       sync.Mutex
	freed    *sync.Cond
	used     int
	usedBy   map[netip.Prefix]int
	arriving map[*arrival]bool // bodies that are not whole yet
}

// arrival is one body with reserved memory.
type arrival struct {
	by    netip.Prefix
	held  int
	began time.Time
	end   func() error // ends its reading
	cut   bool         // it has to give way
}

// NewBudget returns a budget of so many bytes.
func NewBudget(total int) *Budget {
	b := &Budget{total: total, usedBy: map[netip.Prefix]int{}, arriving: map[*arrival]bool{}}
	b.freed = sync.NewCond(&b.mu)
	return b
}

// NewWebhookBudget returns the budget that is reserved for webhooks.
func NewWebhookBudget() *Budget { return NewBudget(webhookBudget) }

// addArrival records that a body begins to arrive.
func (b *Budget) addArrival(a *arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arriving[a] = true
}

// endArrival records that a body has arrived, and reports whether it was about to be cut off.
func (b *Budget) endArrival(a *arrival) (cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.arriving, a)
	return a.cut
}

// reserve reserves n more bytes for a body. If they are not free, slower or much larger bodies are
// cut off, those of the same address if it used up its own share.
func (b *Budget) reserve(a *arrival, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !a.cut {
		ownPart := b.usedBy[a.by]+n > b.total/budgetShare
		if !ownPart && b.used+n <= b.total {
			b.used += n
			b.usedBy[a.by] += n
			a.held += n
			return true
		}
		if !b.cutOff(a, n, ownPart) {
			return false
		}
		b.freed.Wait()
	}
	return false
}

// cutOff cuts off a body to free n bytes: the oldest slow one, else a much larger one. With
// ownPart it cuts only bodies of the same address. It reports false if no body qualifies.
func (b *Budget) cutOff(to *arrival, n int, ownPart bool) bool {
	var oldest, largest *arrival
	for a := range b.arriving {
		switch {
		case a == to || a.held == 0 || ownPart && a.by != to.by:
			continue
		case a.cut:
			return true // it is about to free what it holds
		case time.Since(a.began) >= slowAfter && (oldest == nil || a.began.Before(oldest.began)):
			oldest = a
		case a.held >= muchLarger*(to.held+n) && (largest == nil || a.held > largest.held):
			largest = a
		}
	}
	cut := cmp.Or(oldest, largest)
	if cut == nil || cut.end() != nil { // a test's recorder cannot be ended
		return false
	}
	cut.cut = true
	b.freed.Broadcast() // it may be waiting itself
	return true
}

func (b *Budget) release(a *arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.arriving, a)
	b.used -= a.held
	if b.usedBy[a.by] -= a.held; b.usedBy[a.by] <= 0 {
		delete(b.usedBy, a.by)
	}
	a.held = 0
	b.freed.Broadcast()
}

// Read reads a request's body whole, of limit bytes at most. It reserves memory as the bytes
// arrive, and never for bytes that were only announced. The caller releases the result when it
// needs no bytes more.
func (b *Budget) Read(c *gin.Context, limit int) (body []byte, release func(), err error) {
	connection := http.NewResponseController(c.Writer)
	a := &arrival{
		by: networkOf(c), began: time.Now(),
		end: func() error { return connection.SetReadDeadline(time.Now()) },
	}
	release = func() { b.release(a) }
	if c.Request.ContentLength > int64(limit) {
		return nil, release, refuseBody(c, errTooLarge)
	}
	b.addArrival(a)
	if body, err = b.read(c.Request.Body, a, limit); err != nil {
		return nil, release, refuseBody(c, err)
	}
	if b.endArrival(a) {
		_ = connection.SetReadDeadline(time.Time{}) // it came just before it was cut off
	}
	return body, release, nil
}

func (b *Budget) read(from io.Reader, a *arrival, limit int) (body []byte, err error) {
	for {
		if len(body) == cap(body) {
			size := min(max(firstRead, 2*cap(body)), limit+1)
			if len(body) > limit || size == cap(body) {
				return nil, errTooLarge
			}
			if !b.reserve(a, size-a.held) {
				return nil, errNoBudget
			}
			body = append(make([]byte, 0, size), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded) && b.endArrival(a):
			return nil, errNoBudget
		case err != nil:
			return nil, err
		}
	}
}

// refuseBody returns the refusal of a body that is not read to its end. The connection closes, so
// that neither side waits for the rest.
func refuseBody(c *gin.Context, cause error) error {
	c.Header("Connection", "close")
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now()) // a test's recorder has none
	switch {
	case errors.Is(cause, errTooLarge):
		return problem.New(problem.TooLarge, "too_large", "Nội dung quá lớn.", "The body is too large.")
	case errors.Is(cause, errNoBudget):
		return Busy()
	}
	return problem.New(problem.Malformed, "unreadable", "Nội dung bị cắt giữa chừng.", "The body was cut short.")
}

// bodyLimit returns how large a request's body may be, by who sends it and what it is.
func bodyLimit(c *gin.Context) (limit int, upload bool) {
	rule, _ := roles.RuleOf(c.Request.Method, c.FullPath())
	switch _, err := roles.From(c.Request.Context()); {
	case err != nil || rule.Needs == roles.Anyone:
		return smallBody, false
	case strings.HasPrefix(c.ContentType(), "multipart/"):
		return maxUpload, true
	}
	return maxBody, false
}

// closeEarly closes the connection of a caller that is refused before a large body was read. The
// answer does not wait for the rest of it.
func closeEarly(c *gin.Context) {
	if n := c.Request.ContentLength; (n < 0 || n > smallBody) && !strings.HasPrefix(c.Request.URL.Path, "/webhooks/") {
		c.Header("Connection", "close")
	}
}

// bodyRead marks a request with its body in memory.
const bodyRead = "body read"

// readSecrets reads the body of a sign-in before it takes a seat, so that no slow sender holds one.
func (b *Budget) readSecrets(c *gin.Context) {
	if c.Request.Method == http.MethodPost && looksAtSecrets[c.FullPath()] {
		b.readBody(c)
	}
}

// readBody reads the body of whatever is no webhook, once it is known who sends it: within the
// route's limit and the process's budget. Handlers find it in memory.
func (b *Budget) readBody(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, "/webhooks/") || c.FullPath() == "" || c.GetBool(bodyRead) {
		return
	}
	c.Set(bodyRead, true)
	connection := http.NewResponseController(c.Writer)
	if c.Request.Body != nil && c.Request.Body != http.NoBody {
		limit, upload := bodyLimit(c)
		if upload {
			_ = connection.SetReadDeadline(time.Now().Add(uploadWithin)) // a test's recorder has none
		}
		body, release, err := b.Read(c, limit)
		defer release()
		if err != nil {
			problem.Write(c, err)
			return
		}
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.Writer.Header().Del("Connection") // set by closeEarly
	// The deadline of reading would end the context of a request that lasts longer.
	_ = connection.SetReadDeadline(time.Time{})
	c.Next()
}
