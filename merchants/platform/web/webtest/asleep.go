// Package webtest tests handlers with clients that read slowly, and compares answers with OpenAPI.
package webtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// asleep is a reader who takes nothing until it wakes.
type asleep struct {
	*httptest.ResponseRecorder
	begins func()
	wakes  chan struct{}
}

func (a *asleep) Write(b []byte) (int, error) {
	a.begins()
	<-a.wakes
	return a.ResponseRecorder.Write(b)
}

func (a *asleep) WriteString(s string) (int, error) { return a.Write([]byte(s)) }

// StartRequest requests a path with a key and returns when the answer begins. The reader takes nothing until
// the returned function is called, or the test ends; that function returns the answer.
func StartRequest(t *testing.T, handler http.Handler, path, key string) (wake func() *httptest.ResponseRecorder) {
	t.Helper()
	begun, done := make(chan struct{}), make(chan struct{})
	a := &asleep{httptest.NewRecorder(), sync.OnceFunc(func() { close(begun) }), make(chan struct{})}
	go func() {
		defer close(done)
		handler.ServeHTTP(a, get(context.Background(), path, key))
	}()
	wake = sync.OnceValue(func() *httptest.ResponseRecorder {
		close(a.wakes)
		<-done
		return a.ResponseRecorder
	})
	t.Cleanup(func() { wake() })
	select {
	case <-begun:
	case <-done:
		t.Fatalf("%s is answered %d without a body", path, a.Code)
	case <-time.After(time.Minute):
		t.Fatalf("%s is not answered", path)
	}
	return wake
}

// CheckIndependentReaders lets one key read nothing of a file, and expects another one to receive
// it meanwhile.
func CheckIndependentReaders(t *testing.T, handler http.Handler, path, key, other string) {
	t.Helper()
	wake := StartRequest(t, handler, path, key)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, get(ctx, path, other))
	if answer.Code != http.StatusOK {
		t.Errorf("beside a slow reader of %s another one is answered %d: %s", path, answer.Code, answer.Body)
	}
	if slow := wake(); slow.Code != http.StatusOK || slow.Body.Len() == 0 {
		t.Errorf("the slow reader of %s is answered %d", path, slow.Code)
	}
}

func get(ctx context.Context, path, key string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}
