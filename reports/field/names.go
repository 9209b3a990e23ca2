package field

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/reports/field/record"
)

// NameCheck records that an account's holder is the merchant, or the household under which the
// merchant is registered.
type NameCheck struct {
	AccountID uuid.UUID `json:"account_id" format:"uuid"`
	CheckedAt time.Time `json:"checked_at" doc:"when it was first checked"`
	How       string    `json:"how" enum:"bank_lookup,paper,test_transfer"`
}

// checkName records that the name of an account's holder was checked (I02). Only the first check
// counts: a later time would remove the account from the figures of the days between.
func (f *Field) checkName(ctx context.Context, in *struct {
	web.Named
	Account string `path:"account"`
	Body    struct {
		How string `json:"how" enum:"bank_lookup,paper,test_transfer"`
	}
},
) (*web.Body[*NameCheck], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	stall, err := in.UUID("stall")
	if err != nil {
		return nil, err
	}
	var found bool
	err = f.db.Pool.QueryRow(ctx, `SELECT true FROM stalls WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3))
		AND sees_stall($2, $3, id)`, stall, who.ScopeKind, who.ScopeID).Scan(&found)
	if err := record.MissingRow(err, "stall"); err != nil {
		return nil, err
	}
	if err := record.RequireAction(who, roles.CheckNames); err != nil {
		return nil, err
	}
	account, err := uuid.Parse(in.Account)
	if err != nil {
		return nil, problem.Missing("account")
	}
	const present = `EXISTS (SELECT FROM tenancies t JOIN tenancy_accounts r ON r.tenancy_id = t.id
		WHERE t.stall_id = $2 AND upper_inf(t.valid) AND r.account_id = a.id AND r.replaced_at IS NULL)`
	if _, err := f.db.Pool.Exec(ctx, `UPDATE accounts a SET name_checked_at = $3, name_checked_by = $4,
		name_checked_how = $5 WHERE a.id = $1 AND a.name_checked_at IS NULL AND `+present,
		account, stall, f.now(), who.ActorID, in.Body.How); err != nil {
		return nil, fmt.Errorf("check the name of account %s: %w", account, err)
	}
	check := &NameCheck{AccountID: account}
	err = f.db.Pool.QueryRow(ctx, `SELECT a.name_checked_at, a.name_checked_how FROM accounts a WHERE a.id = $1 AND `+
		present, account, stall).Scan(&check.CheckedAt, &check.How)
	return web.Answer(check, record.MissingRow(err, "account"))
}
