// Package frontend serves the account pages, the apps, and the live start page of `serve --demo`.
// That page shows the demo markets, one stall with its printed code, and its payments as they
// arrive.
package frontend

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments"
	"market40/payments/money"
)

//go:embed start
var files embed.FS

// shownPayments is how many past payments the page shows before new ones arrive.
const shownPayments = 8

// Start is the demo's start page. It shows invented data only: its stream serves demo markets and
// no other.
type Start struct {
	db       *database.DB
	payments *payments.Payments
	people   *signin.People
	site     web.Site
	near     bool
	page     *template.Template
}

// StartParts are the dependencies of a Start.
type StartParts struct {
	DB       *database.DB
	Payments *payments.Payments
	People   *signin.People
	Site     web.Site
	Near     bool // only this machine or its network reaches the server: whoever comes may sign in as any role
}

// startPage is what the page shows.
type startPage struct {
	accountPage
	Markets []market
	Stall   *stall
	Buttons []roleButton
}

// NewStart prepares the page.
func NewStart(p StartParts) (*Start, error) {
	page, err := template.New("page.html").Funcs(template.FuncMap{
		"clock": func(t time.Time) string {
			if t = t.In(bizday.Vietnam); bizday.DayOf(t) == bizday.DayOf(time.Now()) {
				return t.Format("15:04:05")
			}
			return t.Format("02/01 15:04")
		},
		"day": bizday.ShowDay,
	}).ParseFS(files, "start/page.html")
	if err != nil {
		return nil, fmt.Errorf("read start page: %w", err)
	}
	return &Start{p.DB, p.Payments, p.People, p.Site, p.Near, page}, nil
}

// Routes mounts the page. Call it only for --demo.
func (s *Start) Routes(e *web.Edge) {
	if s.near {
		e.Engine.POST("/demo/sign-in/:role", problem.Handle(s.signIn))
	}
	for _, r := range []struct {
		path   string
		handle func(*gin.Context) error
	}{
		{"/", s.show},
		{"/demo/start.css", asset("start/start.css", "text/css; charset=utf-8")},
		{"/demo/start.js", asset("start/start.js", "text/javascript; charset=utf-8")},
		{"/demo/stalls/:id/stream", s.stream},
	} {
		e.Engine.GET(r.path, problem.Handle(r.handle))
	}
}

func asset(name, contentType string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		c.Data(http.StatusOK, contentType, body)
		return nil
	}
}

// market is a line of the page's table.
type market struct {
	ID          uuid.UUID
	Name, Place string
	LastPaid    *uuid.UUID // the stall that was paid last
	paidAt      *time.Time
}

// stall is the stall that the page shows.
type stall struct {
	ID, Tenancy, MarketID          uuid.UUID
	Number, Market, Code           string
	Goods, Holder, BankName, Last4 string
	Payments                       []payments.Payment
	TodaySum                       money.Amount
	TodayCount                     int
	Version                        int64
	Today                          time.Time
}

func (s *Start) show(c *gin.Context) error {
	ctx := c.Request.Context()
	markets, err := s.markets(ctx)
	if err != nil {
		return err
	}
	var wanted *uuid.UUID
	if id, err := uuid.Parse(c.Query("stall")); err == nil {
		wanted = &id
	} else if len(markets) > 0 {
		wanted = lastPaid(markets)
	}
	var shown *stall
	if wanted != nil {
		if shown, err = s.stall(ctx, *wanted); err != nil {
			return err
		}
	}
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Header("Cache-Control", "no-store")
	c.Header("Vary", "Accept-Language")
	page := startPage{accountPage: *accountPageOf(c, nil), Markets: markets, Stall: shown}
	if s.near {
		page.Buttons = roleButtons
	}
	return s.page.Execute(c.Writer, &page)
}

