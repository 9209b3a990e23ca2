package edge

import (
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"market40/merchants/auth"
	"market40/merchants/problem"
)

// How often one may ask. Who is signed in is counted alone, whatever the address: a whole market stands behind one.
// Strangers are counted by address; webhooks are not counted here, and operators' pages neither.
var (
	strangerPace = pace{perMinute: 600, atOnce: 600}   // requests under /api without a valid key or session
	callerPace   = pace{perMinute: 6000, atOnce: 2000} // requests of one key or user: far above any phone, below what starves the others
	pagePace     = pace{perMinute: 3000, atOnce: 1000} // shoppers' pages of one address
)

type pace struct{ perMinute, atOnce int }

// remembered is how many buckets are kept, twice at most: about 10 MB. Who is forgotten starts with a full bucket.
const remembered = 20_000

// paces are counted in this process: beside replicas each has its own.
type paces struct {
	strangers, shoppers *buckets[netip.Prefix]
	callers             *buckets[uuid.UUID]
	now                 func() time.Time
}

func newPaces(now func() time.Time) *paces {
	if now == nil {
		now = time.Now
	}
	return &paces{newBuckets[netip.Prefix](strangerPace), newBuckets[netip.Prefix](pagePace), newBuckets[uuid.UUID](callerPace), now}
}

// api is auth.Gate's Pace.
func (p *paces) api(c *gin.Context, who *auth.Principal) error {
	if who != nil {
		return p.callers.take(who.ActorID, p.now())
	}
	return p.strangers.take(network(c), p.now())
}

// pages slows down who asks for what everybody may see.
func (p *paces) pages(c *gin.Context) {
	if path := c.Request.URL.Path; path == "/" || strings.HasPrefix(path, "/q/") || strings.HasPrefix(path, "/demo/") {
		if err := p.shoppers.take(network(c), p.now()); err != nil {
			problem.Write(c, err)
		}
	}
}

// network is whom a request is counted for: its address, or in IPv6 the /64 of which anyone has all addresses.
func network(c *gin.Context) netip.Prefix {
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

// buckets hold a token bucket for each key, in bounded memory: when the young generation is full it becomes the old one,
// and the old one, which nobody has asked for since, is forgotten.
type buckets[K comparable] struct {
	pace       pace
	mu         sync.Mutex
	young, old map[K]*rate.Limiter
}

func newBuckets[K comparable](p pace) *buckets[K] {
	return &buckets[K]{pace: p, young: map[K]*rate.Limiter{}}
}

// take is nil, or the refusal (429) with the seconds until a request is free.
func (b *buckets[K]) take(key K, now time.Time) error {
	bucket := b.of(key)
	if bucket.AllowN(now, 1) {
		return nil
	}
	e := problem.New(problem.TooMany, "too_many_requests", "Quá nhiều yêu cầu, xin chờ một chút.", "Too many requests: wait a little.")
	e.RetryAfter = max(1, int(math.Ceil((1-bucket.TokensAt(now))/float64(bucket.Limit()))))
	return e
}

func (b *buckets[K]) of(key K) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bucket := b.young[key]; bucket != nil {
		return bucket
	}
	bucket := b.old[key]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(float64(b.pace.perMinute)/60), b.pace.atOnce)
	}
	if len(b.young) >= remembered {
		b.young, b.old = make(map[K]*rate.Limiter, remembered), b.young
	}
	b.young[key] = bucket
	return bucket
}
