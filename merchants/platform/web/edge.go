// Package web serves HTTP: the gin engine, huma with our problems, the guard of /api, idempotency
// keys and OpenAPI. Domain packages mount their own tables of routes on the edge that New returns.
package web

import (
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/passwords"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// Edge carries the engine and the API that routes are mounted on, and serves them.
type Edge struct {
	Engine *gin.Engine // plain routes: webhooks, streams, files, pages
	API    huma.API    // typed JSON operations

	limits     *rateLimits
	scopes     map[string]string // the guard's
	compressed http.Handler      // the engine, with its answers compressed
	metrics    *requestMetrics
}

// Parts are the dependencies of New.
type Parts struct {
	DB      *database.DB
	Keys    *seal.Keys
	Gate    Gate
	Trail   Trail   // nil: nothing is recorded
	Proxies Proxies // the proxies that are trusted for X-Forwarded-For
	Strict  bool    // browsers must use https only
	Now     func() time.Time
	Version string          // of the API
	Around  gin.HandlerFunc // runs around every request, after it has its id; nil: nothing does
}

// Trail records a request: before it runs, and its result. A request that it cannot record is
// refused.
type Trail interface{ Record(c *gin.Context) }

// configureLibraries sets gin and huma for the whole process: no debug output, our problems, names
// as they are written.
var configureLibraries = sync.OnceFunc(func() {
	gin.SetMode(gin.ReleaseMode)
	huma.NewErrorWithContext = problem.FromHuma
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problem.FromHuma(nil, status, msg, errs...)
	}
	huma.ValidateStrictCasing = true // "Role" is not "role": encoding/json would take either, and the last of both
})

// New makes an engine that knows who calls, answers every fault as a problem, and guards /api.
func New(p Parts) *Edge {
	configureLibraries()
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil) // p.Proxies has spoken by then: gin's ClientIP is the request's own address
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // it would believe X-Forwarded-Prefix, which anybody may write
	metrics := newRequestMetrics()
	engine.Use(p.Proxies.setRequestID, metrics.measure(engine))
	if p.Around != nil {
		engine.Use(p.Around)
	}
	engine.Use(recoverPanic, p.Proxies.setCaller, setHeaders, closeEarly)
	limits, scopes := newRateLimits(p.Now), map[string]string{}
	guard := &guard{p.Gate, p.DB, limits, scopes}
	if p.Strict {
		engine.Use(strictly)
	}
	once, parallel, bodies := &idempotency{parts: p}, newParallel(), NewBudget(bodyBudget)
	engine.Use(limits.limitPages, underAPI(guard.identify), parallel.perCaller, bodies.readSecrets, reserveSeat)
	if p.Trail != nil {
		engine.Use(p.Trail.Record) // refusals too
	}
	engine.Use(underAPI(guard.authorise), bodies.readBody, readOnce, parallel.fewInAll, parallel.fewOfAKind,
		underAPI(once.handle))
	engine.NoRoute(problem.Handle(func(*gin.Context) error { return problem.Missing("page") }))
	engine.NoMethod(problem.Handle(func(*gin.Context) error {
		return problem.New(
			http.StatusMethodNotAllowed,
			"method_not_allowed",
			"Địa chỉ này không hỗ trợ phương thức đó.",
			"This address does not support that method.",
		)
	}))

	config := huma.DefaultConfig("market40 (Chợ 4.0)", p.Version)
	config.CreateHooks = nil // no $schema links
	config.SchemasPath, config.DocsPath, config.OpenAPIPath = "", "", ""
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.Transformers = []huma.Transformer{problem.Localize}
	config.OnAddOperation = append(config.OnAddOperation, describe)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer"}, // signin adds that of sessions
	}
	config.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	e := &Edge{
		Engine:     engine,
		API:        humagin.New(engine, config),
		limits:     limits,
		scopes:     scopes,
		compressed: newCompressor(engine),
		metrics:    metrics,
	}
	e.documentRoutes()
	return e
}

// Scope registers the query of paths like /api/v1/{name}/{id}: whether a caller's scope ($2, $3)
// contains the id ($1). Outside of it the gate answers 404 instead of 403.
func (e *Edge) Scope(name, query string) { e.scopes[name] = query }

// underAPI runs for requests under /api only.
func underAPI(do gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			do(c)
		}
	}
}

// looksAtSecrets are the routes on which a password or PIN is looked at.
var looksAtSecrets = map[string]bool{"/api/v1/sessions": true, "/api/v1/staff-sessions": true}

// reserveSeat limits how many people sign in at once. A refused request leaves nothing, not even a
// line of the trail.
func reserveSeat(c *gin.Context) {
	if c.Request.Method != http.MethodPost || !looksAtSecrets[c.FullPath()] {
		return
	}
	leave, err := passwords.TakeSeat(VisitorOf(c.Request).Address)
	if err != nil {
		problem.Write(c, err)
		return
	}
	defer leave()
	c.Next()
}

// SchemaOf returns a reference to the schema of a type.
func (e *Edge) SchemaOf(t reflect.Type) *huma.Schema {
	return e.API.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// Document writes a plain gin route into OpenAPI.
func (e *Edge) Document(op huma.Operation) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{"200": {Description: "OK"}}
	}
	for name := range strings.SplitSeq(op.Path, "/") {
		if parameter, _, found := strings.Cut(name, "}"); found { // "{code}.png" has a parameter too
			op.Parameters = append(op.Parameters, &huma.Param{
				Name: strings.TrimPrefix(parameter, "{"), In: "path", Required: true,
				Schema: &huma.Schema{Type: "string"},
			})
		}
	}
	e.API.OpenAPI().AddOperation(&op)
}

// setHeaders adds the headers of every answer to people and their programs.
func setHeaders(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, "/webhooks/") {
		return // answered to programs of banks, and often
	}
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set(
		"Content-Security-Policy",
		"default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	)
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
}

// strictly makes browsers use https only, for a year from each visit (RFC 6797). It leaves out
// includeSubDomains: other hosts of the domain belong to others. Over plain http, on loopback or
// behind an unknown proxy that ends TLS, browsers ignore it (section 8.1).
func strictly(c *gin.Context) {
	if !strings.HasPrefix(c.Request.URL.Path, "/webhooks/") {
		c.Writer.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// recoverPanic answers a panic like any failure and keeps the process alive.
func recoverPanic(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is thrown
				panic(r) //nolint:forbidigo // net/http ends the connection by it
			}
			problem.Write(c, fmt.Errorf("panic in %s %s: %v\n%s", c.Request.Method, c.FullPath(), r, debug.Stack()))
		}
	}()
	c.Next()
}
