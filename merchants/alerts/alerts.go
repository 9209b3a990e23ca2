// Package alerts warns boards of what they should look at before money goes wrong. Other packages
// open alerts in their own transactions; persons close them.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
)

// Alerts lists and closes the alerts of boards.
type Alerts struct {
	db  *database.DB
	now func() time.Time
}

// New returns the alerts in db.
func New(db *database.DB, now func() time.Time) *Alerts { return &Alerts{db: db, now: now} }

// Kinds of alert.
const (
	ManyAccounts    = "many_accounts"    // a stall receives on more than five accounts
	SharedAccount   = "shared_account"   // three merchants or more claim one account
	BeforePeak      = "before_peak"      // a change within the hour before the market's peak
	AccountAdded    = "account_added"    // a further account, at once or proposed by a program
	TenantChanged   = "tenant_changed"   // another tenant and account, at once or proposed by a program
	StallRenamed    = "stall_renamed"    // the number of a stall with codes changed
	MerchantRenamed = "merchant_renamed" // the name of a merchant with accounts changed
	SwappedCode     = "swapped_code"     // a check or a shopper reports that a sticker pays someone else
)

// Alert is what a board should look at before money goes wrong.
type Alert struct {
	ID       uuid.UUID  `json:"id"`
	Kind     string     `json:"kind" enum:"many_accounts,shared_account,before_peak,account_added,tenant_changed,stall_renamed,merchant_renamed,swapped_code,number_twice"`
	State    string     `json:"state" enum:"open,closed"`
	MarketID uuid.UUID  `json:"market_id"`
	StallID  *uuid.UUID `json:"stall_id" doc:"null: several stalls, or one that was never registered"`
	ChangeID *uuid.UUID `json:"change_id" doc:"the change of an account that it is about"`
	Detail   string     `json:"detail" doc:"Vietnamese; accounts by their last digits"`
	OpenedAt time.Time  `json:"opened_at"`
	ClosedAt *time.Time `json:"closed_at"`
	ClosedBy *uuid.UUID `json:"closed_by"`
	Reason   string     `json:"reason" doc:"why it was closed"`
}

// Warning is an alert to open.
type Warning struct {
	Kind, Key     string
	Market        uuid.UUID
	Stall, Change *uuid.UUID
	Detail        string
}

// Open opens alerts. It skips one while another with the same key is open.
func Open(ctx context.Context, tx pgx.Tx, now time.Time, warnings ...Warning) error {
	if len(warnings) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, w := range warnings {
		batch.Queue(`INSERT INTO alerts (id, kind, key, state, market_id, stall_id, change_id, detail, opened_at)
			VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8) ON CONFLICT (key) WHERE state = 'open' DO NOTHING`,
			database.NewID(), w.Kind, w.Key, w.Market, w.Stall, w.Change, w.Detail, now)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("open alerts: %w", err)
	}
	return nil
}

// listAlerts returns a page of the alerts in the caller's scope, newest first.
func (as *Alerts) listAlerts(ctx context.Context, who roles.Principal, state string,
	page web.Page,
) (*web.List[Alert], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := as.db.Pool.Query(ctx, `SELECT id, kind, state, market_id, stall_id, change_id, detail, opened_at,
		closed_at, closed_by, reason FROM alerts
		WHERE market_id IN (SELECT scope_markets($1, $2)) AND sees_stall($1, $2, stall_id) AND ($3 = '' OR state = $3)
		AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5)) ORDER BY opened_at DESC, id DESC LIMIT $6`,
		who.ScopeKind, who.ScopeID, state, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	alerts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Alert])
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	items, next := web.Cut(alerts, page, func(a Alert) web.Mark { return web.Mark{At: &a.OpenedAt, ID: a.ID} })
	return &web.List[Alert]{Items: items, Next: next}, nil
}

// closeAlert closes an open alert in the caller's scope. It refuses a program (409), which may have
// caused the alert. A later warning about the same thing opens a new alert.
func (as *Alerts) closeAlert(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) (*Alert, error) {
	var a Alert
	err := as.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var state string
		err := tx.QueryRow(ctx, `SELECT state FROM alerts WHERE id = $3 AND market_id IN (SELECT scope_markets($1, $2))
			AND sees_stall($1, $2, stall_id) FOR UPDATE`,
			who.ScopeKind, who.ScopeID, id).Scan(&state)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return problem.Missing("alert")
		case err != nil:
			return fmt.Errorf("find alert %s: %w", id, err)
		}
		if err := who.Allow(roles.CloseAlerts); err != nil {
			return err
		}
		if who.IsProgram() {
			return problem.New(problem.Conflict, "person_closes",
				"Chương trình không đóng được cảnh báo, cần người đăng nhập để đóng.",
				"A program cannot close an alert: a person has to sign in and close it.")
		}
		if state != "open" {
			return problem.New(problem.Conflict, "alert_closed", "Cảnh báo đã đóng.", "The alert is closed.")
		}
		rows, err := tx.Query(ctx, `UPDATE alerts SET state = 'closed', closed_at = $2, closed_by = $3, reason = $4
			WHERE id = $1
			RETURNING id, kind, state, market_id, stall_id, change_id, detail, opened_at, closed_at, closed_by, reason`,
			id, as.now(), who.ActorID, encodings.OneLine(reason))
		if err != nil {
			return fmt.Errorf("close alert %s: %w", id, err)
		}
		a, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Alert])
		return err
	})
	return &a, err
}

func (as *Alerts) getAlerts(ctx context.Context, in *struct {
	State string `query:"state" enum:"open,closed"`
	web.Page
},
) (*web.Body[*web.List[Alert]], error) {
	who, err := roles.Require(ctx, roles.ReadAlerts)
	if err != nil {
		return nil, err
	}
	return web.Answer(as.listAlerts(ctx, who, in.State, in.Page))
}

func (as *Alerts) postAlertClose(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
},
) (*web.Body[*Alert], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("alert")
	if err != nil {
		return nil, err
	}
	return web.Answer(as.closeAlert(ctx, who, id, in.Body.Reason))
}

// Routes mounts the alerts of boards: read in scope, closed by persons.
func (as *Alerts) Routes(e *web.Edge) {
	op := web.Tagged("register")
	e.Scope(
		"alerts",
		`SELECT EXISTS (SELECT FROM alerts WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)))`,
	)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/alerts", "list-alerts",
		"List alerts that a board should check, newest first", 0), as.getAlerts)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/alerts/{id}/close", "close-alert",
		"Close an alert with a reason; only for a person who is signed in", http.StatusOK), as.postAlertClose)
}
