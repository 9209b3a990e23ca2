// Package cases lists what a person has to decide, and carries out the decisions. Where money moves,
// two people decide. The posting opens the cases (payments/intake).
package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/intake"
	"market40/payments/ledger"
	"market40/payments/money"
)

// Cases reads the open cases and carries out what people decide.
type Cases struct {
	db     *database.DB
	intake *intake.Intake
	now    func() time.Time
	book   ledger.Book
}

// New returns the cases that an intake opens.
func New(db *database.DB, in *intake.Intake, now func() time.Time) *Cases {
	return &Cases{db: db, intake: in, now: now}
}

// Case is a notice, or a delivery, that a person has to decide about.
type Case struct {
	ID         uuid.UUID     `json:"id"`
	Kind       string        `json:"kind" enum:"over_limit,unknown_account,ambiguous_account,no_single_stall,ambiguous_code,foreign_account,closed_stall,revoked_code,other_currency,original_unknown,paid_twice,told_twice,future_dated,conflict,unreadable_item,retry_failed" doc:"why it was opened; the same word as the notice's why"`
	State      State         `json:"state" enum:"open,proposed,assigned,returned,dismissed"`
	MarketID   *uuid.UUID    `json:"market_id"`
	StallID    *uuid.UUID    `json:"stall_id" doc:"the stall that it is about or was assigned to"`
	NoticeID   *uuid.UUID    `json:"notice_id"`
	DeliveryID *uuid.UUID    `json:"delivery_id"`
	Amount     *money.Amount `json:"amount"`
	Currency   *string       `json:"currency"`
	OccurredAt *time.Time    `json:"occurred_at"`
	Reference  *string       `json:"reference"`
	Account    *string       `json:"account" doc:"last four digits"`
	Notice     *string       `json:"notice_state"`
	Detail     string        `json:"detail" doc:"for the server's operator, in English; see cause"`
	Cause      string        `json:"cause" enum:"busy,refused,unknown," doc:"for retry_failed: the database was busy, the data breaks one of its rules, or unknown; else empty"`
	OpenedAt   time.Time     `json:"opened_at"`
	ClosedAt   *time.Time    `json:"closed_at"`
	BankTime   *time.Time    `json:"told_at,omitempty" doc:"the bank's own date if it was over an hour ahead; absent: occurred_at"`
	Market     *CaseMarket   `json:"market" doc:"null: the platform's"`
	Proposal   *Proposal     `json:"proposal" doc:"waits for a second person; null: none"`
	Contents   []Content     `json:"contents" doc:"what the bank reported: for a conflict both contents, the first one first; for an unknown account up to 21 notices"`
	Notices    int           `json:"notice_count" doc:"how many notices wait in it: those for one unknown account share one case until a person decides about one of them"`
}

// selectCause selects the class of a failed retry, by the SQLSTATE that the intake recorded
// (PostgreSQL, appendix A).
const selectCause = `CASE WHEN c.kind <> 'retry_failed' THEN '' WHEN c.detail ~ 'SQLSTATE (40|55|57)' THEN 'busy'
		WHEN c.detail ~ 'SQLSTATE (22|23)' THEN 'refused' ELSE 'unknown' END`

const selectCases = `SELECT c.id, c.kind, c.state, c.market_id, c.stall_id, c.notice_id, c.delivery_id, n.amount::text,
	n.currency, n.occurred_at,
		n.reference, n.account_last4, n.state, c.detail, ` + selectCause + `, c.opened_at, c.closed_at, n.told_at,
		CASE WHEN m.id IS NOT NULL THEN jsonb_build_object('id', m.id, 'name', m.name) END, ` + selectProposal + `, ` +
	selectContents + `, c.notices
	FROM cases c LEFT JOIN notices n ON n.id = c.notice_id LEFT JOIN markets m ON m.id = c.market_id
	WHERE ($1 = 'all' OR c.market_id IN (SELECT scope_markets($1, $2)))`

// Filter selects the cases of a list; an empty field selects all.
type Filter struct {
	State    State  `query:"state" enum:"open,proposed,assigned,returned,dismissed"`
	MarketID string `query:"market_id"`
}

// List returns the cases in the caller's scope, newest first. A case without a market is the
// platform's.
func (cs *Cases) List(ctx context.Context, who roles.Principal, f Filter, page web.Page) (*web.List[Case], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, selectCases+` AND ($3 = '' OR c.state = $3)
		AND ($4 = '' OR c.market_id::text = $4)
		AND ($5::timestamptz IS NULL OR (c.opened_at, c.id) < ($5, $6)) ORDER BY c.opened_at DESC, c.id DESC LIMIT $7`,
		who.ScopeKind, who.ScopeID, f.State, f.MarketID, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Case])
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	if err := cs.matchContents(ctx, items); err != nil {
		return nil, err
	}
	items, next := web.Cut(items, page, func(c Case) web.Mark { return web.Mark{At: &c.OpenedAt, ID: c.ID} })
	return &web.List[Case]{Items: items, Next: next}, cs.recordReading(ctx, items...)
}
