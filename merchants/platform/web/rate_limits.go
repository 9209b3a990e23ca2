package web

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Rate limits, in requests a minute. Each caller has a bucket of so many requests, which fills
// again evenly within a minute. A signed-in caller is counted alone, whatever the address: a whole
// market may share one. Strangers are counted by address. Webhooks and operators' pages are not
// counted here.
const (
	anonymousLimit = 600  // under /api without a valid key or session
	callerLimit    = 6000 // of one key or user: far above any phone, below what starves the others
	pageLimit      = 3000 // shoppers' pages of one address
)

// maxCounted is how many callers are counted, twice at most: some MB. The others start anew.
const maxCounted = 20_000

// rateLimits are counted in this process: each replica has its own.
type rateLimits struct {
	anonymous, shoppers *buckets[netip.Prefix]
	callers             *buckets[uuid.UUID]
	now                 func() time.Time
}

func newRateLimits(now func() time.Time) *rateLimits {
	if now == nil {
		now = time.Now
	}
	return &rateLimits{
		newBuckets[netip.Prefix]("strangers", anonymousLimit), newBuckets[netip.Prefix]("pages", pageLimit),
		newBuckets[uuid.UUID]("caller", callerLimit), now,
	}
}

// limitAPI limits the requests under /api. A nil caller is not signed in.
func (p *rateLimits) limitAPI(c *gin.Context, who *roles.Principal) error {
	if who != nil {
		return p.callers.take(c, who.ActorID, p.now())
	}
	return p.anonymous.take(c, networkOf(c), p.now())
}

// limitPages limits the requests for public pages.
func (p *rateLimits) limitPages(c *gin.Context) {
	if path := c.Request.URL.Path; path == "/" || strings.HasPrefix(path, "/q/") || strings.HasPrefix(path, "/demo/") {
		if err := p.shoppers.take(c, networkOf(c), p.now()); err != nil {
			problem.Write(c, err)
		}
	}
}

// LimitRate limits one address to pace requests a minute on its routes. The name is that of the
// policy in the answers.
func (e *Edge) LimitRate(name string, pace int) gin.HandlerFunc {
	limit := newBuckets[netip.Prefix](name, pace)
	return func(c *gin.Context) {
		if err := limit.take(c, networkOf(c), e.limits.now()); err != nil {
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

// buckets hold the bucket of each key, in bounded memory. When the young generation is full it
// becomes the old one, and the previous old one, unused since, is deleted.
type buckets[K comparable] struct {
	name       string
	pace       int // requests a minute, and the size of a bucket
	mu         sync.Mutex
	young, old map[K]*rate.Limiter
}

func newBuckets[K comparable](name string, pace int) *buckets[K] {
	return &buckets[K]{name: name, pace: pace, young: map[K]*rate.Limiter{}}
}

// take takes a request out of a key's bucket, and writes into the answer what is left
// (draft-ietf-httpapi-ratelimit-headers-12). It returns nil, or the refusal (429) with the seconds
// until the next request.
func (b *buckets[K]) take(c *gin.Context, key K, now time.Time) error {
	bucket := b.find(key)
	allowed := bucket.AllowN(now, 1)
	left := max(0, bucket.TokensAt(now))
	next := math.Ceil((math.Floor(left) + 1 - left) / float64(bucket.Limit())) // seconds
	h := c.Writer.Header()
	h.Add("RateLimit-Policy", fmt.Sprintf(`%q;q=%d;w=%d`, b.name, b.pace, int(time.Minute.Seconds())))
	h.Add("RateLimit", fmt.Sprintf(`%q;r=%d;t=%d`, b.name, int(left), int(next)))
	if allowed {
		return nil
	}
	e := problem.New(problem.TooMany, "too_many_requests", "Quá nhiều yêu cầu, xin chờ một chút.",
		"Too many requests: wait a little.")
	e.RetryAfter = int(next)
	return e
}

// find returns the bucket of a key: a full one if it was not counted before.
func (b *buckets[K]) find(key K) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bucket := b.young[key]; bucket != nil {
		return bucket
	}
	bucket := b.old[key]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Every(time.Minute/time.Duration(b.pace)), b.pace)
	}
	if len(b.young) >= maxCounted {
		b.young, b.old = make(map[K]*rate.Limiter, maxCounted), b.young
	}
	b.young[key] = bucket
	return bucket
}
