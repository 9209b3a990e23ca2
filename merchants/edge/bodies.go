package edge

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/auth"
	"market40/merchants/problem"
)

// How large a body may be, in bytes. What strangers send is small; a webhook's limit is that of its route.
const (
	smallBody = 8 << 10 // sign-in, codes, verify, shoppers' forms
	maxBody   = 1 << 20 // JSON of a caller that was identified
)

const (
	// bodyBudget is how much of bodies is held in memory at once while they are read, of people and of programs;
	// webhookBudget that of banks, which nobody else can use up.
	bodyBudget    = 32 << 20
	webhookBudget = 16 << 20
	// budgetShare is which part of a budget one address may use: a half.
	budgetShare = 2
	// firstRead is how much is reserved for a body to begin with.
	firstRead = 4 << 10
	// uploadWithin is how long a file may take to arrive. Any other body is read within the server's own limit.
	uploadWithin = time.Minute
)

var (
	errTooLarge = errors.New("the body is over its limit")
	errNoBudget = errors.New("too much is being read")
)

// Budget is a bound of the bytes of bodies that are being read at the same time, and of each address's part of them.
type Budget struct {
	total  int
	mu     sync.Mutex
	used   int
	usedBy map[netip.Prefix]int
}

// NewBudget returns a budget of so many bytes.
func NewBudget(total int) *Budget { return &Budget{total: total, usedBy: map[netip.Prefix]int{}} }

// NewWebhookBudget returns the budget that is reserved for webhooks.
func NewWebhookBudget() *Budget { return NewBudget(webhookBudget) }

func (b *Budget) reserve(by netip.Prefix, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.total || b.usedBy[by]+n > b.total/budgetShare {
		return false
	}
	b.used += n
	b.usedBy[by] += n
	return true
}

func (b *Budget) release(by netip.Prefix, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.usedBy[by] -= n; b.usedBy[by] <= 0 {
		delete(b.usedBy, by)
	}
}

// Read reads a request's body whole, of limit bytes at most. It reserves memory as the bytes arrive, and never for bytes
// that were only announced. The caller releases the result when it needs no bytes more.
func (b *Budget) Read(c *gin.Context, limit int) (body []byte, release func(), err error) {
	by, held := network(c), 0
	release = func() { b.release(by, held) }
	if c.Request.ContentLength > int64(limit) {
		return nil, release, refuseBody(c, errTooLarge)
	}
	for {
		if len(body) == cap(body) {
			size := min(max(firstRead, 2*cap(body)), limit+1)
			if len(body) > limit || size == cap(body) {
				return nil, release, refuseBody(c, errTooLarge)
			}
			if !b.reserve(by, size-held) {
				return nil, release, refuseBody(c, errNoBudget)
			}
			held = size
			body = append(make([]byte, 0, size), body...)
		}
		n, err := c.Request.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return nil, release, refuseBody(c, errTooLarge)
		case errors.Is(err, io.EOF):
			return body, release, nil
		case err != nil:
			return nil, release, refuseBody(c, err)
		}
	}
}

// refuseBody returns the refusal of a body that is not read to its end. The connection closes, so that nobody waits for
// the rest.
func refuseBody(c *gin.Context, cause error) error {
	c.Header("Connection", "close")
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now()) // a test's recorder has none
	switch {
	case errors.Is(cause, errTooLarge):
		return problem.New(problem.TooLarge, "too_large", "Nội dung quá lớn.", "The body is too large.")
	case errors.Is(cause, errNoBudget):
		return busy()
	}
	return problem.New(problem.Malformed, "unreadable", "Nội dung bị cắt giữa chừng.", "The body was cut short.")
}

// bodyLimit returns how large a request's body may be, by who sends it and what it is.
func bodyLimit(c *gin.Context) (limit int, upload bool) {
	rule, _ := auth.RuleOf(c.Request.Method, c.FullPath())
	switch _, err := auth.From(c.Request.Context()); {
	case err != nil || rule.Needs == auth.Anyone:
		return smallBody, false
	case strings.HasPrefix(c.ContentType(), "multipart/"):
		return maxUpload, true
	}
	return maxBody, false
}

// hurry closes the connection of who is refused before a large body was read: the answer waits for no rest of it.
func hurry(c *gin.Context) {
	if n := c.Request.ContentLength; (n < 0 || n > smallBody) && !strings.HasPrefix(c.Request.URL.Path, "/webhooks/") {
		c.Header("Connection", "close")
	}
}

// bodyRead marks a request whose body is in memory.
const bodyRead = "body read"

// readSecrets reads the body of a sign-in before it takes a seat, so that no slow sender holds one.
func (b *Budget) readSecrets(c *gin.Context) {
	if c.Request.Method == http.MethodPost && looksAtSecrets[c.FullPath()] {
		b.readBody(c)
	}
}

// readBody reads the body of whatever is no webhook, once it is known who sends it: within the route's limit and the
// process's budget. Handlers find it in memory.
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
	c.Writer.Header().Del("Connection") // of hurry
	// The deadline of reading would end the context of a request that lasts longer.
	_ = connection.SetReadDeadline(time.Time{})
	c.Next()
}
