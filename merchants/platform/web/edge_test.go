package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database/dbtest"
)

type thing struct {
	Body struct {
		Name string `json:"name" minLength:"1"`
		Kind string `json:"kind,omitempty" enum:"a,b"`
	}
}

type made struct {
	Body struct {
		N    int64  `json:"n"`
		Name string `json:"name"`
	}
}

// newEdge mounts one creating route that counts how often it ran.
func newEdge(t *testing.T) (e *web.Edge, key string, ran *atomic.Int64) {
	t.Helper()
	db := dbtest.New(t)
	keys, err := seal.Open(t.Context(), db.Pool, [32]byte{1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	apiKeys := signin.NewAPIKeys(db, time.Now)
	if key, err = apiKeys.Create(t.Context(), signin.Order{Name: "test", Role: "admin"}); err != nil {
		t.Fatal(err)
	}
	e = web.New(web.Parts{DB: db, Keys: keys, Gate: signin.Gate{Keys: apiKeys}, Now: time.Now, Version: "test"})
	ran = &atomic.Int64{}
	huma.Register(e.API, huma.Operation{
		OperationID: "make", Method: "POST", Path: "/api/v1/markets",
		DefaultStatus: 201,
	}, func(_ context.Context, in *thing) (*made, error) {
		out := &made{}
		out.Body.N, out.Body.Name = ran.Add(1), in.Body.Name
		if in.Body.Name == "taken" {
			return nil, problem.New(problem.Conflict, "taken", "Đã có.", "It is taken.")
		}
		return out, nil
	})
	e.Engine.GET("/panics", func(*gin.Context) { panic("boom") })
	return e, key, ran
}

func sendRequest(e *web.Edge, method, path, key, idempotency, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", "en")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if idempotency != "" {
		r.Header.Set("Idempotency-Key", idempotency)
	}
	w := httptest.NewRecorder()
	e.Engine.ServeHTTP(w, r)
	return w
}

func problemCode(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var p problem.Body
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return p.Code
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	e, key, ran := newEdge(t)
	for name, c := range map[string]struct {
		method, path, key, body string
		status                  int
		code                    string
	}{
		"stranger":         {"POST", "/api/v1/markets", "", `{"name":"x"}`, 401, "sign_in"},
		"unknown key":      {"POST", "/api/v1/markets", "m40_x", `{"name":"x"}`, 401, "key_unknown"},
		"stranger nowhere": {"GET", "/api/v1/nothing", "", "", 401, "sign_in"},
		"nowhere":          {"GET", "/api/v1/nothing", key, "", 404, "not_found"},
		"method":           {"DELETE", "/api/v1/markets", key, "", 405, "method_not_allowed"},
		"unreadable":       {"POST", "/api/v1/markets", key, `{`, 400, "unreadable"},
		"unknown field":    {"POST", "/api/v1/markets", key, `{"name":"x","nam":"y"}`, 422, "unknown_field"},
		"missing field":    {"POST", "/api/v1/markets", key, `{}`, 422, "required"},
		"unknown value":    {"POST", "/api/v1/markets", key, `{"name":"x","kind":"c"}`, 422, "unknown_value"},
		"two faults":       {"POST", "/api/v1/markets", key, `{"kind":"c"}`, 422, "invalid_input"},
		"panic":            {"GET", "/panics", "", "", 500, "internal"},
	} {
		w := sendRequest(e, c.method, c.path, c.key, "", c.body)
		if w.Code != c.status || problemCode(t, w) != c.code || w.Header().Get("Content-Type") != problem.MediaType {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if ran.Load() != 0 {
		t.Error("a refused request ran")
	}
}

func TestNoRejectedValueIsEchoed(t *testing.T) {
	t.Parallel()
	e, key, _ := newEdge(t)
	w := sendRequest(e, "POST", "/api/v1/markets", key, "", `{"name":["my secret"]}`)
	if w.Code != 422 || strings.Contains(w.Body.String(), "my secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestDeadlineEndsWithBody: one that did would end the context of every later request on the
// connection.
func TestDeadlineEndsWithBody(t *testing.T) {
	t.Parallel()
	e, _, _ := newEdge(t)
	if made := e.API.OpenAPI().Paths["/api/v1/markets"].Post; made.BodyReadTimeout >= 0 {
		t.Errorf("a body's deadline of %v stays on the connection", made.BodyReadTimeout)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	e, key, ran := newEdge(t)
	first := sendRequest(e, "POST", "/api/v1/markets", key, "k1", `{"name":"x"}`)
	again := sendRequest(e, "POST", "/api/v1/markets", key, "k1", `{"name":"x"}`)
	if first.Code != 201 || again.Code != 201 || again.Body.String() != first.Body.String() || ran.Load() != 1 {
		t.Errorf("%d %s, then %d %s; ran %d times", first.Code, first.Body, again.Code, again.Body, ran.Load())
	}
	if w := sendRequest(e, "POST", "/api/v1/markets", key, "k1", `{"name":"y"}`); w.Code != 409 ||
		problemCode(t, w) != "idempotency_key_reused" {
		t.Errorf("another body: %d %s", w.Code, w.Body)
	}
	for range 2 { // a refusal is an answer too
		if w := sendRequest(e, "POST", "/api/v1/markets", key, "k2", `{"name":"taken"}`); w.Code != 409 ||
			problemCode(t, w) != "taken" {
			t.Errorf("refusal: %d %s", w.Code, w.Body)
		}
	}
	if ran.Load() != 2 {
		t.Errorf("ran %d times, want 2", ran.Load())
	}
	if w := sendRequest(e, "POST", "/api/v1/markets", key, strings.Repeat("k", 200),
		`{"name":"x"}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("long key: %d", w.Code)
	}
}

func TestPageCursors(t *testing.T) {
	t.Parallel()
	items := []int{1, 2, 3}
	cut, next := web.Cut(items, web.Page{Limit: 2},
		func(n int) web.Mark { return web.Mark{Text: strings.Repeat("ở", n)} })
	if len(cut) != 2 || next == nil || strings.ContainsAny(*next, "+/=&?") {
		t.Fatalf("%v %v", cut, next)
	}
	m, err := web.Page{After: *next}.Mark()
	if err != nil || m.Text != "ởở" {
		t.Errorf("%+v %v", m, err)
	}
	if cut, next = web.Cut(items, web.Page{Limit: 3}, func(int) web.Mark { return web.Mark{} }); len(cut) != 3 ||
		next != nil {
		t.Errorf("%v %v", cut, next)
	}
	if _, err := (web.Page{After: "%%%"}).Mark(); err == nil {
		t.Error("a broken cursor was read")
	}
}
