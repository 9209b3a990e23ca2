package intake

import (
	_ "embed"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

//go:embed register.sql
var registerSQL string

const (
	virtualSQL = `SELECT ta.virtual_index, a.number_index, coalesce(a.bank_bin, ''), a.id, a.merchant_id, t.id,
		t.stall_id, t.market_id, upper_inf(t.valid), coalesce(s.state, '')
		FROM tenancy_accounts ta JOIN accounts a ON a.id = ta.account_id JOIN tenancies t ON t.id = ta.tenancy_id
		LEFT JOIN stall_states s ON s.stall_id = t.stall_id AND upper_inf(s.valid)
		WHERE ta.virtual_index = ANY ($1)`
	codesSQL = `SELECT c.code, c.tenancy_id, c.state, c.kind = 'order' FROM codes c WHERE c.code = ANY ($1)`
)

// queueRegister reads the accounts and codes that a group of notices names.
func queueRegister(batch *pgx.Batch, entries []*entry) *register {
	var numbers, virtuals [][]byte
	var codes []string
	seen := map[string]bool{}
	add := func(list *[][]byte, index []byte) {
		if index != nil && !seen[string(index)] {
			seen[string(index)] = true
			*list = append(*list, index)
		}
	}
	for _, e := range entries {
		add(&numbers, e.accountIndex)
		add(&numbers, e.virtualNumber)
		add(&virtuals, e.virtualIndex)
		codes = append(codes, e.codes...)
	}
	r := &register{
		byNumber: map[string][]*receiver{}, byVirtual: map[string]*receiver{}, byCode: map[string]issuedCode{},
	}
	if len(numbers) > 0 {
		batch.Queue(registerSQL, numbers).Query(r.readAccounts)
	}
	if len(codes) > 0 {
		batch.Queue(codesSQL, codes).Query(r.readCodes)
	}
	if len(virtuals) > 0 {
		batch.Queue(virtualSQL, virtuals).Query(r.readVirtuals)
	}
	return r
}

func (r *register) readAccounts(rows pgx.Rows) error {
	known := map[uuid.UUID]*receiver{}
	var index []byte
	var account, merchant uuid.UUID
	var bin, state string
	var id, stall, market *uuid.UUID
	var open, replaced bool
	_, err := pgx.ForEachRow(rows, []any{
		&index, &account, &merchant, &bin, &id, &stall, &market, &open, &replaced,
		&state,
	}, func() error {
		to := known[account]
		if to == nil {
			to = &receiver{Account: account, Merchant: merchant, Number: string(index), BIN: bin}
			known[account] = to
			r.byNumber[string(index)] = append(r.byNumber[string(index)], to)
		}
		if id != nil {
			to.Tenancies = append(to.Tenancies, tenancy{*id, *stall, *market, open, replaced, state})
		}
		return nil
	})
	return err
}

func (r *register) readCodes(rows pgx.Rows) error {
	var code string
	var i issuedCode
	_, err := pgx.ForEachRow(rows, []any{&code, &i.Tenancy, &i.State, &i.Order}, func() error {
		r.byCode[code] = i
		return nil
	})
	return err
}

// reduceCodes returns the most specific of several codes of one tenancy: an order's, else the
// current one. It returns the codes unchanged where they are of two tenancies or orders, or one is
// unknown.
func (r *register) reduceCodes(codes []string) []string {
	var orders, current []string
	for _, code := range codes {
		i, known := r.byCode[code]
		switch {
		case !known || i.Tenancy != r.byCode[codes[0]].Tenancy:
			return codes
		case i.Order:
			orders = append(orders, code)
		case i.State == "current":
			current = append(current, code)
		}
	}
	for _, found := range [][]string{orders, current} {
		if len(found) > 0 {
			return found
		}
	}
	return codes
}

func (r *register) readVirtuals(rows pgx.Rows) error {
	var index, number []byte
	var bin string
	var account, merchant uuid.UUID
	var t tenancy
	_, err := pgx.ForEachRow(rows, []any{
		&index, &number, &bin, &account, &merchant, &t.Tenancy, &t.Stall, &t.Market,
		&t.Open, &t.StallState,
	}, func() error {
		r.byVirtual[string(index)] = &receiver{
			Account: account, Merchant: merchant, Number: string(number), BIN: bin,
			Tenancies: []tenancy{t},
		}
		return nil
	})
	return err
}
