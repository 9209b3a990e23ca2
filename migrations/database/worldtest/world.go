// Package worldtest runs parts of the program on a database of their own, behind the real router.
// Only tests import it.
package worldtest

import (
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/signin"
	"market40/merchants/access/trail"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/migrations/database/dbtest"
)

// World is a program for one test. The test mounts the parts that it calls.
type World struct {
	T       testing.TB
	DB      *database.DB
	Keys    *seal.Keys
	APIKeys *signin.APIKeys
	People  *signin.People
	Trail   *trail.Trail
	Edge    *web.Edge
	Clock   time.Time        // zero: the machine's clock
	Server  *httptest.Server // nil: calls do not use the network
}

// New returns a program without routes on a database of its own. A clock of zero is the machine's.
func New(t testing.TB, clock time.Time) *World {
	t.Helper()
	return NewOn(t, dbtest.New(t), clock)
}

// NewOn does the same as New on a database that the test has opened.
func NewOn(t testing.TB, db *database.DB, clock time.Time) *World {
	t.Helper()
	w := &World{T: t, DB: db, Clock: clock}
	keys, err := seal.Open(t.Context(), db.Pool, [seal.KeySize]byte{1}, w.Now)
	Must(t, err)
	w.Keys = keys
	w.APIKeys, w.People = signin.NewAPIKeys(db, w.Now), signin.NewPeople(db, keys, w.Now)
	w.Trail = trail.NewTrail(db, keys, w.Now)
	w.Edge = web.New(web.Parts{
		DB: db, Keys: keys, Gate: signin.Gate{Keys: w.APIKeys, People: w.People},
		Trail: w.Trail, Now: w.Now, Version: "test",
	})
	w.Edge.API.OpenAPI().Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	return w
}

// schemaName names a type with its package: two packages may each have a type Target.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	return strings.NewReplacer("/", "_", "[", "_", "]", "_", ".", "_", "*", "_").Replace(t.String())
}

// Now returns the time in this world.
func (w *World) Now() time.Time {
	if w.Clock.IsZero() {
		return time.Now()
	}
	return w.Clock
}

// Routes mounts parts of the program.
func (w *World) Routes(parts ...interface{ Routes(e *web.Edge) }) {
	for _, part := range parts {
		part.Routes(w.Edge)
	}
}

// Serve starts a server. Calls use it from now on, until the test ends.
func (w *World) Serve() {
	w.Server = httptest.NewServer(w.Edge.Engine)
	w.T.Cleanup(w.Server.Close)
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Patience is how long anything may take on a busy machine.
const Patience = time.Minute

// Eventually waits until a condition holds.
func (w *World) Eventually(what string, holds func() bool) {
	w.T.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.T.Fatalf("timeout: %s", what)
		}
	}
}
