package received

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/web"
	"market40/payments/money"
	"market40/payments/notices"
)

// Notice is a notice as operators see it: the account masked, no memo.
type Notice struct {
	ID           uuid.UUID     `json:"id"`
	ConnectionID uuid.UUID     `json:"connection_id" doc:"through which it came"`
	ExternalID   string        `json:"external_id" doc:"the provider's own id; several notices share it if it identifies no single transfer"`
	State        notices.State `json:"state" enum:"posted,unmatched,ignored,pending" doc:"posted: it is a payment; unmatched: a person decides; ignored: it is no payment of a stall; pending: it is being posted"`
	Why          string        `json:"why" doc:"why it is unmatched or ignored, as a stable word; empty: it is posted"`
	Direction    string        `json:"direction" enum:"in,out" doc:"in: money came to the account"`
	Amount       money.Amount  `json:"amount" doc:"đồng"`
	Currency     string        `json:"currency" doc:"ISO 4217"`
	OccurredAt   time.Time     `json:"occurred_at" doc:"the bank's time of the transfer"`
	Precision    string        `json:"precision" enum:"second,minute,day" doc:"how exact the bank's time is"`
	RecordedAt   time.Time     `json:"recorded_at" doc:"when we stored it"`
	Reference    string        `json:"reference" doc:"the bank's reference, normalised"`
	MemoCode     *string       `json:"memo_code" doc:"our code found in the transfer note"`
	AccountLast4 string        `json:"account_last4" doc:"the last four characters of the account"`
	MarketID     *uuid.UUID    `json:"market_id" doc:"null: no market is known"`
	Conflicts    int           `json:"conflicts" doc:"how often the same id came with other content"`
	BankTime     *time.Time    `json:"told_at,omitempty" doc:"the bank's own date if it was over an hour ahead; absent: occurred_at"`
}

// NoticeFilter selects the notices of a list; an empty field selects all.
type NoticeFilter struct {
	ConnectionID string `query:"connection_id"`
	ExternalID   string `query:"external_id" doc:"the provider's own id; for payOS the bank's reference, for a void void: and the id that it reverses"`
	State        string `query:"state" enum:"posted,unmatched,ignored,pending"`
}

const selectNotices = `SELECT n.id, n.connection_id, n.external_id, n.state, n.why, n.direction, n.amount::text,
	n.currency, n.occurred_at, n.precision,
		n.recorded_at, n.reference, n.memo_code, n.account_last4, n.market_id, (SELECT count(*) FROM notice_conflicts c
		WHERE c.notice_id = n.id), n.told_at
		FROM notices n`

// Notices returns the notices in the caller's scope, newest first.
func (l *Lists) Notices(ctx context.Context, who roles.Principal, f NoticeFilter,
	page web.Page,
) (*web.List[Notice], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	var before *uuid.UUID
	if after.ID != uuid.Nil {
		before = &after.ID
	}
	rows, err := l.db.Pool.Query(ctx, selectNotices+`
		WHERE ($1 = 'all' OR n.market_id IN (SELECT scope_markets($1, $2)))
		AND ($3 = '' OR n.connection_id::text = $3) AND ($4 = '' OR n.external_id = $4) AND ($5 = '' OR n.state = $5)
		AND ($3 = '' OR $4 = '' OR n.id IN (SELECT k.notice_id FROM notice_keys k WHERE k.connection_id::text = $3
		AND k.external_id = $4))
		AND ($6::uuid IS NULL OR n.id < $6) ORDER BY n.id DESC LIMIT $7`,
		who.ScopeKind, who.ScopeID, f.ConnectionID, f.ExternalID, f.State, before, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Notice])
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	items, next := web.Cut(items, page, func(n Notice) web.Mark { return web.Mark{ID: n.ID} })
	ids := make([]uuid.UUID, len(items))
	for i, n := range items {
		ids[i] = n.ID
	}
	return &web.List[Notice]{Items: items, Next: next}, RecordReading(ctx, l.db.Pool, Reading{
		What: trail.ReadingNotices, Notices: ids,
	})
}

// ReadNotice returns one notice that the caller has just caused.
func (l *Lists) ReadNotice(ctx context.Context, id uuid.UUID) (*Notice, error) {
	rows, err := l.db.Pool.Query(ctx, selectNotices+` WHERE n.id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read notice %s: %w", id, err)
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Notice])
	if err != nil {
		return nil, fmt.Errorf("read notice %s: %w", id, err)
	}
	return &n, RecordReading(ctx, l.db.Pool, Reading{What: trail.ReadingNotices, Notices: []uuid.UUID{id}})
}
