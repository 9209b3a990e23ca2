package app

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/frontend"
	"market40/frontend/pages"
	"market40/merchants/access/invitations"
	"market40/merchants/access/passkeys"
	"market40/merchants/access/phonecodes"
	"market40/merchants/access/signin"
	"market40/merchants/access/staff"
	"market40/merchants/bulk"
	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations"
	"market40/payments/book"
	"market40/reports/exports"
)

// readyWithin is how long the database may take to answer /readyz.
const readyWithin = 2 * time.Second

// WarningPrefix begins each line of /readyz that warns of something.
const WarningPrefix = "warning: "

// Routes mounts every package's routes, and last the pages that describe them. A demo has
// its start page at /, any other program the page of doors.
func (p *Program) Routes(demo bool) (*web.Edge, error) {
	e := web.New(web.Parts{
		DB: p.DB, Keys: p.Keys, Gate: signin.Gate{Keys: p.APIKeys, People: p.People}, Trail: p.trail,
		Proxies: p.Settings.Proxies, Now: p.Now,
		Strict: !p.Settings.LAN, Version: apiVersion, Around: p.Settings.traceRequest(),
	})
	e.API.OpenAPI().Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	if p.Settings.PublicURL != "" {
		e.API.OpenAPI().Servers = []*huma.Server{{URL: p.Settings.PublicURL}}
	}
	p.signInRoutes(e, demo)
	p.trail.Routes(e)
	signin.UserRoutes(e, p.People, p.APIKeys)
	p.Registry.Routes(e)
	bulk.New(p.DB, p.Keys, p.Now, p.Registry.Stalls).Routes(e)
	codes.NewPrints(p.Registry.Codes, p.Settings.PublicURL).Routes(e)
	p.privacy.Routes(e)
	p.Connections.Routes(e)
	p.Intake.Routes(e)
	p.Cases.Routes(e)
	p.payments.Routes(e)
	p.orders.Routes(e)
	book.New(p.DB, p.Keys, p.Now).Routes(e)
	p.pushes.Routes(e)
	p.Boxes.Routes(e)
	p.reports.Routes(e)
	p.programme.Routes(e)
	p.field.Routes(e)
	exports.New(p.reports, p.Periodic).Routes(e)
	p.Periodic.Routes(e)
	behindCodes, err := pages.New(p.Registry, p.orders, p.Settings.PublicURL)
	if err != nil {
		return nil, err
	}
	if err := behindCodes.Routes(e); err != nil {
		return nil, err
	}
	var ways []frontend.Way
	p.sso.Each(func(id, name string) {
		ways = append(ways, frontend.Way{Name: name, Start: "/api/v1/oidc/" + id + "/start"})
	})
	if err := frontend.AccountRoutes(e, ways); err != nil {
		return nil, err
	}
	if err := frontend.AppRoutes(e); err != nil {
		return nil, err
	}
	if demo {
		start, err := frontend.NewStart(frontend.StartParts{
			DB: p.DB, Payments: p.payments, People: p.People, Site: p.Settings.site(), Near: p.Settings.isNear(),
		})
		if err != nil {
			return nil, err
		}
		start.Routes(e)
	} else if err := frontend.HomeRoute(e); err != nil {
		return nil, err
	}
	if err := p.operatorRoutes(e); err != nil {
		return nil, err
	}
	if err := describeAPI(e); err != nil {
		return nil, err
	}
	return e, mountDocs(e)
}

// signInRoutes mounts every way to sign in.
func (p *Program) signInRoutes(e *web.Edge, demo bool) {
	site := p.Settings.site()
	signin.SessionRoutes(e, p.People, site)
	passkeys.New(p.DB, p.Keys, p.Now, p.People).Routes(e, site)
	p.sso.Routes(e, site)
	p.codes = phonecodes.New(phonecodes.Parts{
		DB: p.DB, Keys: p.Keys, Now: p.Now, People: p.People,
		Sender: p.smsSender(demo), Host: p.Settings.publicHost(),
	})
	p.codes.Routes(e, site)
	invitations.New(p.DB, p.Now, p.People).Routes(e, site)
	staff.New(p.DB, p.Keys, p.Now, p.People).Routes(e, site)
}

