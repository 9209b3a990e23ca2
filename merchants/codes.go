package merchants

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/memo"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/vietqr"
)

// States of a code. A superseded code still brings its stall the money; a revoked one was a former
// tenant's, or of an account that was taken back.
const (
	codeCurrent    = "current"
	codeSuperseded = "superseded"
	codeRevoked    = "revoked"
)

// Code is a static code of a stall.
type Code struct {
	Code      string    `json:"code" doc:"what stands in the transfer note"`
	Payload   *string   `json:"payload" doc:"VietQR; null by role, and for a wallet, which has none"`
	State     string    `json:"state" enum:"current,superseded,revoked"`
	AccountID uuid.UUID `json:"account_id"`
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
	EndedAt     *time.Time `json:"ended_at"`
}

func codeURL(code string) string { return "/q/" + code }

// payee is who a code's payload pays.
type payee struct {
	Kind, BIN, Number, Holder, MemoPrefix string
	Place                                 string // the name of the unit that the market stands in
}

// payload builds a code's payload: the owner's own account, the code behind what the bank wants in
// front of it, and an order's amount in đồng (0: the payer types it). A wallet has none, and
// neither has an account that was registered before its form was checked and is none of its bank's.
func payload(code string, to payee, amount int64) (*string, error) {
	if to.obstacle() != "" {
		return nil, nil
	}
	text, err := vietqr.Encode(vietqr.Payment{
		BIN: to.BIN, Account: to.Number, Amount: amount,
		MerchantName: vietqr.ASCII(to.Holder, 25),
		City:         vietqr.ASCII(placeName(to.Place), 15),
		Purpose:      strings.TrimSpace(to.MemoPrefix + " " + code),
	})
	if err != nil {
		return nil, fmt.Errorf("payload of code %s: %w", code, err)
	}
	return &text, nil
}

// obstacle returns why no transfer code can be made: wallet_not_bank, or account_form of an account
// that was erased or registered before its form was checked; empty: one can.
func (p payee) obstacle() string {
	if p.Kind != bankAccount {
		return vietqr.WalletNotBank
	}
	return vietqr.CheckBeneficiary(p.BIN, p.Number)
}

// NoPayload is the refusal to draw a code that has no payload, by its obstacle.
func NoPayload(obstacle string) error {
	if obstacle == vietqr.WalletNotBank {
		return problem.New(problem.NotFound, "no_payload", "Ví điện tử không phải là ngân hàng nên không có mã VietQR.",
			"A wallet is no bank and has no VietQR code.")
	}
	return problem.New(problem.NotFound, "no_payload",
		"Số tài khoản chưa đúng nên không có mã VietQR: hãy đăng ký lại tài khoản.",
		"The account number is not valid, so it has no VietQR code: register the account again.")
}

// placeName is a unit's name without the word for its kind: "Nha Trang" for "Phường Nha Trang".
func placeName(unit string) string {
	for _, kind := range []string{"Phường ", "Xã ", "Thị trấn ", "Đặc khu ", "Thành phố ", "Thị xã ", "Huyện "} {
		if name, cut := strings.CutPrefix(unit, kind); cut {
			return name
		}
	}
	return unit
}

// placeOfMarket is SQL for the name of the unit in which market s.market_id stands on day $2.
const placeOfMarket = `coalesce((SELECT v.name FROM market_places p
	JOIN locality_versions v ON v.locality_id = p.locality_id AND v.valid @> $2::date
	WHERE p.market_id = s.market_id AND p.valid @> $2::date), '')`

// drawCodes draws codes that nobody holds yet.
func drawCodes(ctx context.Context, q querier, n int) ([]string, error) {
	drawn := make(map[string]bool, n)
	for len(drawn) < n {
		fresh := make([]string, 0, n-len(drawn))
		for len(fresh) < cap(fresh) {
			code, err := memo.New(rand.Reader)
			if err != nil {
				return nil, fmt.Errorf("draw a code: %w", err)
			}
			fresh = append(fresh, code.String())
		}
		rows, err := q.Query(ctx, `SELECT f.code FROM unnest($1::text[]) AS f (code)
			WHERE NOT EXISTS (SELECT FROM codes c WHERE c.code = f.code)`, fresh)
		if err != nil {
			return nil, fmt.Errorf("draw codes: %w", err)
		}
		free, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("draw codes: %w", err)
		}
		for _, code := range free {
			drawn[code] = true
		}
	}
	codes := make([]string, 0, n)
	for code := range drawn {
		codes = append(codes, code)
	}
	return codes, nil
}

