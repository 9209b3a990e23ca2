package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/signin"
	"market40/merchants/platform/web"
	"market40/migrations/database/dbtest"
)

// street is an edge with a clock that only the test moves, and callers from given addresses.
type street struct {
	*web.Edge
	now time.Time
}

func (s *street) send(address, path, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = address
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	return w
}

// sendMany counts the answers to n requests.
func (s *street) sendMany(n int, address, path, key string) map[int]int {
	answers := map[int]int{}
	for range n {
		answers[s.send(address, path, key).Code]++
	}
	return answers
}

func newStreet(t *testing.T) (s *street, keys []string) {
	t.Helper()
	db := dbtest.New(t)
	s = &street{now: time.Now()}
	now := func() time.Time { return s.now }
	apiKeys := signin.NewAPIKeys(db, now)
	for _, name := range []string{"one", "two"} {
		key, err := apiKeys.Create(t.Context(), signin.Order{Name: name, Role: "admin"})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	s.Edge = web.New(web.Parts{
		DB: db, Gate: signin.Gate{Keys: apiKeys, People: signin.NewPeople(db, nil, now)},
		Now: now,
	})
	return s, keys
}

func TestStrangersAreSlowedDownByAddress(t *testing.T) {
	t.Parallel()
	s, keys := newStreet(t)
	const one, other = "203.0.113.9:1", "203.0.113.10:1"
	if answers := s.sendMany(600, one, "/api/v1/markets", ""); answers[401] != 600 {
		t.Fatalf("below 600 a minute a stranger is answered %v", answers)
	}
	refused := s.send("203.0.113.9:2", "/api/v1/markets", "m40_guessed")
	if seconds, err := strconv.Atoi(refused.Header().Get("Retry-After")); refused.Code != 429 ||
		problemCode(t, refused) != "too_many_requests" || err != nil || seconds < 1 {
		t.Errorf("past them: %d, Retry-After %q", refused.Code, refused.Header().Get("Retry-After"))
	}
	if w := s.send(other, "/api/v1/markets", ""); w.Code != 401 {
		t.Errorf("another address is answered %d", w.Code)
	}
	if w := s.send(one, "/api/v1/nothing", keys[0]); w.Code != 404 {
		t.Errorf("who has a key is answered %d behind the same address", w.Code)
	}
	if w := s.send("[2001:db8::1]:1", "/api/v1/markets", ""); w.Code != 401 {
		t.Errorf("IPv6: %d", w.Code)
	}
	if answers := s.sendMany(599, "[2001:db8::2]:1", "/api/v1/markets", ""); answers[401] != 599 {
		t.Errorf("IPv6: %v", answers)
	}
	if w := s.send("[2001:db8::ffff:3]:1", "/api/v1/markets", ""); w.Code != 429 {
		t.Errorf("another address of the same /64 is answered %d", w.Code)
	}
	if w := s.send(one, "/webhooks/sepay/x", ""); w.Code == 429 {
		t.Error("a webhook is slowed down")
	}
	s.now = s.now.Add(time.Minute)
	if answers := s.sendMany(601, one, "/api/v1/markets", ""); answers[401] != 600 || answers[429] != 1 {
		t.Errorf("a minute later: %v", answers)
	}
}

// TestNoDoubleRate sends twice the limit around the end of a minute that began with one request.
func TestNoDoubleRate(t *testing.T) {
	t.Parallel()
	s, _ := newStreet(t)
	const one = "203.0.113.9:1"
	s.sendMany(1, one, "/api/v1/markets", "")
	s.now = s.now.Add(59 * time.Second)
	before := s.sendMany(599, one, "/api/v1/markets", "")
	s.now = s.now.Add(2 * time.Second)
	after := s.sendMany(600, one, "/api/v1/markets", "")
	if before[401] != 599 || after[401] > 30 {
		t.Errorf("in two seconds %d and %d requests are let through", before[401], after[401])
	}
}

// TestAnswersTellTheirRateLimit: what is left, and when there is more.
func TestAnswersTellTheirRateLimit(t *testing.T) {
	t.Parallel()
	s, keys := newStreet(t)
	s.Engine.POST("/q/:code/orders", s.LimitRate("orders", 10), func(c *gin.Context) { c.Status(http.StatusNoContent) })
	for _, c := range []struct{ path, key, policy, limit string }{
		{"/api/v1/markets", "", `"strangers";q=600;w=60`, `"strangers";r=599;t=1`},
		{"/api/v1/nothing", keys[0], `"caller";q=6000;w=60`, `"caller";r=5999;t=1`},
		{"/q/NOTHING", "", `"pages";q=3000;w=60`, `"pages";r=2999;t=1`},
		{"/healthz", "", "", ""},
	} {
		h := s.send("203.0.113.9:1", c.path, c.key).Header()
		if h.Get("RateLimit-Policy") != c.policy || h.Get("RateLimit") != c.limit {
			t.Errorf("%s: %q, %q", c.path, h.Get("RateLimit-Policy"), h.Get("RateLimit"))
		}
	}
	order := httptest.NewRequest("POST", "/q/M4JX/orders", nil)
	order.RemoteAddr = "203.0.113.10:1"
	for range 11 {
		w := httptest.NewRecorder()
		s.Engine.ServeHTTP(w, order)
		if w.Code != 429 {
			continue
		}
		if got := strings.Join(w.Header().Values("RateLimit"), ", "); got != `"pages";r=2989;t=1, "orders";r=0;t=6` ||
			w.Header().Get("Retry-After") != "6" {
			t.Errorf("refused with %s, Retry-After %q", got, w.Header().Get("Retry-After"))
		}
		return
	}
	t.Error("eleven orders in a moment are let through")
}

func TestCallersAreSlowedDownAlone(t *testing.T) {
	t.Parallel()
	s, keys := newStreet(t)
	answers := map[int]int{}
	for i := range 6010 { // from anywhere
		answers[s.send(fmt.Sprintf("10.0.%d.%d:1", i/250, i%250), "/api/v1/nothing", keys[0]).Code]++
	}
	if answers[404] != 6000 || answers[429] != 10 {
		t.Errorf("one key: %v", answers)
	}
	if answers := s.sendMany(100, "10.0.0.1:1", "/api/v1/nothing", keys[1]); answers[404] != 100 {
		t.Errorf("another key: %v", answers)
	}
	if answers := s.sendMany(3005, "10.0.0.1:1", "/q/NOTHING", ""); answers[404] != 3000 || answers[429] != 5 {
		t.Errorf("pages: %v", answers)
	}
}

// TestMemoryOfPacesIsBounded: an attacker with many addresses makes us forget, not grow.
func TestMemoryOfPacesIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := newStreet(t)
	s.sendMany(600, "203.0.113.9:1", "/api/v1/markets", "")
	for i := range 50_000 {
		s.send(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), "/api/v1/markets", "")
	}
	if n := web.CountedCallers(s.Edge); n > 40_000 {
		t.Errorf("%d addresses are remembered", n)
	}
}