var (
	folders = regexp.MustCompile(`[\w.-]+/`)
	// OpenAPI names the types of these packages as those of payments.
	partOfPayments = regexp.MustCompile(`\b(cases|connections|orders|push|received)\.`)
	wordStart      = regexp.MustCompile(`[^A-Za-z0-9]+([A-Za-z0-9]?)`)
)

// schemaName names a type in OpenAPI with its package, because two packages may each have a
// Locality: MerchantsLocality, WebListFieldVisit.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[problem.Body]():
		return "Problem"
	case t == reflect.TypeFor[problem.FieldBody]():
		return "ProblemField"
	case t.Name() == "": // a struct in an operation's input: AddPasskeyRequest
		return capitalize("." + huma.DefaultSchemaNamer(t, hint))
	}
	name := "." + partOfPayments.ReplaceAllString(folders.ReplaceAllString(t.String(), ""), "payments.")
	name = partsOfReports.ReplaceAllString(name, "reports.")
	name = partsOfField.ReplaceAllString(name, "field.")
	name = partsOfMerchants.ReplaceAllString(name, "merchants.")
	name = partsOfWeb.ReplaceAllString(name, "web.$1")
	name = partsOfSignIn.ReplaceAllString(name, "signin.")
	return capitalize(name)
}

// capitalize joins the words of a name, each with a capital letter.
func capitalize(name string) string {
	return wordStart.ReplaceAllStringFunc(name, func(found string) string {
		return strings.ToUpper(strings.TrimLeft(found, ".[]*, -"))
	})
}

// These match the packages with types that OpenAPI names as those of the whole.
var (
	partsOfReports   = regexp.MustCompile(`\b(campaigns|figures|indicators|scope)\.`)
	partsOfField     = regexp.MustCompile(`\b(record|samples)\.`)
	partsOfMerchants = regexp.MustCompile(`\b(alerts|beneficiary|bulk|checks|codes|tenancies)\.`)
	partsOfSignIn    = regexp.MustCompile(`\b(invitations|passkeys|phonecodes|staff)\.`)
	// bodies of the routes of signing in
	partsOfWeb = regexp.MustCompile(
		`\b(?:invitations|phonecodes|signin|staff)\.(Me|NewUser|Phoned|codeSent|madeInvitation|phonePeople|pinBody)\b`)
)

// operatorRoutes mounts what operators watch: alive, ready, metrics. Nothing in them is about a
// person.
func (p *Program) operatorRoutes(e *web.Edge) error {
	scrape, err := p.scrapeHandler(e)
	if err != nil {
		return err
	}
	e.Engine.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "alive\n") })
	e.Engine.GET("/readyz", p.ready)
	e.Engine.GET("/metrics", gin.WrapH(scrape))
	documentPage(e, "healthz", "/healthz", "200 while the process lives")
	documentPage(
		e,
		"readyz",
		"/readyz",
		"200 when the database is reachable and migrated, else 503; lines that begin with \"warning:\" report a wrong clock",
	)
	documentPage(e, "metrics", "/metrics", "Metrics as Prometheus reads them")
	return nil
}

// ready returns 503 while the database does not answer or has another schema.
func (p *Program) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyWithin)
	defer cancel()
	if err := migrations.Check(ctx, p.DB.Pool); err != nil {
		c.String(http.StatusServiceUnavailable, "not ready\n")
		return
	}
	text := "ready\n"
	for _, warning := range p.warnings {
		text += WarningPrefix + warning + "\n"
	}
	if off := p.Intake.ClockOff(); off != 0 {
		text += clockWarning(off, "the database's")
	}
	if off := p.Intake.StampsOff(); off != 0 {
		text += clockWarning(off, "the stamps of signed notices, which are refused from 5 minutes on")
	}
	c.String(http.StatusOK, "%s", text)
}

// clockWarning returns a line of /readyz about a clock that is ahead of another one by some time.
func clockWarning(by time.Duration, other string) string {
	way := "ahead of"
	if by < 0 {
		way = "behind"
	}
	return fmt.Sprintf("%sthis machine's clock is %s %s %s\n", WarningPrefix, by.Abs().Round(time.Second), way, other)
}

// documentPage writes a page that anyone may GET into OpenAPI.
func documentPage(e *web.Edge, id, path, summary string) {
	e.Document(huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"operation"},
		Security: []map[string][]string{{}},
	})
}
