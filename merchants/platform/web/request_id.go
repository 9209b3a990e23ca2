package web

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"regexp"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

// requestIDHeader names a request in its answer, in log lines and for a trusted proxy.
const requestIDHeader = "X-Request-Id"

// safeID is the form of a request id that a proxy may choose: a UUID, or 32 hexadecimal digits
// ($request_id of nginx).
var safeID = regexp.MustCompile(
	`^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$`)

type requestIDKey struct{}

// RequestID returns the id of the request that a context belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// setRequestID gives a request its id: the one that a trusted proxy chose, or a random one. The
// parent of a trace is believed from a trusted proxy only, too.
func (p Proxies) setRequestID(c *gin.Context) {
	id := ""
	if p.trusted(c.Request) {
		id = c.GetHeader(requestIDHeader)
	} else {
		c.Request.Header.Del("Traceparent")
		c.Request.Header.Del("Tracestate")
	}
	if !safeID.MatchString(id) {
		id = newRequestID()
	}
	c.Writer.Header()[requestIDHeader] = []string{id}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestIDKey{}, id))
}

// trusted reports whether a request comes from a trusted proxy directly.
func (p Proxies) trusted(r *http.Request) bool {
	if len(p) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.contains(peer.Addr().Unmap())
}

// newRequestID returns a random UUID of version 4. It is no secret, so it costs no call of the system.
func newRequestID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // no secret
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // no secret
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