func TestDuplicateNameInBodyIsRefused(t *testing.T) {
	t.Parallel()
	e, key, ran := newEdge(t)
	for body, field := range map[string]string{
		`{"name":"x","name":"x"}`:                    "name",
		`{"name":"x","kind":"a","\u006eame":"y"}`:    "name",
		`{"name":{"a":[1,{"b":1,"b":2}]}}`:           "name.a.1.b",
		`{"a":{},"b":[[],[{"x":{"y":0,"y":null}}]]}`: "b.1.0.x.y",
		`[{"name":"x"},{"name":1,"name":2}]`:         "1.name",
	} {
		w := sendRequest(e, "POST", "/api/v1/markets", key, "", body)
		if w.Code != 422 || problemCode(t, w) != "duplicate_key" ||
			!strings.Contains(w.Body.String(), `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	for body, want := range map[string]int{
		strings.Repeat(`[`, 70):                             400,
		strings.Repeat(`{"a":`, 70):                         400,
		`{"name":"` + strings.Repeat("x", 1<<20) + `"}`:     413,
		`{"name":"name","kind":"a"}`:                        201,
		`{"name":"x","kind":"a"} {"name":"x","name":"y"}`:   422,
		`{"name":"x","role":"admin"}`:                       422,
		`{"name":"x","id":"1","state":"a","market_id":"1"}`: 422,
	} {
		if w := sendRequest(e, "POST", "/api/v1/markets", key, "", body); w.Code != want {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	if ran.Load() != 1 {
		t.Errorf("it ran %d times", ran.Load())
	}
}

// What two readers would read differently is not read at all; what is text in any form is.
func TestBytesThatAreNoText(t *testing.T) {
	t.Parallel()
	e, key, _ := newEdge(t)
	for body, want := range map[string]int{
		"{\"name\":\"T\xe1\xba p hu\xff n\"}": 400, `{"name":"\ud83d"}`: 400, `{"name":"\ude00\ud83d"}`: 400,
		`{"name":"\ud83dx"}`: 400, `{"name":"\ud83d\u0041"}`: 400, `{"\udead":1}`: 400,
		`{"name":"\ud83d\ude00"}`: 201, `{"name":"\\ud83d"}`: 201, `{"name":"Tập huấn 😀"}`: 201,
		`{"name":"\u00e1\t"}`: 201, `{"name":"\u12"}`: 400, `{"name":"\`: 400,
	} {
		w := sendRequest(e, "POST", "/api/v1/markets", key, "", body)
		if w.Code != want || want == 400 && problemCode(t, w) != "unreadable" {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
}
