package beneficiary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/tenancies"
	"market40/merchants/vietqr"
)

// BeneficiaryChange is a change of where a stall's money goes, as everyone who may read it sees it:
// numbers by their last digits.
type BeneficiaryChange struct {
	ID          uuid.UUID       `json:"id"`
	Kind        string          `json:"kind" enum:"replacement,addition,tenant" doc:"a replacement waits; an addition or a change of tenant takes effect at once, unless a program proposed it"`
	State       string          `json:"state" enum:"pending,effective,cancelled,refused"`
	Why         string          `json:"why" doc:"if refused: the code of the refusal; if it waits: why it cannot become effective (wallet_not_bank)"`
	MarketID    uuid.UUID       `json:"market_id"`
	StallID     uuid.UUID       `json:"stall_id"`
	StallNumber string          `json:"stall_number"`
	OldAccount  *ChangedAccount `json:"old_account"`
	NewAccount  *ChangedAccount `json:"new_account" doc:"null: a change to a tenant who has not joined"`
	Reason      string          `json:"reason"`
	ProposedBy  uuid.UUID       `json:"proposed_by"`
	Proposer    string          `json:"proposer" doc:"the name of the user or key that proposed it"`
	NewTenant   string          `json:"new_tenant" doc:"while a change of tenant waits: the new tenant's name, for those who decide; else empty"`
	ProposedAt  time.Time       `json:"proposed_at"`
	NeedsSecond bool            `json:"needs_second_person" doc:"true: a program proposed it; it never becomes effective by itself"`
	EffectiveAt *time.Time      `json:"effective_at" doc:"when it became effective or will without a decision; null: it does not"`
	LapsesAt    *time.Time      `json:"lapses_at" doc:"the deadline for the approval of a second person, if one is needed"`
	DecidedAt   *time.Time      `json:"decided_at"`
	UndoUntil   *time.Time      `json:"undo_until" doc:"the deadline to cancel an effective addition; null: it cannot be cancelled"`
	Contact     string          `json:"contact" doc:"the last three digits of the phone that gets the notices; empty: no phone is known"`
	Steps       []ChangeStep    `json:"steps"`
}

// ChangedAccount is an account of a change.
type ChangedAccount struct {
	BankBIN       string `json:"bank_bin" doc:"empty for a wallet"`
	BankName      string `json:"bank_name"`
	AccountNumber string `json:"account_number" example:"••••1234"`
	HolderName    string `json:"holder_name"`
}

// ChangeStep is what happened to a change.
type ChangeStep struct {
	Step    string     `json:"step" enum:"proposed,approved,effective,cancelled,refused"`
	At      time.Time  `json:"at"`
	ActorID *uuid.UUID `json:"actor_id" doc:"null: the time was reached, or the tenancy ended"`
	Reason  string     `json:"reason"`
}

// selectChanges is SQL for the changes in the caller's scope: a merchant's are those of own
// tenancies.
const selectChanges = `SELECT c.id, c.kind, c.state, c.why, c.market_id, c.stall_id, s.number, c.reason, c.proposed_by,
	coalesce(u.full_name, k.name, ''), c.proposed_at, c.needs_second,
		c.due_at, c.decided_at, c.contact_last3, coalesce(o.bank_bin, ''), coalesce(ob.short_name, ''),
		coalesce(o.last4, ''), coalesce(o.holder_name, ''),
		c.bank_bin, coalesce(nb.short_name, ''), c.last4, c.holder_name,
		(SELECT jsonb_agg(jsonb_build_object('step', p.step, 'at', p.at, 'actor_id', p.actor_id, 'reason', p.reason)
		ORDER BY p.id)
			FROM beneficiary_change_steps p WHERE p.change_id = c.id),
		CASE WHEN c.kind = 'tenant' AND c.state = 'pending' THEN c.proposal END
	FROM beneficiary_changes c LEFT JOIN users u ON u.id = c.proposed_by LEFT JOIN api_keys k ON k.id = c.proposed_by
	JOIN stalls s ON s.id = c.stall_id JOIN tenancies t ON t.id = c.tenancy_id
	LEFT JOIN accounts o ON o.id = c.old_account LEFT JOIN banks ob ON ob.bin = o.bank_bin
	LEFT JOIN banks nb ON nb.bin = c.bank_bin
	WHERE c.market_id IN (SELECT scope_markets($1, $2)) AND sees_stall($1, $2, c.stall_id)
	AND ($3::uuid IS NULL OR t.merchant_id = $3)`

// listedChange is a change and, of a tenant that waits, what was proposed, sealed.
type listedChange struct {
	BeneficiaryChange
	proposal []byte
}

