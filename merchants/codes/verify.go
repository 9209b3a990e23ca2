package codes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/memo"
	"market40/merchants/vietqr"
)

// What a scanned payload is.
const (
	official   = "official"    // one of our codes, on the account it was issued for
	superseded = "superseded"  // of a check: official once, replaced since
	Swapped    = "swapped"     // the text of one of our codes, on another account; of a check: another stall's code
	ownAccount = "own_account" // none of our codes, but an account that a stall receives on
	Foreign    = "foreign"     // a valid EMV code that is not of this register
	invalid    = "invalid"
)

// Verdict is what a payload is. It shows strangers only a stall's number and market.
type Verdict struct {
	Verdict string      `json:"verdict" enum:"official,swapped,own_account,foreign,invalid" doc:"official: one of our codes; swapped: our text with another account; own_account: another code on an account of a stall; foreign: a payment code of others; invalid: no payment code"`
	State   string      `json:"state,omitempty" enum:"current,superseded,revoked" doc:"for an official code: its state"`
	Stall   *NamedStall `json:"stall,omitempty" doc:"for an official or swapped code: the stall in its text; for own_account: the stall that receives on the account"`
	Code    string      `json:"code,omitempty" doc:"for an invalid payload: the rule that it breaks"`
	Offset  *int        `json:"offset,omitempty" doc:"for an invalid payload: the position of the fault, in characters"`
	Lenient *bool       `json:"lenient,omitempty" doc:"for an invalid payload: whether bank apps read it in spite of the fault"`
	Scheme  string      `json:"scheme,omitempty" doc:"for a payload that is not ours: its scheme" example:"vietqr-ibft-account"`

	MemoCode string      `json:"-"` // our code in it
	IssuedAt *time.Time  `json:"-"`
	endedAt  *time.Time  // when that code was replaced or revoked
	stalls   []uuid.UUID // all that it may name
}

// NamedStall is a stall as strangers may know it.
type NamedStall struct {
	ID     uuid.UUID `json:"id"`
	Number string    `json:"number"`
	Market string    `json:"market" doc:"the market's name"`
}

// Verify returns which stall's code a payload is.
func (cs *Codes) Verify(ctx context.Context, payload string) (*Verdict, error) {
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
	v, err := cs.checkCode(ctx, read)
	if v != nil || err != nil {
		return v, err
	}
	return cs.checkAccount(ctx, read)
}

// checkCode returns the verdict on a payload that carries one of our codes; nil: it carries none.
func (cs *Codes) checkCode(ctx context.Context, read vietqr.Code) (*Verdict, error) {
	found := memo.Find(read.Purpose)
	if len(found) == 0 {
		return nil, nil
	}
	words := make([]string, len(found))
	for i, code := range found {
		words[i] = code.String()
	}
	v := &Verdict{Verdict: Swapped, Stall: &NamedStall{}}
	var bin string
	var index []byte
	err := cs.db.Pool.QueryRow(ctx, `SELECT c.code, c.state, c.issued_at, c.ended_at, s.id, s.number, m.name,
		coalesce(a.bank_bin, ''), a.number_index
		FROM codes c JOIN stalls s ON s.id = c.stall_id JOIN markets m ON m.id = c.market_id
		JOIN accounts a ON a.id = c.account_id
		WHERE c.code = ANY ($1) ORDER BY array_position($1, c.code) LIMIT 1`, words).
		Scan(&v.MemoCode, &v.State, &v.IssuedAt, &v.endedAt, &v.Stall.ID, &v.Stall.Number, &v.Stall.Market, &bin,
			&index)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find codes: %w", err)
	}
	v.stalls = []uuid.UUID{v.Stall.ID}
	if read.BIN != "" && sameBank(bin, read.BIN) && slices.Equal(index, cs.accountIndex(read.Account)) {
		v.Verdict = official
		return v, nil
	}
	v.State, v.Scheme = "", read.Scheme
	return v, nil
}

// checkAccount returns the verdict on a payload without one of our codes, by the account that it
// pays.
func (cs *Codes) checkAccount(ctx context.Context, read vietqr.Code) (*Verdict, error) {
	v := &Verdict{Verdict: Foreign, Scheme: read.Scheme}
	if read.BIN == "" {
		return v, nil
	}
	rows, err := cs.db.Pool.Query(ctx, `SELECT coalesce(a.bank_bin, ''), s.id, s.number, m.name
		FROM accounts a JOIN tenancy_accounts ta ON ta.account_id = a.id AND ta.replaced_at IS NULL
		JOIN tenancies t ON t.id = ta.tenancy_id AND upper_inf(t.valid)
		JOIN stalls s ON s.id = t.stall_id JOIN markets m ON m.id = t.market_id
		WHERE a.number_index = $1 ORDER BY m.code, s.number`, cs.accountIndex(read.Account))
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

func (cs *Codes) accountIndex(number string) []byte {
	return cs.keys.Index("account", vietqr.NormalAccount(number))
}

// sameBank reports whether two BINs belong to one bank: CIMB and MAFC have two each.
func sameBank(a, b string) bool {
	if a == b {
		return true
	}
	bankA, knownA := vietqr.BankByBIN(a)
	bankB, knownB := vietqr.BankByBIN(b)
	return knownA && knownB && bankA.Code == bankB.Code
}

// AtStall returns the verdict on a payload as the sticker of a stall at a time.
func (v *Verdict) AtStall(stall uuid.UUID, at time.Time) string {
	here := slices.Contains(v.stalls, stall)
	switch {
	case v.Verdict == official && !here:
		return Swapped
	case v.Verdict == official && v.endedAt != nil && !v.endedAt.After(at):
		return superseded
	case v.Verdict == ownAccount && !here:
		return Foreign
	}
	return v.Verdict
}