// markets returns the markets of the demo, the largest first. It gives no counts, because readers
// of this page did not sign in. The official figure also has a definition and hides small cells;
// another count could contradict it.
func (s *Start) markets(ctx context.Context) ([]market, error) {
	rows, err := s.db.Pool.Query(ctx, `SELECT m.id, m.name, coalesce(v.name, ''),
			(array_agg(t.stall_id ORDER BY l.last_at DESC NULLS LAST, d.n DESC, t.stall_id) FILTER (WHERE d.n > 0))[1],
			max(l.last_at)
		FROM markets m JOIN tenancies t ON t.market_id = m.id AND upper_inf(t.valid)
		CROSS JOIN LATERAL (SELECT sum(payments) AS n FROM stall_days d
		WHERE d.tenancy_id = t.id AND d.day >= current_date - 30) d
		LEFT JOIN ledger_accounts l ON l.tenancy_id = t.id
		LEFT JOIN locality_versions v ON v.locality_id = market_unit(m.id, 'commune', current_date)
		AND v.valid @> current_date
		WHERE m.demo GROUP BY m.id, m.name, v.name ORDER BY count(t.id) DESC`)
	if err != nil {
		return nil, fmt.Errorf("list demo markets: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m market, err error) {
		err = row.Scan(&m.ID, &m.Name, &m.Place, &m.LastPaid, &m.paidAt)
		return m, err
	})
}

// lastPaid returns the stall that was paid last in any market, because the next payment is likely
// to appear there.
func lastPaid(markets []market) *uuid.UUID {
	latest := slices.MaxFunc(markets, func(a, b market) int {
		switch {
		case a.paidAt == nil:
			return -1
		case b.paidAt == nil:
			return 1
		}
		return a.paidAt.Compare(*b.paidAt)
	})
	return latest.LastPaid
}

// stall returns a demo stall with its present code and its newest payments.
func (s *Start) stall(ctx context.Context, id uuid.UUID) (*stall, error) {
	v := &stall{ID: id, Today: time.Now()}
	var sum string
	err := s.db.Pool.QueryRow(ctx, `SELECT s.number, s.zone, m.id, m.name, t.id, c.code, a.holder_name,
		coalesce(b.short_name, 'Ví điện tử'), a.last4,
			coalesce(d.payments, 0), coalesce(d.amount, 0)::text, coalesce(l.version, 0)
		FROM stalls s JOIN markets m ON m.id = s.market_id AND m.demo JOIN tenancies t ON t.stall_id = s.id
		AND upper_inf(t.valid)
		JOIN codes c ON c.stall_id = s.id AND c.kind = 'stall' AND c.state = 'current'
		JOIN accounts a ON a.id = c.account_id LEFT JOIN banks b ON b.bin = a.bank_bin
		LEFT JOIN stall_days d ON d.tenancy_id = t.id AND d.day = $2::date
		LEFT JOIN ledger_accounts l ON l.tenancy_id = t.id
		WHERE s.id = $1 ORDER BY c.issued_at LIMIT 1`, id, bizday.DayOf(v.Today)).
		Scan(&v.Number, &v.Goods, &v.MarketID, &v.Market, &v.Tenancy, &v.Code, &v.Holder, &v.BankName, &v.Last4,
			&v.TodayCount, &sum, &v.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("demo stall")
	}
	if err != nil {
		return nil, fmt.Errorf("read demo stall %s: %w", id, err)
	}
	if err := v.TodaySum.Scan(sum); err != nil {
		return nil, err
	}
	list, err := s.payments.StallPayments(ctx, roles.Principal{
		Role: roles.Admin, ScopeKind: roles.ScopeMarket,
		ScopeID: &v.MarketID,
	},
		id.String(), payments.PaymentFilter{}, web.Page{Limit: shownPayments})
	if err != nil {
		return nil, err
	}
	v.Payments = list.Items
	slices.SortStableFunc(v.Payments, func(a, b payments.Payment) int { return b.OccurredAt.Compare(a.OccurredAt) })
	return v, nil
}

// stream follows a demo stall; any other market's stall is not found here.
func (s *Start) stream(c *gin.Context) error {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil {
		return problem.Missing("demo stall")
	}
	shown, err := s.stall(c.Request.Context(), id)
	if err != nil {
		return err
	}
	if after := c.Query("after"); after != "" && c.GetHeader("Last-Event-ID") == "" {
		c.Request.Header.Set("Last-Event-ID", after) // what the page showed already
	}
	return s.payments.Follow(c, shown.MarketID, shown.Tenancy)
}