// reissue gives an account of the stall's tenant a new code; the old one is superseded and still
// matched. account Nil: the tenant's first. Refused: a vacant stall, one without an account, an
// account that is not the tenant's here (404).
func (r *Registry) reissue(ctx context.Context, stall, account uuid.UUID) (string, error) {
	var issued string
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := lockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.open(); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, firstAccount, at.tenancy, account, uuid.Nil).Scan(&account)
		if err == nil {
			err = r.checkPayable(ctx, tx, account)
		}
		switch {
		case errors.Is(err, pgx.ErrNoRows) && account != uuid.Nil:
			return problem.Missing("account")
		case errors.Is(err, pgx.ErrNoRows):
			return noAccount()
		case err != nil:
			return err
		}
		codes, err := drawCodes(ctx, tx, 1)
		if err != nil {
			return err
		}
		issued = codes[0]
		if _, err := tx.Exec(ctx, `UPDATE codes SET state = 'superseded', ended_at = $3
			WHERE tenancy_id = $1 AND account_id = $2 AND kind = 'stall' AND state = 'current'`, at.tenancy, account,
			r.now()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO codes (code, kind, market_id, stall_id, tenancy_id, account_id, state,
			issued_at)
			VALUES ($1, 'stall', $2, $3, $4, $5, 'current', $6)`, issued, at.market, stall, at.tenancy, account,
			r.now())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reissue the code of stall %s: %w", stall, err)
	}
	return issued, nil
}

// checkPayable refuses an account at a bank to which no transfer code can be made: one that was
// registered before its form was checked.
func (r *Registry) checkPayable(ctx context.Context, q querier, account uuid.UUID) error {
	o := AccountOrder{}
	var sealed []byte
	err := q.QueryRow(ctx, `SELECT kind, coalesce(bank_bin, ''), number FROM accounts WHERE id = $1`, account).Scan(
		&o.Kind, &o.BankBIN, &sealed)
	if err != nil {
		return fmt.Errorf("find account %s: %w", account, err)
	}
	if o.Kind != bankAccount {
		return nil
	}
	number, err := r.keys.Open(ctx, accountPlace(account), sealed)
	if err != nil {
		return err
	}
	o.AccountNumber = string(number)
	if fault := beneficiaryFault(o); fault != nil {
		return problem.New(problem.Conflict, fault.Code, fault.Vi, fault.En)
	}
	return nil
}

// codeFilter narrows a list of codes; Nil and empty narrow nothing.
type codeFilter struct {
	market, stall uuid.UUID
	code          string
}

// listCodes is a page of stalls' codes, newest first.
func (r *Registry) listCodes(ctx context.Context, who roles.Principal, f codeFilter,
	page web.Page,
) (*web.List[ListedCode], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT c.code, c.state, c.account_id, c.issued_at, c.ended_at, c.stall_id,
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
		uuid.Nil, r.today(), who.ScopeKind, who.ScopeID, who.MerchantID, f.market, f.stall, f.code, after.At,
		after.Text, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	codes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ListedCode, err error) {
		var merchant uuid.UUID
		var to payee
		var sealed []byte
		if err = row.Scan(&c.Code.Code, &c.State, &c.AccountID, &c.IssuedAt, &c.EndedAt, &c.StallID, &c.StallNumber,
			&c.MarketID, &c.TenancyID,
			&merchant, &to.Kind, &to.BIN, &sealed, &to.Holder, &to.MemoPrefix, &to.Place); err != nil {
			return c, err
		}
		c.URL = codeURL(c.Code.Code)
		if sightOf(who, merchant) != whole {
			return c, nil
		}
		number, err := r.keys.Open(ctx, accountPlace(c.AccountID), sealed)
		if err != nil {
			return c, err
		}
		to.Number = string(number)
		c.Payload, err = payload(c.Code.Code, to, 0)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	items, next := web.Cut(codes, page, func(c ListedCode) web.Mark {
		return web.Mark{
			At:   &c.IssuedAt,
			Text: c.Code.Code,
		}
	})
	var tenancies []uuid.UUID
	for _, c := range items {
		if c.Payload != nil { // it holds the account
			tenancies = append(tenancies, c.TenancyID)
		}
	}
	return &web.List[ListedCode]{Items: items, Next: next}, trail.Seen(ctx, trail.ReadingContact, tenancies)
}
