package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/banks"
	"market40/payments/clock"
	"market40/payments/connections"
	"market40/payments/notices"
)

// maxBody is the largest body of a webhook, in bytes.
const maxBody = 256 << 10

// answerWithin is the time limit of a webhook after its body is read; then it gets a 503. It is below
// the shortest timeout of a provider (MoMo: 15 s), whatever the database does.
const answerWithin = 7500 * time.Millisecond

// webhooks receive the calls of banks and wallets.
type webhooks struct {
	entries *entries
	workers *workers
	clock   *clock.Clock
	stamps  *clock.Stamps
	counts  *counts
	bodies  *web.Budget
	logs    *logLimits
}

// receive processes one webhook call. It reads the raw body before anything parses it, verifies the
// signature, and stores, matches and posts the notices. Only then it answers with the provider's own
// success body.
func (h *webhooks) receive(c *gin.Context) error {
	begun := time.Now()
	connection, err := h.find(c)
	if err != nil {
		return h.unavailable(err)
	}
	left := answerWithin - time.Since(begun)
	request, err := h.read(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), left)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	test := testDeliveryFrom(c.Request.Context())
	if test == nil { // a test has a stamp of our own clock
		request.Stamped = func(at time.Time) { h.stamps.Observe(at, request.Now) }
	}
	if err := connection.Provider.Verify(request, connection.Secrets); err != nil {
		return h.refuse(c, connection, err)
	}
	d := &delivery{
		id: h.clock.NewID(), connection: connection, receivedAt: request.Now,
		headers: storedHeaders(request.Header), verdict: notices.VerdictRead,
	}
	raw := request.Body
	if request.Method == http.MethodGet {
		raw = []byte(request.RawQuery)
	}
	if d.body, err = h.entries.sealer.SealBody(c.Request.Context(), d.id, raw); err != nil {
		return h.unavailable(err)
	}
	items, err := connection.Provider.Parse(request)
	if test != nil {
		d.test = true
		for i := range items {
			items[i].Notice.Ignore = banks.IgnoreTest
		}
	}
	if err == nil {
		err = h.addEntries(ctx, d, items)
	}
	if errors.Is(err, banks.ErrUnreadable) {
		return h.storeUnreadable(ctx, d, err)
	}
	if err != nil {
		return h.unavailable(err)
	}
	if err := h.workers.submit(ctx, d); err != nil {
		return h.unavailable(err)
	}
	h.counts.acknowledged(connection.Provider.Name(), len(d.entries), time.Since(begun))
	h.entries.connections.CountReceived(connection.ID, request.Now)
	var ids []string
	for _, e := range d.entries {
		ids = append(ids, e.storedID().String())
		if test != nil {
			test.notices = append(test.notices, e.storedID())
		}
	}
	writeAnswer(c, connection.Provider.Accepted(items, ids))
	return nil
}

// find returns the connection of a webhook's path.
func (h *webhooks) find(c *gin.Context) (*connections.Sender, error) {
	return h.entries.connections.Find(c.Request.Context(), c.Param("provider"), c.Param("connection"))
}

// unavailable turns a failure of the database into a 503, so that the provider retries.
func (h *webhooks) unavailable(err error) error {
	var refusal *problem.Error
	if errors.As(err, &refusal) {
		return err
	}
	if skipped, ok := h.logs.failures.allow(); ok {
		slog.Error("a webhook could not be stored", "error", err, "more", skipped)
	}
	return errBusy()
}

// read reads the raw request, with its body as sent.
func (h *webhooks) read(c *gin.Context) (banks.Request, error) {
	body, release, err := h.bodies.Read(c, maxBody)
	defer release() // from here on the lanes limit what waits for the workers
	if err != nil {
		return banks.Request{}, err
	}
	ip, _ := netip.ParseAddr(c.ClientIP())
	return banks.Request{
		Method: c.Request.Method, SubPath: subPath(c), RawQuery: c.Request.URL.RawQuery, Header: c.Request.Header,
		Body: body, RemoteIP: ip, Now: h.entries.now(),
	}, nil
}

