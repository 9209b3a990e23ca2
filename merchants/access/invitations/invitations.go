// Package invitations signs merchants in by a code on paper: the market's managers invite the
// merchant of a stall, who may use the invitation once.
package invitations

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
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// lasts is how long after it was made an invitation may be used.
const lasts = 72 * time.Hour

// Invitations makes, lists, revokes and accepts invitations.
type Invitations struct {
	db     *database.DB
	now    func() time.Time
	people *signin.People
}

// New returns the invitations that are stored in db.
func New(db *database.DB, now func() time.Time, people *signin.People) *Invitations {
	return &Invitations{db, now, people}
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
	stateOpen     = "open"
	stateUsed     = "used"
	stateRevoked  = "revoked"
	stateExpired  = "expired"
	stateOutdated = "tenant_changed"
)

// stateSQL is SQL: the state of an invitation i of tenancy t at $1.
const stateSQL = `CASE WHEN i.used_at IS NOT NULL THEN 'used' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
	WHEN NOT upper_inf(t.valid) THEN 'tenant_changed' WHEN i.expires_at <= $1 THEN 'expired' ELSE 'open' END`

// Invite makes an invitation for the stall's present merchant. Its holder may sign in as that
// merchant once, within 72 hours.
func (is *Invitations) Invite(ctx context.Context, who roles.Principal, stall uuid.UUID) (*Invitation, string, error) {
	t, err := who.FindTenancy(ctx, is.db, stall, roles.Invite)
	if err != nil {
		return nil, "", err
	}
	now, token := is.now(), signin.NewToken()
	hash := sha256.Sum256([]byte(token))
	i := &Invitation{
		ID: uuid.Must(uuid.NewV7()), CreatedAt: now, ExpiresAt: now.Add(lasts),
		State: stateOpen,
	}
	_, err = is.db.Pool.Exec(ctx, `INSERT INTO invitations (id, market_id, stall_id, tenancy_id, merchant_id, hash,
		created_at, actor_id, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, i.ID, t.Market, t.Stall, t.ID, t.Merchant, hash[:], now,
		who.ActorID, i.ExpiresAt)
	if err != nil {
		return nil, "", fmt.Errorf("invite the merchant of stall %s: %w", stall, err)
	}
	return i, token, nil
}

// List returns those made for a stall's present merchant, newest first, after a place in the
// list.
func (is *Invitations) List(ctx context.Context, who roles.Principal, stall, before uuid.UUID,
	limit int,
) ([]Invitation, error) {
	t, err := who.FindTenancy(ctx, is.db, stall, roles.Invite)
	if err != nil {
		return nil, err
	}
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := is.db.Pool.Query(ctx, `SELECT i.id, i.created_at, i.expires_at, i.used_at, `+stateSQL+`
		FROM invitations i JOIN tenancies t ON t.id = i.tenancy_id WHERE i.tenancy_id = $2 AND i.id < $3
		ORDER BY i.id DESC LIMIT $4`, is.now(), t.ID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list invitations of stall %s: %w", stall, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Invitation])
	if err != nil {
		return nil, fmt.Errorf("list invitations of stall %s: %w", stall, err)
	}
	return list, nil
}

// Revoke ends an invitation that was not used; any other is missing (404).
func (is *Invitations) Revoke(ctx context.Context, who roles.Principal, stall, invitation uuid.UUID) error {
	t, err := who.FindTenancy(ctx, is.db, stall, roles.Invite)
	if err != nil {
		return err
	}
	tag, err := is.db.Pool.Exec(ctx, `UPDATE invitations SET revoked_at = $3 WHERE id = $1 AND stall_id = $2
		AND used_at IS NULL AND revoked_at IS NULL`, invitation, t.Stall, is.now())
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

// Find returns the merchant that a token invites, and the invitation's state. An unknown token
// is missing (404).
func (is *Invitations) Find(ctx context.Context, token string) (*Invited, error) {
	hash := sha256.Sum256([]byte(token))
	i := &Invited{}
	err := is.db.Pool.QueryRow(ctx, `SELECT k.name, s.number, m.full_name, i.expires_at, k.demo, `+stateSQL+`
		FROM invitations i JOIN tenancies t ON t.id = i.tenancy_id JOIN stalls s ON s.id = i.stall_id
		JOIN markets k ON k.id = i.market_id
		JOIN merchants m ON m.id = i.merchant_id WHERE i.hash = $2`, is.now(), hash[:]).Scan(&i.Market, &i.Stall,
		&i.Name, &i.ExpiresAt, &i.Demo, &i.State)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("invitation")
	}
	if err != nil {
		return nil, fmt.Errorf("find invitation: %w", err)
	}
	if i.State != stateOpen {
		i.Name = "" // a card on the floor must not reveal who had the stall
	}
	return i, nil
}

// Refusal returns why an invitation cannot be used; nil: it can.
func (i *Invited) Refusal() error {
	const gone = problem.Kind(http.StatusGone)
	switch i.State {
	case stateUsed:
		return problem.New(
			gone,
			"invitation_used",
			"Mã mời này đã được dùng.",
			"This invitation has already been used.",
		)
	case stateRevoked:
		return problem.New(gone, "invitation_revoked", "Mã mời này đã bị thu hồi.", "This invitation has been revoked.")
	case stateExpired:
		return problem.New(gone, "invitation_expired", "Mã mời này đã hết hạn.", "This invitation has expired.")
	case stateOutdated:
		return problem.New(gone, "invitation_outdated", "Sạp đã đổi người thuê, mã mời này không còn dùng được.",
			"The stall has a new tenant, so this invitation is no longer valid.")
	}
	return nil
}

// Accept uses an invitation and opens its merchant's session. Of two requests at the same moment
// one succeeds.
func (is *Invitations) Accept(ctx context.Context, token string, v signin.Visit) (string, *signin.Session, error) {
	hash := sha256.Sum256([]byte(token))
	var user uuid.UUID
	err := is.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var merchant uuid.UUID
		err := tx.QueryRow(ctx, `UPDATE invitations i SET used_at = $1 FROM tenancies t
			WHERE t.id = i.tenancy_id AND i.hash = $2 AND `+stateSQL+` = 'open' RETURNING i.merchant_id`,
			is.now(), hash[:]).Scan(&merchant)
		if err != nil {
			return err
		}
		if user, err = is.people.MerchantUser(ctx, tx, merchant); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE users u SET let_in_by = person(i.actor_id) FROM invitations i WHERE u.id = $1
			AND i.hash = $2
			AND (EXISTS (SELECT FROM api_keys k WHERE k.id = i.actor_id) OR EXISTS (SELECT FROM users m
			WHERE m.id = i.actor_id AND m.let_in_by IS NOT NULL))`, user, hash[:])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		i, err := is.Find(ctx, token)
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
	return is.people.OpenSession(ctx, signin.Opening{User: user, Method: signin.ByInvitation, Visit: v})
}
