package payments

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/ledger"
	"market40/payments/money"
)

//go:embed shifts.sql
var shiftsSQL string

// Shift is one shift of a stall's staff, with the payments recorded during it.
type Shift struct {
	ID        uuid.UUID    `json:"id"`
	StaffID   uuid.UUID    `json:"staff_id"`
	Name      string       `json:"name"`
	Device    string       `json:"device" doc:"the name of the merchant's device"`
	StartedAt time.Time    `json:"started_at"`
	EndedAt   *time.Time   `json:"ended_at" doc:"null: not ended"`
	Payments  int          `json:"payments" doc:"the number of payments"`
	Amount    money.Amount `json:"amount" doc:"đồng; a reversal recorded in the shift is subtracted"`
	Currency  string       `json:"currency"`
}

// Shifts returns the shifts of the merchant's present tenancy of a stall, newest first. Shifts at the
// same time all count the payments of that time, because a payment names a stall and no seller.
func (p *Payments) Shifts(ctx context.Context, who roles.Principal, stall string,
	page web.Page,
) (*web.List[Shift], error) {
	id, err := uuid.Parse(stall)
	if err != nil {
		return nil, problem.Missing("stall")
	}
	var market, tenancy uuid.UUID
	err = p.db.Pool.QueryRow(ctx, `SELECT t.market_id, t.id FROM tenancies t WHERE t.stall_id = $1
		AND upper_inf(t.valid)
		AND t.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, t.stall_id)
		AND ($4::uuid IS NULL OR t.merchant_id = $4)`,
		id, who.ScopeKind, who.ScopeID, who.MerchantID).Scan(&market, &tenancy)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("stall")
	}
	if err != nil {
		return nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	if err := who.Allow(roles.ManageStaff); err != nil {
		return nil, err
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	before := after.ID
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := p.db.Pool.Query(ctx, shiftsSQL, ledger.StallAccount(market, tenancy).ID(), tenancy, p.now(), before,
		page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list shifts of stall %s: %w", id, err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Shift])
	if err != nil {
		return nil, fmt.Errorf("list shifts of stall %s: %w", id, err)
	}
	items, next := web.Cut(items, page, func(s Shift) web.Mark { return web.Mark{ID: s.ID} })
	return &web.List[Shift]{Items: items, Next: next}, nil
}

func (p *Payments) listShifts(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[Shift]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Shifts(ctx, who, in.ID, in.Page))
}
