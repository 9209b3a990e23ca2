package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// ScopeOrder is a scope of a user, on some days or always.
type ScopeOrder struct {
	Scope string `json:"scope" minLength:"1" maxLength:"200" doc:"all, locality:CODE, locality:districts_2024/CODE, market:CODE or stall:ID"`
	From  string `json:"from,omitempty" format:"date" doc:"the first day; absent: no start"`
	Until string `json:"until,omitempty" format:"date" doc:"the day after the last; absent: no end"`
}

// Always reports whether a scope has no dates.
func (s ScopeOrder) Always() bool { return s.From == "" && s.Until == "" }

// Post is what a role and scopes make of a user.
type Post struct {
	roles.Principal
	dated []datedScope
}

type datedScope struct {
	kind        roles.ScopeKind
	id          uuid.UUID
	from, until *string
}

// FindPost returns the post of a user with several scopes or with dates. One scope without dates is
// resolved as a key's is.
func (p *People) FindPost(ctx context.Context, user uuid.UUID, role string, scopes []ScopeOrder) (*Post, error) {
	first := ScopeOrder{}
	if len(scopes) > 0 {
		first = scopes[0]
	}
	if len(scopes) < 2 && first.Always() {
		as, err := roles.ResolveScope(ctx, p.db, role, first.Scope)
		return &Post{Principal: as}, err
	}
	as := &Post{}
	var err error
	if as.Role, err = roles.ParseRole(role); err != nil {
		return nil, err
	}
	as.ScopeKind, as.ScopeID = roles.ScopeDated, &user
	for _, s := range scopes {
		d := datedScope{from: database.TextOrNull(s.From), until: database.TextOrNull(s.Until)}
		kind, id, err := roles.FindScope(ctx, p.db, s.Scope)
		if err != nil {
			return nil, err
		}
		if as.Role == roles.Merchant || kind != roles.ScopeLocality && kind != roles.ScopeMarket {
			return nil, problem.Of("scopes", "scope_form",
				"Chỉ phạm vi địa phương hoặc chợ mới đặt được thời hạn hoặc gán nhiều phạm vi cùng lúc.",
				"Only scopes of localities and markets can have dates or be combined.")
		}
		for _, day := range []string{s.From, s.Until} {
			if _, err := bizday.Date(day); day != "" && err != nil {
				return nil, problem.Of("scopes", "date_form", "Ngày có dạng 2026-11-22.",
					"Expected a day such as 2026-11-22.")
			}
		}
		if s.From != "" && s.Until != "" && s.From >= s.Until {
			return nil, problem.Of("scopes", "scope_days", "Ngày bắt đầu phải trước ngày kết thúc.",
				"The scope must begin before it ends.")
		}
		d.kind, d.id = kind, *id
		as.dated = append(as.dated, d)
	}
	return as, nil
}

// QueueScopes writes a user's dated scopes in place of those it had.
func (as *Post) QueueScopes(batch *pgx.Batch, user uuid.UUID) {
	batch.Queue(`DELETE FROM user_scopes WHERE user_id = $1`, user)
	for _, d := range as.dated {
		batch.Queue(`INSERT INTO user_scopes (user_id, scope_kind, scope_id, valid)
			VALUES ($1, $2, $3, daterange($4::text::date, $5::text::date)) ON CONFLICT DO NOTHING`,
			user, d.kind, d.id, d.from, d.until)
	}
}

// Same reports whether a post's scopes are those that a user has.
func (as *Post) Same(have []UserScope) bool {
	if as.ScopeKind != roles.ScopeDated {
		return len(have) == 1 && have[0].Kind == as.ScopeKind && sameID(have[0].ID, as.ScopeID)
	}
	for _, d := range as.dated {
		if !slices.ContainsFunc(have, func(h UserScope) bool {
			return h.Kind == d.kind && sameID(h.ID, &d.id) && text(h.From) == text(d.from) &&
				text(h.Until) == text(d.until)
		}) {
			return false
		}
	}
	return len(as.dated) == len(have)
}

// sameID reports whether both name the same, or both nothing.
func sameID(a, b *uuid.UUID) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// User is a person who signs in, as administrators see it.
type User struct {
	ID         uuid.UUID   `json:"id"`
	Login      string      `json:"login"`
	FullName   string      `json:"full_name"`
	Role       roles.Role  `json:"role"`
	Scopes     []UserScope `json:"scopes"`
	State      string      `json:"state" enum:"active,disabled,unused" doc:"unused: not signed in for 45 days, which closes the account until it is renewed"`
	CreatedAt  time.Time   `json:"created_at"`
	SignedInAt *time.Time  `json:"signed_in_at"`
	LetIn      bool        `json:"let_in_by_program" doc:"a program made its password, rights or invitation: until a person renews it, it cannot approve, and its changes of accounts wait"`
}

// UserScope is what a user sees, and when.
type UserScope struct {
	Kind  roles.ScopeKind `json:"kind"`
	ID    *uuid.UUID      `json:"id"`
	Name  *string         `json:"name"`
	From  *string         `json:"from"`
	Until *string         `json:"until"`
}

