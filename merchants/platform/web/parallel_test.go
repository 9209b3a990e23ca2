package web_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/web"
	"market40/merchants/platform/web/webtest"
)

// square is a street with routes that block their requests until the test releases them.
type square struct {
	*street
	server  *httptest.Server
	begun   chan string
	release chan struct{}
	keys    []string
}

func newSquare(t *testing.T) *square {
	t.Helper()
	s, keys := newStreet(t)
	q := &square{street: s, begun: make(chan string, 1000), release: make(chan struct{}), keys: keys}
	for _, path := range []string{
		"/api/v1/markets", "/api/v1/stalls/:id/payments/stream", "/api/v1/markets/:id/posters.pdf",
		"/api/v1/reports/adoption.xlsx",
		"/q/:code", "/webhooks/:provider/:connection", "/healthz",
	} {
		s.Engine.GET(path, func(c *gin.Context) {
			q.begun <- path
			<-q.release
			c.Status(http.StatusNoContent)
		})
	}
	q.server = httptest.NewServer(s.Engine)
	t.Cleanup(q.server.Close)
	return q
}

// get requests a path so often at once and sends the answers' statuses.
func (q *square) get(n int, path, key string) <-chan *http.Response {
	answers := make(chan *http.Response, n)
	for range n {
		go func() {
			req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, q.server.URL+path, nil)
			if key != "" {
				req.Header.Set("Authorization", "Bearer "+key)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				close(answers)
				return
			}
			_ = res.Body.Close()
			answers <- res
		}()
	}
	return answers
}

// wantInside waits until n requests are under way, refused more that wait, and no further one is.
func (q *square) wantInside(t *testing.T, what string, n, refused int, answers <-chan *http.Response, status int) {
	t.Helper()
	for range n {
		<-q.begun
	}
	for range refused {
		res := <-answers
		if res.StatusCode != status || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: one too many is answered %d, Retry-After %q", what, res.StatusCode,
				res.Header.Get("Retry-After"))
		}
	}
	select {
	case path := <-q.begun:
		t.Errorf("%s: one more is under way: %s", what, path)
	default:
	}
}

func TestACallerHasFewRequestsUnderWay(t *testing.T) {
	t.Parallel()
	q := newSquare(t)
	first := q.get(6, "/api/v1/markets", q.keys[0])
	q.wantInside(t, "requests", 4, 2, first, 429)
	streams := q.get(9, "/api/v1/stalls/x/payments/stream", q.keys[0]) // counted apart
	q.wantInside(t, "streams", 8, 1, streams, 429)
	other := q.get(1, "/api/v1/markets", q.keys[1])
	q.wantInside(t, "another caller", 1, 0, other, 0)
	hooks, health, shoppers := q.get(20, "/webhooks/sepay/x", ""), q.get(20, "/healthz", ""), q.get(40, "/q/ABC", "")
	q.wantInside(t, "webhooks, health and shoppers", 80, 0, nil, 0)
	waiting := q.get(1, "/api/v1/markets", q.keys[0])
	q.release <- struct{}{} // any of them; then all
	close(q.release)
	if res := <-waiting; res.StatusCode != 204 {
		t.Errorf("who waited for a turn is answered %d", res.StatusCode)
	}
	for _, answers := range []<-chan *http.Response{hooks, health} {
		if res := <-answers; res.StatusCode != 204 {
			t.Errorf("not limited: %d", res.StatusCode)
		}
	}
	<-shoppers
}

