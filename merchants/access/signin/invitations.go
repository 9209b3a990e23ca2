package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// InvitationLasts is how long after it was made an invitation may be used.
const InvitationLasts = 72 * time.Hour

// Tenancy is the present tenancy of a stall.
type Tenancy struct{ ID, Market, Stall, Merchant uuid.UUID }

// tenancyFor returns the open tenancy of a stall in the caller's scope. It refuses, in this order:
// a stall outside the scope (404), a role that may not do the action (403), a vacant stall (409). A
// merchant gets 404 for a stall that now has another tenant.
func (p *People) tenancyFor(ctx context.Context, who roles.Principal, stall uuid.UUID,
	a roles.Action,
) (Tenancy, error) {
	t := Tenancy{Stall: stall}
	var id, merchant *uuid.UUID
	err := p.db.Pool.QueryRow(ctx, `SELECT s.market_id, t.id, t.merchant_id FROM stalls s
		LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)`, stall,
		who.ScopeKind, who.ScopeID).
		Scan(&t.Market, &id, &merchant)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && who.MerchantID != nil &&
		(merchant == nil || *merchant != *who.MerchantID) {
		return t, problem.Missing("stall")
	}
	if err != nil {
		return t, fmt.Errorf("find tenancy of stall %s: %w", stall, err)
	}
	if err := who.Allow(a); err != nil {
		return t, err
	}
	if id == nil {
		return t, problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	}
	t.ID, t.Merchant = *id, *merchant
	return t, nil
}

// Invitation is an invitation as managers see it. Its token is shown once, when it is made.
type Invitation struct {
	ID        uuid.UUID  `json:"id"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at"`
	State     string     `json:"state" enum:"open,used,revoked,expired,tenant_changed"`
}

// The states of an invitation.
const (
	invitationOpen     = "open"
	invitationUsed     = "used"
	invitationRevoked  = "revoked"
	invitationExpired  = "expired"
	invitationOutdated = "tenant_changed"
)

// invitationState is SQL: the state of an invitation i of tenancy t at $1.
const invitationState = `CASE WHEN i.used_at IS NOT NULL THEN 'used' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
	WHEN NOT upper_inf(t.valid) THEN 'tenant_changed' WHEN i.expires_at <= $1 THEN 'expired' ELSE 'open' END`

// Invite makes an invitation for the stall's present merchant. Its holder may sign in as that
// merchant once, within 72 hours.
func (p *People) Invite(ctx context.Context, who roles.Principal, stall uuid.UUID) (*Invitation, string, error) {
	t, err := p.tenancyFor(ctx, who, stall, roles.Invite)
	if err != nil {
		return nil, "", err
	}
	now, token := p.now(), newToken()
	hash := sha256.Sum256([]byte(token))
	i := &Invitation{
		ID: uuid.Must(uuid.NewV7()), CreatedAt: now, ExpiresAt: now.Add(InvitationLasts),
		State: invitationOpen,
	}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO invitations (id, market_id, stall_id, tenancy_id, merchant_id, hash,
		created_at, actor_id, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, i.ID, t.Market, t.Stall, t.ID, t.Merchant, hash[:], now,
		who.ActorID, i.ExpiresAt)
	if err != nil {
		return nil, "", fmt.Errorf("invite the merchant of stall %s: %w", stall, err)
	}
	return i, token, nil
}

