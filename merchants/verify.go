package merchants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/memo"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/vietqr"
)

// What a scanned payload is.
const (
	official   = "official"    // a code of ours, on the account it was issued for
	superseded = "superseded"  // of a check: official once, replaced since
	swapped    = "swapped"     // the text of a code of ours, on another account; of a check: another stall's code
	ownAccount = "own_account" // no code of ours, but an account that a stall receives on
	foreign    = "foreign"     // a valid EMV code that is not ours
	invalid    = "invalid"
)

// Verdict is what a payload is; it tells strangers nothing but a stall's number and market.
type Verdict struct {
	Verdict string      `json:"verdict" enum:"official,swapped,own_account,foreign,invalid"`
	State   string      `json:"state,omitempty" enum:"current,superseded,revoked" doc:"of an official code"`
	Stall   *NamedStall `json:"stall,omitempty" doc:"of an official or swapped code: whose text it is; of own_account: who receives on it"`
	Code    string      `json:"code,omitempty" doc:"of an invalid payload: the rule it breaks"`
	Offset  *int        `json:"offset,omitempty" doc:"of an invalid payload: where, in characters"`
	Lenient *bool       `json:"lenient,omitempty" doc:"of an invalid payload: whether bank apps will read it all the same"`
	Scheme  string      `json:"scheme,omitempty" doc:"of a payload that is not ours" example:"vietqr-ibft-account"`

	memoCode string // the code of ours in it
	issuedAt *time.Time
	endedAt  *time.Time  // when that code was replaced or revoked
	stalls   []uuid.UUID // all that it may name
}

// NamedStall is a stall as strangers may know it.
type NamedStall struct {
	ID     uuid.UUID `json:"id"`
	Number string    `json:"number"`
	Market string    `json:"market" doc:"the market's name"`
}

// Verify says whose code a payload is.
func (r *Registry) Verify(ctx context.Context, payload string) (*Verdict, error) {
	read, err := vietqr.Decode(payload)
	var broken *vietqr.Error
	if errors.As(err, &broken) {
		_, _, lenient := vietqr.DecodeLenient(payload)
		passes := lenient == nil
		return &Verdict{Verdict: invalid, Code: broken.Code, Offset: &broken.Offset, Lenient: &passes}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("decode payload: %w", err)
	}
	v, err := r.judgeCode(ctx, read)
	if v != nil || err != nil {
		return v, err
	}
	return r.judgeAccount(ctx, read)
}

// judgeCode is the verdict on a payload that carries a code of ours, or nil.
func (r *Registry) judgeCode(ctx context.Context, read vietqr.Code) (*Verdict, error) {
	found := memo.Find(read.Purpose)
	if len(found) == 0 {
		return nil, nil
	}
	words := make([]string, len(found))
	for i, code := range found {
		words[i] = code.String()
	}
	v := &Verdict{Verdict: swapped, Stall: &NamedStall{}}
	var bin string
	var index []byte
	err := r.db.Pool.QueryRow(ctx, `SELECT c.code, c.state, c.issued_at, c.ended_at, s.id, s.number, m.name,
		coalesce(a.bank_bin, ''), a.number_index
		FROM codes c JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id
		JOIN accounts a ON a.id = c.account_id
		WHERE c.code = ANY ($1) ORDER BY array_position($1, c.code) LIMIT 1`, words).
		Scan(&v.memoCode, &v.State, &v.issuedAt, &v.endedAt, &v.Stall.ID, &v.Stall.Number, &v.Stall.Market, &bin,
			&index)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find codes: %w", err)
	}
	v.stalls = []uuid.UUID{v.Stall.ID}
	if read.BIN != "" && sameBank(bin, read.BIN) && slices.Equal(index, r.accountIndex(read.Account)) {
		v.Verdict = official
		return v, nil
	}
	v.State, v.Scheme = "", read.Scheme
	return v, nil
}

// judgeAccount is the verdict on a payload without a code of ours, by the account that it pays.
func (r *Registry) judgeAccount(ctx context.Context, read vietqr.Code) (*Verdict, error) {
	v := &Verdict{Verdict: foreign, Scheme: read.Scheme}
	if read.BIN == "" {
		return v, nil
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT coalesce(a.bank_bin, ''), s.id, s.number, m.name
		FROM accounts a JOIN tenancy_accounts ta ON ta.account_id = a.id AND ta.replaced_at IS NULL
		JOIN tenancies t ON t.id = ta.tenancy_id AND upper_inf(t.valid)
		JOIN stalls s ON s.id = t.stall_id JOIN markets m ON m.id = t.market_id
		WHERE a.number_index = $1 ORDER BY m.code, s.number`, r.accountIndex(read.Account))
	if err != nil {
		return nil, fmt.Errorf("find stalls of account: %w", err)
	}
	var bin string
	var at NamedStall
	_, err = pgx.ForEachRow(rows, []any{&bin, &at.ID, &at.Number, &at.Market}, func() error {
		if !sameBank(bin, read.BIN) {
			return nil
		}
		if v.Stall == nil {
			first := at
			v.Verdict, v.Stall = ownAccount, &first
		}
		v.stalls = append(v.stalls, at.ID)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find stalls of account: %w", err)
	}
	return v, nil
}

func (r *Registry) accountIndex(number string) []byte {
	return r.keys.Index("account", NormalAccount(number))
}

// sameBank says whether two BINs are one bank's: CIMB and MAFC have two each.
func sameBank(a, b string) bool {
	if a == b {
		return true
	}
	bankA, knownA := vietqr.BankByBIN(a)
	bankB, knownB := vietqr.BankByBIN(b)
	return knownA && knownB && bankA.Code == bankB.Code
}

// payloadBody is what was scanned.
type payloadBody struct {
	Payload string `json:"payload" doc:"the text of the QR code"`
}

func (r *Registry) verifyCode(ctx context.Context, in *web.Body[payloadBody]) (*web.Body[*Verdict], error) {
	return web.Answer(r.Verify(ctx, in.Body.Payload))
}

// present lets a merchant and its staff speak for a stall while they have it: a former tenant reads
// what was its own, and says nothing of who came after.
func (r *Registry) present(ctx context.Context, who roles.Principal, stall uuid.UUID) error {
	if who.MerchantID == nil {
		return nil
	}
	var mine bool
	err := r.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies WHERE stall_id = $1 AND merchant_id = $2
		AND upper_inf(valid))`, stall, who.MerchantID).Scan(&mine)
	if err != nil {
		return fmt.Errorf("find tenant of stall %s: %w", stall, err)
	}
	if !mine {
		return problem.Missing("stall")
	}
	return nil
}