const selectUsers = `SELECT u.id, u.login, u.full_name, u.role,
	(SELECT json_agg(json_build_object('kind', d.kind, 'id', d.id, 'from', d.valid_from, 'until', d.valid_until, 'name',
	CASE d.kind
			WHEN 'market' THEN (SELECT m.name FROM markets m WHERE m.id = d.id)
			WHEN 'locality' THEN (SELECT v.name FROM locality_versions v
			WHERE v.locality_id = d.id ORDER BY v.valid DESC LIMIT 1)
			WHEN 'stall' THEN (SELECT m.name || ', ' || s.number FROM stalls s JOIN markets m ON m.id = s.market_id
			WHERE s.id = d.id) END) ORDER BY d.valid_from, d.id)
		FROM (SELECT u.scope_kind AS kind, u.scope_id AS id, NULL::date AS valid_from, NULL::date AS valid_until
		WHERE u.scope_kind <> 'dated'
			UNION ALL SELECT s.scope_kind, s.scope_id, lower(s.valid), upper(s.valid) FROM user_scopes s
			WHERE s.user_id = u.id AND u.scope_kind = 'dated') d),
	CASE WHEN u.disabled_at IS NOT NULL THEN 'disabled' WHEN u.role <> 'merchant'
	AND coalesce(u.signed_in_at, u.created_at) <= $1 THEN 'unused' ELSE 'active' END,
	u.created_at, u.signed_in_at, u.let_in_by IS NOT NULL
	FROM users u WHERE `

// Users returns the users by login, after a login.
func (p *People) Users(ctx context.Context, after string, limit int) ([]User, error) {
	rows, err := p.db.Pool.Query(ctx, selectUsers+`u.login > $2 ORDER BY u.login LIMIT $3`, p.now().Add(-UnusedFor),
		after, limit)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[User])
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return list, nil
}

// User returns one user (404: no such).
func (p *People) User(ctx context.Context, id uuid.UUID) (*User, error) {
	rows, err := p.db.Pool.Query(ctx, selectUsers+`u.id = $2`, p.now().Add(-UnusedFor), id)
	if err != nil {
		return nil, fmt.Errorf("read user %s: %w", id, err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[User])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("user")
	}
	if err != nil {
		return nil, fmt.Errorf("read user %s: %w", id, err)
	}
	return u, nil
}

// About returns the caller's own name, and whether it has a password.
func (p *People) About(ctx context.Context, who roles.Principal) (name string, password bool, err error) {
	err = p.db.Pool.QueryRow(ctx, `SELECT full_name, password IS NOT NULL FROM users WHERE id = $1`, who.ActorID).Scan(
		&name, &password)
	if err != nil {
		return "", false, fmt.Errorf("read user %s: %w", who.ActorID, err)
	}
	return name, password, nil
}

// UserChange is a change of a user; absent fields stay as they are.
type UserChange struct {
	FullName string       `json:"full_name,omitempty" maxLength:"200"`
	Role     string       `json:"role,omitempty" maxLength:"40"`
	Scopes   []ScopeOrder `json:"scopes,omitempty" maxItems:"50"`
	Disabled *bool        `json:"disabled,omitempty" doc:"true: closed, and signed out everywhere"`
}

// ChangeUser changes a user. After a change of rights the user must sign in again. Users cannot
// change themselves.
func (p *People) ChangeUser(ctx context.Context, who roles.Principal, id uuid.UUID, c UserChange) (*User, error) {
	before, err := p.User(ctx, id)
	if err != nil {
		return nil, err
	}
	if id == who.ActorID {
		return nil, problem.New(problem.Forbidden, "own_account", "Không ai tự đổi quyền của mình.",
			"You cannot change your own rights.")
	}
	if err := encodings.Check(map[string]string{"full_name": c.FullName}); err != nil {
		return nil, err
	}
	now := p.now()
	batch := &pgx.Batch{}
	if c.FullName != "" {
		batch.Queue(`UPDATE users SET full_name = $2 WHERE id = $1`, id, c.FullName)
	}
	if c.Disabled != nil {
		batch.Queue(`UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, $3) END, signed_in_at = CASE
			WHEN $2 THEN signed_in_at ELSE $3 END WHERE id = $1`, id, *c.Disabled, now)
	}
	if c.Role != "" && len(c.Scopes) == 0 {
		return nil, problem.Of("scopes", "required", "Đổi vai trò thì phải nêu phạm vi.",
			"Name the scopes of the new role.")
	}
	if len(c.Scopes) > 0 {
		if c.Role == "" {
			c.Role = string(before.Role)
		}
		as, err := p.FindPost(ctx, id, c.Role, c.Scopes)
		if err != nil {
			return nil, err
		}
		batch.Queue(`UPDATE actors SET role = $2 WHERE id = $1`, id, as.Role)
		batch.Queue(`UPDATE users SET role = $2, scope_kind = $3, scope_id = $4, merchant_id = $5 WHERE id = $1`, id,
			as.Role, as.ScopeKind, as.ScopeID, as.MerchantID)
		as.QueueScopes(batch, id)
	}
	if c.Disabled != nil || len(c.Scopes) > 0 {
		batch.Queue(`UPDATE users SET let_in_by = coalesce(person($2), let_in_by) WHERE id = $1`, id,
			roles.AdmittingProgram(ctx))
		batch.Queue(`UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL`, id, now)
	}
	if err := p.db.SendBatch(ctx, batch); err != nil {
		return nil, fmt.Errorf("change user %s: %w", id, err)
	}
	return p.User(ctx, id)
}