func scanChange(row pgx.CollectableRow) (c listedChange, err error) {
	var due time.Time
	var last3, oldLast4, newLast4 string
	var from, to ChangedAccount
	err = row.Scan(&c.ID, &c.Kind, &c.State, &c.Why, &c.MarketID, &c.StallID, &c.StallNumber, &c.Reason, &c.ProposedBy,
		&c.Proposer, &c.ProposedAt, &c.NeedsSecond,
		&due, &c.DecidedAt, &last3, &from.BankBIN, &from.BankName, &oldLast4, &from.HolderName,
		&to.BankBIN, &to.BankName, &newLast4, &to.HolderName, &c.Steps, &c.proposal)
	from.AccountNumber, to.AccountNumber, c.Contact = seal.Mask(oldLast4), seal.Mask(newLast4), seal.Mask(last3)
	if oldLast4 != "" {
		c.OldAccount = &from
	}
	if newLast4 != "" {
		c.NewAccount = &to
	}
	switch {
	case c.State == changePending && vietqr.IsWallet(to.BankBIN):
		c.Why = vietqr.WalletNotBank // proposed before wallets were refused
	case c.State == changeEffective:
		c.EffectiveAt = c.DecidedAt
		if c.Kind == addition {
			until := c.DecidedAt.Add(changeWait)
			c.UndoUntil = &until
		}
	case c.State == changePending && c.NeedsSecond:
		c.LapsesAt = &due
	case c.State == changePending:
		c.EffectiveAt = &due
	}
	return c, err
}

// collectChanges reads changes and names the tenants whom they would bring, to those who decide.
func (cs *Changes) collectChanges(ctx context.Context, who roles.Principal,
	rows pgx.Rows,
) ([]BeneficiaryChange, error) {
	listed, err := pgx.CollectRows(rows, scanChange)
	if err != nil {
		return nil, err
	}
	changes := make([]BeneficiaryChange, len(listed))
	for i, c := range listed {
		changes[i] = c.BeneficiaryChange
		if c.proposal == nil || who.MerchantID != nil || !who.Role.May(roles.ChangeAccounts) {
			continue
		}
		if changes[i].NewTenant, err = cs.proposedTenant(ctx, c); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// proposedTenant returns the name of the merchant whom a change of tenant would bring.
func (cs *Changes) proposedTenant(ctx context.Context, c listedChange) (name string, err error) {
	plain, err := cs.keys.Open(ctx, proposalPlace(c.ID), c.proposal)
	if err != nil {
		return "", err
	}
	var o tenancies.TenancyOrder
	if err = json.Unmarshal(plain, &o); err != nil || o.Merchant == nil || o.Merchant.ID == "" {
		return o.NewName(), err
	}
	err = cs.db.Pool.QueryRow(ctx, `SELECT full_name FROM merchants WHERE id::text = lower($1)`, o.Merchant.ID).
		Scan(&name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("find the proposed tenant of change %s: %w", c.ID, err)
	}
	return name, nil
}

// changeFilter narrows a list of changes; empty, Nil and zero narrow nothing.
type changeFilter struct {
	state         string
	market, stall uuid.UUID
	since         time.Time
}

// listChanges returns a page of changes, newest first.
func (cs *Changes) listChanges(ctx context.Context, who roles.Principal, f changeFilter,
	page web.Page,
) (*web.List[BeneficiaryChange], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, selectChanges+` AND ($4::uuid = $6::uuid OR c.market_id = $4)
		AND ($5::uuid = $6 OR c.stall_id = $5) AND c.proposed_at >= $7
		AND ($8::timestamptz IS NULL OR (c.proposed_at, c.id) < ($8, $9)) AND ($11 = '' OR c.state = $11)
		ORDER BY c.proposed_at DESC, c.id DESC LIMIT $10`,
		who.ScopeKind, who.ScopeID, who.MerchantID, f.market, f.stall, uuid.Nil, f.since, after.At, after.ID,
		page.Size()+1, f.state)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	changes, err := cs.collectChanges(ctx, who, rows)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	items, next := web.Cut(changes, page, func(c BeneficiaryChange) web.Mark {
		return web.Mark{
			At: &c.ProposedAt,
			ID: c.ID,
		}
	})
	return &web.List[BeneficiaryChange]{Items: items, Next: next}, nil
}

// ReadChange finds a change in the caller's scope. Outside of the scope it answers as for an
// unknown id (404).
func (cs *Changes) ReadChange(ctx context.Context, who roles.Principal, id uuid.UUID) (BeneficiaryChange, error) {
	rows, err := cs.db.Pool.Query(ctx, selectChanges+` AND c.id = $4`, who.ScopeKind, who.ScopeID, who.MerchantID, id)
	if err != nil {
		return BeneficiaryChange{}, fmt.Errorf("read change %s: %w", id, err)
	}
	found, err := cs.collectChanges(ctx, who, rows)
	if err != nil {
		return BeneficiaryChange{}, fmt.Errorf("read change %s: %w", id, err)
	}
	if len(found) == 0 {
		return BeneficiaryChange{}, problem.Missing("change")
	}
	return found[0], nil
}
