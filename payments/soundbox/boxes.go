package soundbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/payments"
	"market40/payments/ledger"
)

// boxesOfAStall is how many boxes may speak for one stall.
const boxesOfAStall = 5

// Box is a stall's soundbox as its merchant sees it.
type Box struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	Speaks    bool      `json:"speaks" doc:"phones speak a payment only if the box has not done so within five seconds"`
	Connected bool      `json:"connected" doc:"it sent something within 45 seconds and has not disconnected"`
	SeenAt    time.Time `json:"seen_at" doc:"when it last sent something, to some seconds"`
	Heard     int64     `json:"heard_version" doc:"the version up to which it has received payments to speak"`
	PairedAt  time.Time `json:"paired_at"`
}

// tenancy is the present one of a stall.
type tenancy struct{ id, market, stall uuid.UUID }

func (t tenancy) account() uuid.UUID { return ledger.StallAccount(t.market, t.id).ID() }

// tenancy returns the present tenancy of a stall, for a caller who manages the stall's boxes. It
// refuses a stall of another scope (404), a role that may not (403) and a vacant stall (409).
func (s *Soundboxes) tenancy(ctx context.Context, who roles.Principal, stall string) (t tenancy, err error) {
	if t.stall, err = uuid.Parse(stall); err != nil {
		return t, problem.Missing("stall")
	}
	var present *uuid.UUID
	err = s.db.Pool.QueryRow(ctx, `SELECT s.market_id, t.id FROM stalls s LEFT JOIN tenancies t ON t.stall_id = s.id
		AND upper_inf(t.valid)
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)
		AND ($4::uuid IS NULL OR t.merchant_id = $4)`,
		t.stall, who.ScopeKind, who.ScopeID, who.MerchantID).Scan(&t.market, &present)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, problem.Missing("stall")
	}
	if err != nil {
		return t, fmt.Errorf("find stall %s: %w", stall, err)
	}
	if err := who.Allow(roles.KeepSoundboxes); err != nil {
		return t, err
	}
	if present == nil {
		return t, problem.New(problem.Conflict, "stall_vacant", "Sạp chưa có người thuê.", "The stall has no tenant.")
	}
	t.id = *present
	return t, nil
}

// Boxes returns the stall's boxes that were not revoked, in the order of pairing. They are few.
func (s *Soundboxes) Boxes(ctx context.Context, who roles.Principal, stall string) ([]Box, error) {
	t, err := s.tenancy(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Pool.Query(ctx, `SELECT id, name, speaks, line_id IS NOT NULL
		AND seen_at > $2, seen_at, heard_version, paired_at
		FROM soundboxes WHERE tenancy_id = $1 AND revoked_at IS NULL ORDER BY paired_at, id`, t.id,
		s.now().Add(-payments.SoundboxTimeout))
	if err != nil {
		return nil, fmt.Errorf("list soundboxes of stall %s: %w", stall, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Box])
	if err != nil {
		return nil, fmt.Errorf("list soundboxes of stall %s: %w", stall, err)
	}
	return list, nil
}

// SetSpeaks sets whether a box speaks instead of the stall's phones, or beside them.
func (s *Soundboxes) SetSpeaks(ctx context.Context, who roles.Principal, stall, box string, speaks bool) error {
	return s.change(ctx, who, stall, box, `UPDATE soundboxes SET speaks = $3 WHERE id = $1 AND tenancy_id = $2
		AND revoked_at IS NULL`, speaks)
}

// Revoke ends a box at once: it is cut off, on whichever server, and may not come back.
func (s *Soundboxes) Revoke(ctx context.Context, who roles.Principal, stall, box string) error {
	return s.change(ctx, who, stall, box, `UPDATE soundboxes SET revoked_at = $3, line_id = NULL WHERE id = $1
		AND tenancy_id = $2 AND revoked_at IS NULL`, s.now())
}

// change changes one of the stall's boxes, and wakes it and the phones.
func (s *Soundboxes) change(ctx context.Context, who roles.Principal, stall, box, update string, value any) error {
	t, err := s.tenancy(ctx, who, stall)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(box)
	if err != nil {
		return problem.Missing("soundbox")
	}
	tag, err := s.db.Pool.Exec(ctx, update, id, t.id, value)
	if err != nil {
		return fmt.Errorf("change soundbox %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("soundbox")
	}
	s.feed.Wake(t.account())
	return nil
}
