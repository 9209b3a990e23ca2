package codes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/memo"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

// Printed is a code with what may be shown beside it in public: nothing about the stall's payments.
type Printed struct {
	Code, State, StallState string
	Order                   bool  // of one purchase, not the stall's own
	Amount                  int64 // of an order, in đồng
	Stall, Market           string
	Holder, Bank            string
	Last4                   string // masked
	Seller                  string // the merchant's name, if it agreed to be shown (consent public_page)
	Demo                    bool
	Payload                 string // empty: there is an obstacle
	Obstacle                string // why no transfer code can be made: wallet_not_bank or account_form
	IssuedAt                time.Time
	NameCheckedAt           *time.Time // when the holder's name was last compared with the bank's
	Moved                   bool       // another account receives instead
	Instead                 string     // the code to pay then
	Live                    bool       // a bank reports payments of the account
	Place                   OrderPlace
}

// Revoked reports whether the code was a former tenant's, or of an account that was taken back: it
// must not be paid any more.
func (p *Printed) Revoked() bool { return p.State == codeRevoked }

// OnWallet reports whether the code names a wallet, which no transfer reaches.
func (p *Printed) OnWallet() bool { return p.Obstacle == vietqr.WalletNotBank }

// FindPrinted finds a code of a stall or of an order. An unknown code is refused (404).
func (cs *Codes) FindPrinted(ctx context.Context, text string) (*Printed, error) {
	code, err := memo.Parse(text)
	if err != nil {
		return nil, problem.Missing("code")
	}
	p := &Printed{Code: code.String()}
	var sealed []byte
	var to Payee
	err = cs.db.Pool.QueryRow(ctx, `SELECT c.state, c.kind = 'order', coalesce(c.amount, 0)::bigint, c.issued_at,
		coalesce(st.state, 'vacant'), s.number, m.name, m.demo,
			a.number, a.last4, a.holder_name, a.name_checked_at, a.kind, coalesce(a.bank_bin, ''),
			coalesce(b.short_name, 'Ví điện tử'), coalesce(b.memo_prefix, ''), `+placeOfMarket+`,
			c.market_id, c.stall_id, c.tenancy_id, c.account_id,
			ta.replaced_at IS NOT NULL, coalesce((SELECT n.code FROM tenancy_accounts na
			JOIN codes n ON n.tenancy_id = na.tenancy_id AND n.account_id = na.account_id
				WHERE na.tenancy_id = c.tenancy_id AND na.replaced_at IS NULL AND n.kind = 'stall'
				AND n.state = 'current'
				ORDER BY coalesce(na.place, na.since), n.code LIMIT 1), ''),
			EXISTS (SELECT FROM connections_of(a.id, c.market_id) k WHERE k.open),
			CASE WHEN consented(o.id, 'public_page') THEN coalesce(nullif(o.household_name, ''), o.full_name)
			ELSE '' END
		FROM codes c LEFT JOIN tenancy_accounts ta ON ta.tenancy_id = c.tenancy_id AND ta.account_id = c.account_id
		JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id JOIN accounts a ON a.id = c.account_id
		JOIN merchants o ON o.id = a.merchant_id
		LEFT JOIN banks b ON b.bin = a.bank_bin LEFT JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid)
		WHERE c.code = $1`, p.Code, bizday.DayOf(cs.now())).
		Scan(&p.State, &p.Order, &p.Amount, &p.IssuedAt, &p.StallState, &p.Stall, &p.Market, &p.Demo,
			&sealed, &p.Last4, &p.Holder, &p.NameCheckedAt, &to.Kind, &to.BIN, &p.Bank, &to.MemoPrefix, &to.Place,
			&p.Place.Market, &p.Place.Stall, &p.Place.Tenancy, &p.Place.Account, &p.Moved, &p.Instead, &p.Live,
			&p.Seller)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("code")
	}
	if err != nil {
		return nil, fmt.Errorf("find code: %w", err)
	}
	number, err := cs.keys.Open(ctx, tenancies.AccountPlace(p.Place.Account), sealed)
	if err != nil {
		return nil, err
	}
	p.Last4, to.Number, to.Holder = seal.Mask(p.Last4), string(number), p.Holder
	p.Obstacle = to.obstacle()
	built, err := BuildPayload(p.Code, to, p.Amount)
	if built != nil {
		p.Payload = *built
	}
	return p, err
}
