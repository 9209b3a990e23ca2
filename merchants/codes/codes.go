// Package codes issues, lists, prints and verifies the codes of stalls, and issues those of orders.
package codes

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// Codes issues, lists and checks the codes of stalls.
type Codes struct {
	db     *database.DB
	keys   *seal.Keys
	now    func() time.Time
	writer *tenancies.Writer
}

// New returns the codes of the register in db.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Codes {
	return &Codes{db: db, keys: keys, now: now, writer: tenancies.NewWriter(db, keys, now)}
}

// States of a code. Money sent by a superseded code still goes to its stall; a revoked code was a
// former tenant's, or of an account that was taken back.
const (
	Current        = "current"
	codeSuperseded = "superseded"
	codeRevoked    = "revoked"
)

// Code is a static code of a stall.
type Code struct {
	Code      string    `json:"code" doc:"the text in the transfer note"`
	Payload   *string   `json:"payload" doc:"VietQR; null: hidden from your role, or a wallet, which has none"`
	State     string    `json:"state" enum:"current,superseded,revoked" doc:"current: the one to print; superseded: a newer one exists and this one still works; revoked: it must not be paid"`
	AccountID uuid.UUID `json:"account_id" doc:"the account that it pays into"`
	IssuedAt  time.Time `json:"issued_at"`
	URL       string    `json:"url" doc:"the shopper's page; .png, .svg and .txt beside it"`
}

// ListedCode is a code in a list, with the stall it names.
type ListedCode struct {
	Code
	StallID     uuid.UUID  `json:"stall_id"`
	StallNumber string     `json:"stall_number"`
	MarketID    uuid.UUID  `json:"market_id"`
	TenancyID   uuid.UUID  `json:"tenancy_id"`
	EndedAt     *time.Time `json:"ended_at" doc:"when its tenancy ended; null: it lasts"`
}

// PageURL returns the path of the shopper's page of a code.
func PageURL(code string) string { return "/q/" + code }

// CodeFilter narrows a list of codes; Nil and empty narrow nothing.
type CodeFilter struct {
	market, Stall uuid.UUID
	code          string
}

// ListCodes returns a page of stalls' codes, newest first.
func (cs *Codes) ListCodes(ctx context.Context, who roles.Principal, f CodeFilter,
	page web.Page,
) (*web.List[ListedCode], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(
		ctx,
		`SELECT c.code, c.state, c.account_id, c.issued_at, c.ended_at, c.stall_id,
		s.number, c.market_id, c.tenancy_id,
			t.merchant_id, a.kind, coalesce(a.bank_bin, ''), a.number, a.holder_name, coalesce(b.memo_prefix, ''), `+
			placeOfMarket+`
		FROM codes c JOIN stalls s ON s.id = c.stall_id JOIN tenancies t ON t.id = c.tenancy_id
		JOIN accounts a ON a.id = c.account_id LEFT JOIN banks b ON b.bin = a.bank_bin
		WHERE c.kind = 'stall' AND c.market_id IN (SELECT scope_markets($3, $4)) AND sees_stall($3, $4, c.stall_id)
		AND ($5::uuid IS NULL OR t.merchant_id = $5) AND ($6::uuid = $1::uuid OR c.market_id = $6)
		AND ($7::uuid = $1::uuid OR c.stall_id = $7)
		AND ($8 = '' OR c.code = $8) AND ($9::timestamptz IS NULL OR (c.issued_at, c.code) < ($9, $10))
		ORDER BY c.issued_at DESC, c.code DESC LIMIT $11`,
		uuid.Nil,
		bizday.DayOf(cs.now()),
		who.ScopeKind,
		who.ScopeID,
		who.MerchantID,
		f.market,
		f.Stall,
		f.code,
		after.At,
		after.Text,
		page.Size()+1,
	)
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	codes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ListedCode, error) {
		return cs.scanListed(ctx, who, row)
	})
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	items, next := web.Cut(codes, page, func(c ListedCode) web.Mark {
		return web.Mark{At: &c.IssuedAt, Text: c.Code.Code}
	})
	var tenancies []uuid.UUID
	for _, c := range items {
		if c.Payload != nil { // it holds the account
			tenancies = append(tenancies, c.TenancyID)
		}
	}
	return &web.List[ListedCode]{Items: items, Next: next}, trail.RecordReading(ctx, trail.ReadingContact, tenancies)
}

// scanListed reads one row of ListCodes. The payload holds the account, so it is made only for
// callers who see the whole of the merchant's data.
func (cs *Codes) scanListed(
	ctx context.Context,
	who roles.Principal,
	row pgx.CollectableRow,
) (c ListedCode, err error) {
	var merchant uuid.UUID
	var to Payee
	var sealed []byte
	err = row.Scan(&c.Code.Code, &c.State, &c.AccountID, &c.IssuedAt, &c.EndedAt, &c.StallID, &c.StallNumber,
		&c.MarketID, &c.TenancyID, &merchant, &to.Kind, &to.BIN, &sealed, &to.Holder, &to.MemoPrefix, &to.Place)
	if err != nil {
		return c, err
	}
	c.URL = PageURL(c.Code.Code)
	if scope.SightOf(who, merchant) != scope.Whole {
		return c, nil
	}
	number, err := cs.keys.Open(ctx, tenancies.AccountPlace(c.AccountID), sealed)
	if err != nil {
		return c, err
	}
	to.Number = string(number)
	c.Payload, err = BuildPayload(c.Code.Code, to, 0)
	return c, err
}