// subPath returns what follows /webhooks/{provider}/{connection}.
func subPath(c *gin.Context) string {
	_, after, _ := strings.Cut(c.FullPath(), ":connection")
	return after
}

// storedHeaders returns the headers that are stored: none that may carry a secret.
func storedHeaders(h http.Header) string {
	var stored []string
	for name, values := range h {
		lower := strings.ToLower(name)
		if lower == "content-type" || lower == "user-agent" || strings.HasSuffix(lower, "-timestamp") ||
			strings.HasSuffix(lower, "webhook-id") {
			stored = append(stored, lower+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(stored)
	return strings.Join(stored, "\n")
}

// refuse answers a request with a missing, wrong or stale signature. It counts the request and stores
// nothing.
func (h *webhooks) refuse(c *gin.Context, connection *connections.Sender, err error) error {
	why := banks.RefusalReason(err)
	h.counts.refused(connection, why)
	h.entries.connections.CountRefused(connection.ID, h.entries.now(), why)
	if why == banks.Stale {
		if skipped, ok := h.logs.stale.allow(); ok {
			slog.Warn("a webhook with a good signature is refused for its stamp: is this machine's clock right?",
				"provider", connection.Provider.Name(), "connection", connection.ID, "more", skipped)
		}
	}
	if own, ok := connection.Provider.Refused(err); ok {
		writeAnswer(c, own)
		return nil
	}
	return problem.New(problem.Unauthorized, "signature", "Không chấp nhận.", "Refused.")
}

// addEntries prepares the items of a delivery. An unreadable item of an array becomes a case; when
// none is readable the whole delivery is unreadable.
func (h *webhooks) addEntries(ctx context.Context, d *delivery, items []banks.Item) error {
	for i, item := range items {
		if item.Err != nil {
			about := h.entries.keys.Index("fault", fmt.Sprint(d.connection.ID, i, item.Notice.ExternalID, item.Err)+
				string(item.Raw))
			d.faults = append(d.faults, fault{caseID("unreadable_item", d.connection.ID, about), item.Err.Error()})
			continue
		}
		e, err := h.entries.prepare(ctx, d.connection, receivedNotice{item.Notice, h.clock.NewID(), d.receivedAt})
		if err != nil {
			return err
		}
		e.delivery = d
		d.entries = append(d.entries, e)
	}
	if len(d.entries) == 0 && len(d.faults) > 0 {
		return fmt.Errorf("%w: %s", banks.ErrUnreadable, d.faults[0].detail)
	}
	return nil
}

// storeUnreadable stores a signed delivery without a readable item, for the operator, and refuses it
// (400).
func (h *webhooks) storeUnreadable(ctx context.Context, d *delivery, cause error) error {
	d.verdict, d.entries, d.faults = notices.VerdictUnreadable, nil, nil
	if err := h.workers.submit(ctx, d); err != nil {
		return h.unavailable(err)
	}
	h.counts.refused(d.connection, banks.Unreadable)
	h.entries.connections.CountRefused(d.connection.ID, d.receivedAt, banks.Unreadable)
	return problem.New(problem.Malformed, "unreadable", "Không đọc được thông báo.", "The notice could not be read: "+
		cause.Error()+".")
}

// issueToken issues the short-lived token that a provider requests before it calls (VietQR.vn).
func (h *webhooks) issueToken(c *gin.Context) error {
	connection, err := h.find(c)
	if err != nil {
		return h.unavailable(err)
	}
	issuer, ok := connection.Provider.(banks.TokenIssuer)
	if !ok {
		return problem.Missing("page")
	}
	request, err := h.read(c)
	if err != nil {
		return err
	}
	issued, err := issuer.Token(request, connection.Secrets)
	if err != nil {
		return h.refuse(c, connection, err)
	}
	writeAnswer(c, issued)
	return nil
}

func writeAnswer(c *gin.Context, a banks.Answer) {
	if len(a.Body) == 0 {
		c.Status(a.Status)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Data(a.Status, a.ContentType, a.Body)
}
