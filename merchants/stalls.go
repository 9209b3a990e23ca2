package merchants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// StallOrder is a stall as it is registered: vacant without a merchant, and not joined without an
// account.
type StallOrder struct {
	Number     string         `json:"number" maxLength:"40" doc:"unique in its market" example:"A12"`
	Kind       string         `json:"kind,omitempty" enum:"stall,kiosk,counter,shop,lot,mobile" doc:"absent: stall"`
	Zone       string         `json:"zone,omitempty" maxLength:"100"`
	GoodsGroup string         `json:"goods_group,omitempty" enum:"hai_san,thit,rau,trai_cay,hoa,do_kho,an_uong,may_mac,tap_hoa,dich_vu,khac" doc:"absent: khac"`
	Since      string         `json:"since,omitempty" doc:"day or RFC 3339 time from which the merchant has the stall; absent: from before our records"`
	Merchant   *MerchantOrder `json:"merchant,omitempty"`
	Account    *AccountOrder  `json:"account,omitempty"`
}

// Stall is a stall with its present tenant, as the caller may see it.
type Stall struct {
	ID         uuid.UUID `json:"id"`
	MarketID   uuid.UUID `json:"market_id"`
	Number     string    `json:"number"`
	Kind       string    `json:"kind" enum:"stall,kiosk,counter,shop,lot,mobile"`
	Zone       string    `json:"zone"`
	GoodsGroup string    `json:"goods_group"`
	State      string    `json:"state" enum:"vacant,operating,suspended,closed"`
	Merchant   *Merchant `json:"merchant" doc:"null: vacant, or not yours to read"`
	Accounts   []Account `json:"accounts"`
	Code       *Code     `json:"code" doc:"of the first account; null: not joined"`
	Feed       Feed      `json:"feed"`
	Tenancy    *Tenancy  `json:"tenancy"`
	CreatedAt  time.Time `json:"created_at"`
}

// Tenancy is the time in which a merchant has a stall.
type Tenancy struct {
	ID    uuid.UUID  `json:"id"`
	Since *time.Time `json:"since" doc:"null: from before our records"`
}

// RegisterStalls registers stalls in one transaction, all or none, opens their tenancies and issues
// their codes. It answers them in the order given, with everything readable. Refused as
// problem.Error, fields named "stalls[3].account.bank_bin" when there are several: a number, phone,
// BIN or account of the wrong form, an unknown bank or merchant, a `since` in the future (422); a
// number that stands in the market, an account that another merchant receives on, a virtual account
// that names another stall (409).
func (r *Registry) RegisterStalls(ctx context.Context, market uuid.UUID, orders []StallOrder) ([]Stall, error) {
	ids, err := r.registerStalls(ctx, market, orders)
	if err != nil {
		return nil, err
	}
	return r.readStalls(ctx, r.db.Pool, roles.Principal{Role: roles.Admin, ScopeKind: roles.ScopeAll}, ids)
}

func (r *Registry) registerStalls(ctx context.Context, market uuid.UUID, orders []StallOrder) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	var b *batch
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b = r.newBatch(market)
		for _, o := range orders {
			b.register(o)
		}
		if err := b.resolve(ctx, tx); err != nil {
			return err
		}
		if err := b.refusal(inList(len(orders))); err != nil {
			return err
		}
		ids = b.stalls()
		return b.write(ctx, tx)
	})
	r.keepClaims(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("register %d stalls in %s: %w", len(orders), market, err)
	}
	return ids, nil
}

// inList calls the fields of one of several orders by its place.
func inList(n int) func(int, string) string {
	if n == 1 {
		return asWritten
	}
	return func(place int, field string) string { return fmt.Sprintf("stalls[%d].%s", place, field) }
}

// StallFilter narrows a market's list; empty narrows nothing. It is exported because huma reads no
// embedded field that is not.
type StallFilter struct {
	Zone  string `query:"zone" maxLength:"100"`
	State string `query:"state" enum:"vacant,operating,suspended,closed"`

	Number string `query:"number" maxLength:"40" doc:"the stall of this number, in whatever spelling; several where older registers have two"`
}

// listStalls is a page of a market's stalls by number.
func (r *Registry) listStalls(ctx context.Context, who roles.Principal, market uuid.UUID, f StallFilter,
	page web.Page,
) (*web.List[Stall], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT s.id FROM stalls s LEFT JOIN stall_states st ON st.stall_id = s.id
		AND upper_inf(st.valid)
		WHERE s.market_id = $1 AND sees_stall($2, $3, s.id) AND ($4 = '' OR s.zone = $4) AND ($5 = '' OR st.state = $5)
		AND ($9 = '' OR s.number_key = stall_number_key($9))
		AND (s.number COLLATE "C", s.id) > ($6, $7) ORDER BY s.number COLLATE "C", s.id LIMIT $8`,
		market, who.ScopeKind, who.ScopeID, oneLine(f.Zone), f.State, after.Text, after.ID, page.Size()+1,
		oneLine(f.Number))
	if err != nil {
		return nil, fmt.Errorf("list stalls of %s: %w", market, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("list stalls of %s: %w", market, err)
	}
	stalls, err := r.readStalls(ctx, r.db.Pool, who, ids)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(stalls, page, func(s Stall) web.Mark { return web.Mark{ID: s.ID, Text: s.Number} })
	return &web.List[Stall]{Items: items, Next: next}, seen(ctx, who, items...)
}

// stallChange is what a PATCH may change; what is absent stays.
type stallChange struct {
	Number     *string `json:"number,omitempty" maxLength:"40"`
	Kind       *string `json:"kind,omitempty" enum:"stall,kiosk,counter,shop,lot,mobile"`
	Zone       *string `json:"zone,omitempty" maxLength:"100"`
	GoodsGroup *string `json:"goods_group,omitempty" enum:"hai_san,thit,rau,trai_cay,hoa,do_kho,an_uong,may_mac,tap_hoa,dich_vu,khac"`
}

// changeStall changes a stall. A program renames no stall that has or had a code (409): so what a
// program registers never takes a number under which people paid somebody else. A person who signs
// in does, and the board is warned.
func (r *Registry) changeStall(ctx context.Context, who roles.Principal, id uuid.UUID, change stallChange) error {
	if err := encodings.Check(given(map[string]*string{"number": change.Number, "zone": change.Zone})); err != nil {
		return err
	}
	for _, text := range []*string{change.Number, change.Zone} {
		if text != nil {
			*text = oneLine(*text)
		}
	}
	if change.Number != nil && *change.Number == "" {
		return problem.InFields(required("number"))
	}
	err := r.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if change.Number != nil {
			if err := r.renumber(ctx, tx, who, id, *change.Number); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE stalls SET number = coalesce($2, number), kind = coalesce($3, kind),
			zone = coalesce($4, zone), goods_group = coalesce($5, goods_group)
			WHERE id = $1`, id, change.Number, change.Kind, change.Zone, change.GoodsGroup)
		return err
	})
	if clash(err) != "" {
		taken := numberInUse(*change.Number, "")
		return problem.New(taken.kind, taken.Code, taken.Vi, taken.En)
	}
	if err != nil {
		return fmt.Errorf("change stall %s: %w", id, err)
	}
	return nil
}

func personRenumbers() error {
	refused := problem.InFields(problem.Field{
		Name: "number", Code: "person_renumbers",
		Vi: "Sạp đã có mã thanh toán: chương trình không đổi được số, cần người đăng nhập để đổi.",
		En: "The stall has or had a payment code: a program cannot change its number, a person who signs in can.",
	})
	refused.Kind = problem.Conflict
	return refused
}
