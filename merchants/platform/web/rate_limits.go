package web

import (
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Rate limits, in requests a minute that begins with the first of them. A signed-in caller is
// counted alone, whatever the address: a whole market may share one. Strangers are counted by
// address. Webhooks and operators' pages are not counted here.
const (
	anonymousLimit = 600  // under /api without a valid key or session
	callerLimit    = 6000 // of one key or user: far above any phone, below what starves the others
	pageLimit      = 3000 // shoppers' pages of one address
)

// maxCounted is how many callers are counted, twice at most: some MB. The others start anew.
const maxCounted = 20_000

// rateLimits are counted in this process: each replica has its own.
type rateLimits struct {
	anonymous, shoppers *counters[netip.Prefix]
	callers             *counters[uuid.UUID]
	now                 func() time.Time
}

func newRateLimits(now func() time.Time) *rateLimits {
	if now == nil {
		now = time.Now
	}
	return &rateLimits{
		newCounters[netip.Prefix](anonymousLimit), newCounters[netip.Prefix](pageLimit),
		newCounters[uuid.UUID](callerLimit), now,
	}
}

// limitAPI limits the requests under /api. A nil caller is not signed in.
func (p *rateLimits) limitAPI(c *gin.Context, who *roles.Principal) error {
	if who != nil {
		return p.callers.count(who.ActorID, p.now())
	}
	return p.anonymous.count(networkOf(c), p.now())
}

// limitPages limits the requests for public pages.
func (p *rateLimits) limitPages(c *gin.Context) {
	if path := c.Request.URL.Path; path == "/" || strings.HasPrefix(path, "/q/") || strings.HasPrefix(path, "/demo/") {
		if err := p.shoppers.count(networkOf(c), p.now()); err != nil {
			problem.Write(c, err)
		}
	}
}

// LimitRate limits one address to pace requests a minute on its routes.
func (e *Edge) LimitRate(pace int) gin.HandlerFunc {
	asked := newCounters[netip.Prefix](pace)
	return func(c *gin.Context) {
		if err := asked.count(networkOf(c), e.limits.now()); err != nil {
			problem.Write(c, err)
		}
	}
}

// networkOf returns the network for which a request is counted: its address, or in IPv6 its /64,
// because one caller may have all addresses in it.
func networkOf(c *gin.Context) netip.Prefix {
	at, err := netip.ParseAddrPort(c.Request.RemoteAddr)
	if err != nil {
		return netip.Prefix{} // all that have none together
	}
	bits := 32
	if ip := at.Addr(); ip.Is6() {
		bits = 64
	}
	counted, _ := at.Addr().Prefix(bits)
	return counted
}

// minute counts the requests of one caller since a moment.
type minute struct {
	began time.Time
	n     int
}

// counters hold the minute of each key, in bounded memory. When the young generation is full it
// becomes the old one, and the previous old one, unused since, is deleted.
type counters[K comparable] struct {
	limit      int
	mu         sync.Mutex
	young, old map[K]*minute
}

func newCounters[K comparable](pace int) *counters[K] {
	return &counters[K]{limit: pace, young: map[K]*minute{}}
}

// count counts a request. It returns nil, or the refusal (429) with the seconds until the minute is
// over.
func (c *counters[K]) count(key K, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.find(key)
	if now.Sub(m.began) >= time.Minute {
		*m = minute{began: now}
	}
	if m.n++; m.n <= c.limit {
		return nil
	}
	e := problem.New(problem.TooMany, "too_many_requests", "Quá nhiều yêu cầu, xin chờ một chút.",
		"Too many requests: wait a little.")
	e.RetryAfter = max(1, int(math.Ceil((time.Minute - now.Sub(m.began)).Seconds())))
	return e
}

func (c *counters[K]) find(key K) *minute {
	if m := c.young[key]; m != nil {
		return m
	}
	m := c.old[key]
	if m == nil {
		m = &minute{}
	}
	if len(c.young) >= maxCounted {
		c.young, c.old = make(map[K]*minute, maxCounted), c.young
	}
	c.young[key] = m
	return m
}