// Invitations returns those made for a stall's present merchant, newest first, after a place in the
// list.
func (p *People) Invitations(ctx context.Context, who roles.Principal, stall, before uuid.UUID,
	limit int,
) ([]Invitation, error) {
	t, err := p.tenancyFor(ctx, who, stall, roles.Invite)
	if err != nil {
		return nil, err
	}
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := p.db.Pool.Query(ctx, `SELECT i.id, i.created_at, i.expires_at, i.used_at, `+invitationState+`
		FROM invitations i JOIN tenancies t ON t.id = i.tenancy_id WHERE i.tenancy_id = $2 AND i.id < $3
		ORDER BY i.id DESC LIMIT $4`, p.now(), t.ID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list invitations of stall %s: %w", stall, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Invitation])
	if err != nil {
		return nil, fmt.Errorf("list invitations of stall %s: %w", stall, err)
	}
	return list, nil
}

// Uninvite revokes an invitation that was not used; any other is missing (404).
func (p *People) Uninvite(ctx context.Context, who roles.Principal, stall, invitation uuid.UUID) error {
	t, err := p.tenancyFor(ctx, who, stall, roles.Invite)
	if err != nil {
		return err
	}
	tag, err := p.db.Pool.Exec(ctx, `UPDATE invitations SET revoked_at = $3 WHERE id = $1 AND stall_id = $2
		AND used_at IS NULL AND revoked_at IS NULL`, invitation, t.Stall, p.now())
	if err != nil {
		return fmt.Errorf("revoke invitation %s: %w", invitation, err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Missing("invitation")
	}
	return nil
}

// Invited is the merchant an invitation is for, as its holder may read.
type Invited struct {
	Market, Stall, Name string
	ExpiresAt           time.Time
	Demo                bool
	State               string
}

// Invited returns the merchant that a token invites, and the invitation's state. An unknown token
// is missing (404).
func (p *People) Invited(ctx context.Context, token string) (*Invited, error) {
	hash := sha256.Sum256([]byte(token))
	i := &Invited{}
	err := p.db.Pool.QueryRow(ctx, `SELECT k.name, s.number, m.full_name, i.expires_at, k.demo, `+invitationState+`
		FROM invitations i JOIN tenancies t ON t.id = i.tenancy_id JOIN stalls s ON s.id = i.stall_id
		JOIN markets k ON k.id = i.market_id
		JOIN merchants m ON m.id = i.merchant_id WHERE i.hash = $2`, p.now(), hash[:]).Scan(&i.Market, &i.Stall,
		&i.Name, &i.ExpiresAt, &i.Demo, &i.State)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("invitation")
	}
	if err != nil {
		return nil, fmt.Errorf("find invitation: %w", err)
	}
	if i.State != invitationOpen {
		i.Name = "" // a card on the floor must not reveal who had the stall
	}
	return i, nil
}

// Refusal returns why an invitation cannot be used; nil: it can.
func (i *Invited) Refusal() error {
	const gone = problem.Kind(http.StatusGone)
	switch i.State {
	case invitationUsed:
		return problem.New(
			gone,
			"invitation_used",
			"Mã mời này đã được dùng.",
			"This invitation has already been used.",
		)
	case invitationRevoked:
		return problem.New(gone, "invitation_revoked", "Mã mời này đã bị thu hồi.", "This invitation has been revoked.")
	case invitationExpired:
		return problem.New(gone, "invitation_expired", "Mã mời này đã hết hạn.", "This invitation has expired.")
	case invitationOutdated:
		return problem.New(gone, "invitation_outdated", "Sạp đã đổi người thuê, mã mời này không còn dùng được.",
			"The stall has a new tenant, so this invitation is no longer valid.")
	}
	return nil
}

// Accept uses an invitation and opens its merchant's session. Of two requests at the same moment
// one succeeds.
func (p *People) Accept(ctx context.Context, token string, v Visit) (string, *Session, error) {
	hash := sha256.Sum256([]byte(token))
	var user uuid.UUID
	err := p.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var merchant uuid.UUID
		err := tx.QueryRow(ctx, `UPDATE invitations i SET used_at = $1 FROM tenancies t
			WHERE t.id = i.tenancy_id AND i.hash = $2 AND `+invitationState+` = 'open' RETURNING i.merchant_id`,
			p.now(), hash[:]).Scan(&merchant)
		if err != nil {
			return err
		}
		if user, err = p.userOf(ctx, tx, merchant); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE users u SET let_in_by = person(i.actor_id) FROM invitations i WHERE u.id = $1
			AND i.hash = $2
			AND (EXISTS (SELECT FROM api_keys k WHERE k.id = i.actor_id) OR EXISTS (SELECT FROM users m
			WHERE m.id = i.actor_id AND m.let_in_by IS NOT NULL))`, user, hash[:])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		i, err := p.Invited(ctx, token)
		if err == nil {
			err = i.Refusal()
		}
		if err == nil {
			err = problem.Missing("invitation") // it was not valid and then valid: the clock was changed
		}
		return "", nil, err
	}
	if err != nil {
		return "", nil, fmt.Errorf("accept invitation: %w", err)
	}
	return p.openSession(ctx, opening{user, byInvitation, v.Address, v.Device}, nil)
}
