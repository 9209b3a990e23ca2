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
	"market40/payments/banks"
	"market40/payments/connections"
)

// maxBody is the largest body of a webhook, in bytes.
const maxBody = 256 << 10

// answerWithin is how long a webhook may take once its body is read, before it is told to come
// again: below the shortest patience of a provider (MoMo: 15 s), whatever the database does.
const answerWithin = 7500 * time.Millisecond

const (
	VerdictRead       = "read"
	verdictUnreadable = "unreadable"
)

// postNotice is a payment's way in: the raw body is read before anything binds it, its signature
// verified, its notices kept, matched and posted, and only then the provider's own success
// answered.
func (in *Intake) postNotice(c *gin.Context) error {
	begun := time.Now()
	connection, err := in.connections.Find(c.Request.Context(), c.Param("provider"), c.Param("connection"))
	if err != nil {
		return in.unreachable(err)
	}
	left := answerWithin - time.Since(begun)
	request, err := in.read(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), left)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	test := testOf(c.Request.Context())
	if test == nil { // a test is stamped by our own clock
		request.Stamped = func(at time.Time) { in.stamps.Observe(at, request.Now) }
	}
	if err := connection.Provider.Verify(request, connection.Secrets); err != nil {
		return in.refuse(c, connection, err)
	}
	d := &delivery{
		id: in.clock.NewID(), connection: connection, receivedAt: request.Now,
		headers: keptHeaders(request.Header), verdict: VerdictRead,
	}
	raw := request.Body
	if request.Method == http.MethodGet {
		raw = []byte(request.RawQuery)
	}
	if d.body, err = in.sealer.SealBody(c.Request.Context(), d.id, raw); err != nil {
		return in.unreachable(err)
	}
	items, err := connection.Provider.Parse(request)
	if test != nil {
		d.test = true
		for i := range items {
			items[i].Notice.Ignore = banks.IgnoreTest
		}
	}
	if err == nil {
		err = in.enter(c, d, items)
	}
	if errors.Is(err, banks.ErrUnreadable) {
		return in.keepUnreadable(ctx, d, err)
	}
	if err != nil {
		return in.unreachable(err)
	}
	if err := in.submit(ctx, d); err != nil {
		return in.unreachable(err)
	}
	in.counts.kept(connection.Provider.Name(), len(d.entries))
	in.connections.CountReceived(connection.ID, request.Now)
	var ids []string
	for _, e := range d.entries {
		ids = append(ids, e.keptAs().String())
		if test != nil {
			test.notices = append(test.notices, e.keptAs())
		}
	}
	answer(c, connection.Provider.Accepted(items, ids))
	return nil
}

// unreachable turns a failure to reach the database into a 503, so that the provider comes again.
func (in *Intake) unreachable(err error) error {
	var refusal *problem.Error
	if errors.As(err, &refusal) {
		return err
	}
	if skipped, ok := in.failures.allow(); ok {
		slog.Error("a webhook could not be kept", "error", err, "more", skipped)
	}
	return busy()
}

// read takes the raw request; nothing has bound its body before.
func (in *Intake) read(c *gin.Context) (banks.Request, error) {
	body, release, err := in.bodies.Read(c, maxBody)
	defer release() // what waits for the workers is bounded by their lanes
	if err != nil {
		return banks.Request{}, err
	}
	ip, _ := netip.ParseAddr(c.ClientIP())
	return banks.Request{
		Method: c.Request.Method, SubPath: subPath(c), RawQuery: c.Request.URL.RawQuery, Header: c.Request.Header,
		Body: body, RemoteIP: ip, Now: in.now(),
	}, nil
}

// subPath is what follows /webhooks/{provider}/{connection}.
func subPath(c *gin.Context) string {
	_, after, _ := strings.Cut(c.FullPath(), ":connection")
	return after
}

// keptHeaders are the headers worth keeping, without any that may carry a secret.
func keptHeaders(h http.Header) string {
	var kept []string
	for name, values := range h {
		lower := strings.ToLower(name)
		if lower == "content-type" || lower == "user-agent" || strings.HasSuffix(lower, "-timestamp") ||
			strings.HasSuffix(lower, "webhook-id") {
			kept = append(kept, lower+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(kept)
	return strings.Join(kept, "\n")
}

// refuse answers a request whose signature is missing, wrong or stale. It is counted, and nothing
// is kept.
func (in *Intake) refuse(c *gin.Context, connection *connections.Sender, err error) error {
	why := banks.RefusalReason(err)
	in.counts.refused(connection.Provider.Name(), why)
	in.connections.CountRefused(connection.ID, in.now(), why)
	if why == banks.Stale {
		if skipped, ok := in.staleLog.allow(); ok {
			slog.Warn("a webhook with a good signature is refused for its stamp: is this machine's clock right?",
				"provider", connection.Provider.Name(), "connection", connection.ID, "more", skipped)
		}
	}
	if own, ok := connection.Provider.Refused(err); ok {
		answer(c, own)
		return nil
	}
	return problem.New(problem.Unauthorized, "signature", "Không chấp nhận.", "Refused.")
}

// enter turns what was read into entries. Items of an array stand alone: a bad one becomes a case;
// when none can be read the whole delivery is unreadable.
func (in *Intake) enter(c *gin.Context, d *delivery, items []banks.Item) error {
	for i, item := range items {
		if item.Err != nil {
			about := in.keys.Index("fault", fmt.Sprint(d.connection.ID, i, item.Notice.ExternalID, item.Err)+
				string(item.Raw))
			d.faults = append(d.faults, fault{caseID("unreadable_item", d.connection.ID, about), item.Err.Error()})
			continue
		}
		e, err := in.newEntry(c.Request.Context(), in.clock.NewID(), d.connection, item.Notice, d.receivedAt)
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

// keepUnreadable keeps a signed delivery of which nothing could be read, for the operator, and
// answers 400.
func (in *Intake) keepUnreadable(ctx context.Context, d *delivery, cause error) error {
	d.verdict, d.entries, d.faults = verdictUnreadable, nil, nil
	if err := in.submit(ctx, d); err != nil {
		return in.unreachable(err)
	}
	in.counts.unreadable(d.connection.Provider.Name())
	in.connections.CountRefused(d.connection.ID, d.receivedAt, banks.Unreadable)
	return problem.New(problem.Malformed, "unreadable", "Không đọc được thông báo.", "The notice could not be read: "+
		cause.Error()+".")
}

// token issues the short-lived token that a provider asks for before it calls (VietQR.vn).
func (in *Intake) token(c *gin.Context) error {
	connection, err := in.connections.Find(c.Request.Context(), c.Param("provider"), c.Param("connection"))
	if err != nil {
		return in.unreachable(err)
	}
	issuer, ok := connection.Provider.(banks.TokenIssuer)
	if !ok {
		return problem.Missing("page")
	}
	request, err := in.read(c)
	if err != nil {
		return err
	}
	issued, err := issuer.Token(request, connection.Secrets)
	if err != nil {
		return in.refuse(c, connection, err)
	}
	answer(c, issued)
	return nil
}

func answer(c *gin.Context, a banks.Answer) {
	if len(a.Body) == 0 {
		c.Status(a.Status)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Data(a.Status, a.ContentType, a.Body)
}
