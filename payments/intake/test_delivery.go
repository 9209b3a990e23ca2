package intake

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/payments/banks"
	"market40/payments/connections"
	"market40/payments/money"
	"market40/payments/received"
)

// testAmount is the amount of a test delivery, in đồng.
const testAmount = 1000

// testKey marks the context of a test delivery. No call from outside can have it.
type testKey struct{}

// testDelivery receives the ids of the notices that a test brought.
type testDelivery struct{ notices []uuid.UUID }

func testDeliveryFrom(ctx context.Context) *testDelivery {
	t, _ := ctx.Value(testKey{}).(*testDelivery)
	return t
}

// testAnswer is the status of the answer to a test delivery.
type testAnswer struct {
	header http.Header
	status int
}

func (a *testAnswer) Header() http.Header { return a.header }
func (a *testAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *testAnswer) Write(body []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(body), nil
}

// TestConnection sends a delivery in the provider's format, signed by the connection's own secret,
// to the routes that the provider calls. Its notice is ignored because it is a test: it is never
// posted, and its id stays free for a transfer.
func (in *Intake) TestConnection(ctx context.Context, id uuid.UUID) (*received.Notice, error) {
	c, err := in.connections.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.ReceivesNotices() {
		return nil, problem.New(problem.Conflict, "connection_disabled", "Kết nối đang tắt hoặc chờ duyệt.",
			"The connection is switched off or waits for approval.")
	}
	in.connections.Invalidate(id)
	test := &testDelivery{}
	request, err := testRequest(context.WithValue(ctx, testKey{}, test), c, in.now())
	if err != nil {
		return nil, fmt.Errorf("compose a test for connection %s: %w", id, err)
	}
	answer := &testAnswer{header: http.Header{}}
	in.routes.ServeHTTP(answer, request)
	if answer.status >= http.StatusMultipleChoices || len(test.notices) == 0 {
		return nil, problem.New(problem.Unavailable, "test_refused", fmt.Sprintf("Tin thử bị từ chối (%d).",
			answer.status), fmt.Sprintf("The test was refused (%d).", answer.status))
	}
	return in.received.ReadNotice(ctx, test.notices[0])
}

// testRequest returns the call that a connection's provider would make for a transfer.
func testRequest(ctx context.Context, c *connections.Sender, now time.Time) (*http.Request, error) {
	secrets := c.Secrets[0]
	n := banks.Notice{
		ExternalID: "TEST-" + strings.ToUpper(uuid.Must(uuid.NewV7()).String()), Account: "0000000000",
		Direction: banks.In, Amount: money.FromDong(testAmount),
		Currency: money.Currency, Memo: "market40 test", OrderRef: "0", OccurredAt: now, Precision: banks.Second,
	}
	if partner := secrets["partner_code"]; partner != "" {
		n.Account = partner
	}
	composed, err := c.Provider.Compose(n, secrets, now)
	if err != nil {
		return nil, err
	}
	target := c.WebhookPath() + composed.SubPath
	if composed.RawQuery != "" {
		target += "?" + composed.RawQuery
	}
	r, err := http.NewRequestWithContext(ctx, composed.Method, target, bytes.NewReader(composed.Body))
	if err != nil {
		return nil, err
	}
	from := composed.RemoteIP
	if !from.IsValid() {
		from = netip.IPv6Loopback()
	}
	r.Header, r.RemoteAddr = composed.Header, netip.AddrPortFrom(from, 0).String()
	return r, nil
}
