package checks

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/scope"
)

// ListedCheck is a check as it was recorded.
type ListedCheck struct {
	ID         uuid.UUID `json:"id"`
	CheckedAt  time.Time `json:"checked_at"`
	Verdict    string    `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid"`
	Code       *string   `json:"code" doc:"the code of ours that was found"`
	By         string    `json:"by" doc:"the role of the person who checked"`
	Latitude   *float64  `json:"latitude"`
	Longitude  *float64  `json:"longitude"`
	RecordedAt time.Time `json:"recorded_at" doc:"when it was recorded; later than checked_at if the phone had no network"`
}

func (cs *Checks) listChecks(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[ListedCheck]], error) {
	who, stall, err := scope.RequireStall(ctx, cs.db, in.ID, roles.ReadChecks)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, `SELECT k.id, k.checked_at, k.verdict, k.code, a.role, k.latitude::float8,
		k.longitude::float8, k.recorded_at
		FROM code_checks k JOIN actors a ON a.id = k.actor_id
		WHERE k.stall_id = $1 AND ($2::timestamptz IS NULL OR (k.checked_at, k.id) < ($2, $3))
		AND ($4::uuid IS NULL OR EXISTS (SELECT FROM tenancies t WHERE t.stall_id = k.stall_id AND t.merchant_id = $4
		AND t.valid @> k.checked_at))
		ORDER BY k.checked_at DESC, k.id DESC LIMIT $5`, stall, after.At, after.ID, who.MerchantID, in.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list checks of stall %s: %w", stall, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ListedCheck])
	if err != nil {
		return nil, fmt.Errorf("list checks of stall %s: %w", stall, err)
	}
	items, next := web.Cut(found, in.Page, func(c ListedCheck) web.Mark { return web.Mark{At: &c.CheckedAt, ID: c.ID} })
	return web.Answer(&web.List[ListedCheck]{Items: items, Next: next}, nil)
}

// UncheckedStall is a stall with a code that was not checked lately.
type UncheckedStall struct {
	StallID   uuid.UUID  `json:"stall_id"`
	Number    string     `json:"number"`
	Zone      string     `json:"zone"`
	CheckedAt *time.Time `json:"checked_at" doc:"when it was last checked; null: never"`
	Verdict   *string    `json:"verdict" enum:"official,superseded,swapped,own_account,foreign,invalid" doc:"the verdict of that check"`
}

// listUnchecked returns the operating stalls of a market with a current code that no check found
// official within some days.
func (cs *Checks) listUnchecked(ctx context.Context, in *struct {
	web.Named
	Days int `query:"days" minimum:"1" maximum:"365" default:"7" doc:"stalls without an official verdict for so many days"`
	web.Page
},
) (*web.Body[*web.List[UncheckedStall]], error) {
	who, err := roles.Require(ctx, roles.ReadChecks)
	if err != nil {
		return nil, err
	}
	market, err := scope.FindMarket(ctx, cs.db, who, in.ID)
	if err != nil {
		return nil, err
	}
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, `SELECT s.id, s.number, s.zone, k.checked_at, k.verdict
		FROM stalls s JOIN stall_states st ON st.stall_id = s.id AND upper_inf(st.valid) AND st.state = 'operating'
		LEFT JOIN LATERAL (SELECT checked_at, verdict FROM code_checks WHERE stall_id = s.id ORDER BY checked_at DESC
		LIMIT 1) k ON true
		WHERE s.market_id = $1 AND sees_stall($2, $3, s.id) AND EXISTS (SELECT FROM codes c
		WHERE c.stall_id = s.id AND c.kind = 'stall' AND c.state = 'current')
		AND (k.checked_at IS NULL OR k.checked_at < $4 OR k.verdict <> 'official') AND ($5 = '' OR s.number > $5)
		ORDER BY s.number LIMIT $6`, market, who.ScopeKind, who.ScopeID, cs.now().AddDate(0, 0, -in.Days), after.Text,
		in.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list unchecked stalls of market %s: %w", market, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[UncheckedStall])
	if err != nil {
		return nil, fmt.Errorf("list unchecked stalls of market %s: %w", market, err)
	}
	items, next := web.Cut(found, in.Page, func(s UncheckedStall) web.Mark { return web.Mark{Text: s.Number} })
	return web.Answer(&web.List[UncheckedStall]{Items: items, Next: next}, nil)
}

// Routes mounts checks of stickers and complaints of shoppers.
func (cs *Checks) Routes(e *web.Edge) {
	op := web.Tagged("register")
	e.Scope("complaints", `SELECT EXISTS (SELECT FROM complaints
		WHERE id = $1 AND market_id IN (SELECT scope_markets($2, $3)))`)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/stalls/{id}/checks", "check-sticker",
		"Record a check of the sticker at a stall", http.StatusCreated), cs.postCheck)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/stalls/{id}/checks", "list-checks",
		"Checks of a stall's sticker, newest first", 0), cs.listChecks)
	huma.Register(e.API, op(
		http.MethodGet,
		"/api/v1/markets/{id}/unchecked",
		"list-unchecked",
		"List stalls without a recent check that found the sticker official, by number",
		0,
	), cs.listUnchecked)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/complaints", "list-complaints",
		"List what shoppers reported, newest first", 0), cs.listComplaints)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/complaints/{id}/close", "close-complaint",
		"Close a complaint and delete its contact", http.StatusOK), cs.postCloseComplaint)
}