// TestReadingsOfAKindTakeTurns: so many are answered at once as there are processors; another kind
// does not wait for them, and no caller waits long.
func TestReadingsOfAKindTakeTurns(t *testing.T) {
	t.Parallel()
	q := newSquare(t)
	places := max(2, runtime.GOMAXPROCS(0))
	pages := q.get(places+1, "/q/ABC", "")
	q.wantInside(t, "pages", places, 0, nil, 0)
	markets := q.get(1, "/api/v1/markets", q.keys[0])
	q.wantInside(t, "another kind", 1, 0, nil, 0)
	if path := <-q.begun; path != "/q/:code" { // after its patience
		t.Errorf("%s is answered, not the page that waited", path)
	}
	close(q.release)
	for _, answers := range []<-chan *http.Response{pages, markets} {
		if res := <-answers; res.StatusCode != 204 {
			t.Errorf("answered %d", res.StatusCode)
		}
	}
}

// TestAPlaceRestsWhilePaymentsCome: as long as it was held, and not at all where no webhook was
// accepted.
func TestAPlaceRestsWhilePaymentsCome(t *testing.T) {
	t.Parallel()
	const held = 400 * time.Millisecond
	for _, paid := range []bool{false, true} {
		q := newSquare(t)
		for range 3 {
			<-q.get(1, "/webhooks/none", "") // refused: no payment
		}
		if paid {
			answered := q.get(1, "/webhooks/sepay/x", "")
			q.wantInside(t, "a webhook", 1, 0, nil, 0)
			q.release <- struct{}{}
			<-answered
		}
		places := max(2, runtime.GOMAXPROCS(0))
		pages := q.get(places, "/q/ABC", "")
		q.wantInside(t, "pages", places, 0, nil, 0)
		time.Sleep(held)
		close(q.release)
		for range places {
			<-pages
		}
		began := time.Now()
		<-q.get(1, "/q/ABC", "")
		if rested := time.Since(began) > held/2; rested != paid {
			t.Errorf("payments %v: the next page is answered after %v", paid, time.Since(began))
		}
	}
}

func TestCostlyRequestsAreFewInAll(t *testing.T) {
	t.Parallel()
	q := newSquare(t)
	one := q.get(3, "/api/v1/markets/x/posters.pdf", q.keys[0])
	q.wantInside(t, "one caller's", 1, 0, nil, 0)
	second := min(1, web.CostlyRequests-1) // whether there is a place for a second caller on this machine
	other := q.get(3, "/api/v1/reports/adoption.xlsx", q.keys[1])
	q.wantInside(t, "two callers'", second, 0, nil, 0)
	q.wantInside(t, "later", 0, 2, one, 503)
	q.wantInside(t, "later", 0, 3-second, other, 503)
	cheap := q.get(1, "/api/v1/markets", q.keys[0])
	q.wantInside(t, "what is cheap", 1, 0, nil, 0)
	close(q.release)
	answered := []<-chan *http.Response{one, cheap}
	if second == 1 {
		answered = append(answered, other)
	}
	for _, answers := range answered {
		if res := <-answers; res.StatusCode != 204 {
			t.Errorf("answered %d", res.StatusCode)
		}
	}
}

// TestASlowReaderOfACostlyAnswerCheckIndependentReaders: the few places are for what computes.
func TestASlowReaderOfACostlyAnswerCheckIndependentReaders(t *testing.T) {
	t.Parallel()
	s, keys := newStreet(t)
	s.Engine.GET("/api/v1/reports/adoption.csv", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/csv",
			[]byte("a,b"))
	})
	s.Engine.GET("/api/v1/markets/:id/posters.pdf", func(c *gin.Context) { c.String(http.StatusOK, "a list") })
	for _, path := range []string{"/api/v1/reports/adoption.csv", "/api/v1/markets/x/posters.pdf"} {
		webtest.CheckIndependentReaders(t, s.Engine, path, keys[0], keys[1])
	}
	s.Engine.GET("/api/v1/reports/adoption.xlsx", func(c *gin.Context) {
		if err := http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("a costly answer has no deadline: %v", err)
		}
	})
	q := &square{server: httptest.NewServer(s.Engine)}
	t.Cleanup(q.server.Close)
	<-q.get(1, "/api/v1/reports/adoption.xlsx", keys[0])
}

// slowBody is a request that announces a body and sends a part of it.
func (q *square) slowBody(t *testing.T, path, key string, announced, sent int) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", q.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(
		conn,
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
		path,
		key,
		announced,
	)
	_, _ = io.WriteString(conn, strings.Repeat(" ", sent))
	return conn
}

func readStatus(t *testing.T, conn net.Conn) string {
	t.Helper()
	line := make([]byte, 12)
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(conn, line); err != nil {
		t.Fatal(err)
	}
	return string(line[9:])
}

func TestStrangersBodiesAreSmallAndRefusedUnread(t *testing.T) {
	t.Parallel()
	q := newSquare(t)
	q.Engine.POST("/api/v1/codes/verify", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	q.Engine.POST("/api/v1/markets", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	if got := readStatus(t, q.slowBody(t, "/api/v1/codes/verify", "", 8<<10+1, 0)); got != "413" {
		t.Errorf("a stranger's large body is answered %s", got)
	}
	if got := readStatus(t, q.slowBody(t, "/api/v1/codes/verify", "", 8<<10, 8<<10)); got != "422" && got != "204" {
		t.Errorf("a stranger's small body is answered %s", got)
	}
	if got := readStatus(t, q.slowBody(t, "/api/v1/markets", q.keys[0], 1<<20+1, 0)); got != "413" {
		t.Errorf("too large a body is answered %s", got)
	}
	if got := readStatus(t, q.slowBody(t, "/api/v1/markets", "", 100<<10, 100)); got != "401" {
		t.Errorf("a stranger's body on a route that is not for strangers is answered %s", got)
	}
}

// TestTheSlowestBodyGivesWay: bodies that never end use a budget up, and one that ends is read all
// the same.
func TestTheSlowestBodyGivesWay(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	budget := web.NewBudget(64 << 10)
	engine := gin.New()
	engine.POST("/", func(c *gin.Context) {
		body, free, err := budget.Read(c, 32<<10)
		defer free()
		if err != nil {
			c.Status(http.StatusServiceUnavailable)
			return
		}
		c.String(http.StatusOK, "%d", len(body))
	})
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	var slow []net.Conn
	for range 12 {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n%s",
			strings.Repeat(" ", 5_000))
		slow = append(slow, conn)
	}
	passed := 0
	for deadline := time.Now().Add(time.Minute); passed < 20 && time.Now().Before(deadline); time.Sleep(
		20 * time.Millisecond) {
		res, err := http.Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("x", 10_000)))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			passed++
		}
	}
	if passed < 20 {
		t.Errorf("only %d whole bodies were read beside those that never end", passed)
	}
	cut := 0
	for _, conn := range slow {
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, _ := conn.Read(make([]byte, 12)); n > 0 {
			cut++
		}
	}
	if cut == 0 {
		t.Error("no body that never ends was cut off")
	}
}

func TestBudgetOfUnreadBodies(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	budget := web.NewBudget(64 << 10)
	engine := gin.New()
	inside, release := make(chan struct{}, 100), make(chan struct{})
	engine.POST("/", func(c *gin.Context) {
		body, free, err := budget.Read(c, 32<<10)
		defer free()
		if err != nil {
			c.Status(503)
			return
		}
		inside <- struct{}{}
		<-release
		c.String(200, "%d", len(body))
	})
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	post := func() int {
		res, err := http.Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("x", 10_000)))
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if got := post(); got != 200 {
			t.Errorf("the first body is answered %d", got)
		}
	})
	<-inside
	wait.Go(func() {
		if got := post(); got != 200 {
			t.Errorf("the second body is answered %d", got)
		}
	})
	<-inside
	if got := post(); got != 503 { // an address has half of the budget
		t.Errorf("a body over the budget is answered %d", got)
	}
	close(release)
	wait.Wait()
	if got := post(); got != 200 {
		t.Errorf("after that a body is answered %d", got)
	}
}
