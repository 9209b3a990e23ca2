package merchants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/beneficiary"
	"market40/merchants/codes"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// Stalls registers, changes and lists stalls with their tenants.
type Stalls struct {
	db      *database.DB
	keys    *seal.Keys
	now     func() time.Time
	writer  *tenancies.Writer
	codes   *codes.Codes
	changes *beneficiary.Changes
}

// RegisterStalls registers stalls in one transaction, all or none, opens their tenancies and issues
// their codes. It answers them in the order given, with everything readable. Refused as
// problem.Error, fields named "stalls[3].account.bank_bin" when there are several: a number, phone,
// BIN or account of the wrong form, an unknown bank or merchant, a `since` in the future (422); a
// number that is in use in the market, an account that another merchant receives on, a virtual
// account that names another stall (409).
func (ss *Stalls) RegisterStalls(
	ctx context.Context,
	market uuid.UUID,
	orders []tenancies.StallOrder,
) ([]Stall, error) {
	ids, err := ss.writer.RegisterStalls(ctx, market, orders)
	if err != nil {
		return nil, err
	}
	return ss.ReadStalls(ctx, ss.db.Pool, roles.Principal{Role: roles.Admin, ScopeKind: roles.ScopeAll}, ids)
}

// StallFilter narrows a market's list; an empty field does not narrow it. It is exported because
// huma ignores unexported embedded fields.
type StallFilter struct {
	Zone  string `query:"zone" maxLength:"100"`
	State string `query:"state" enum:"vacant,operating,suspended,closed"`

	Number string `query:"number" maxLength:"40" doc:"the stall of this number, in any spelling; several if an older register has two"`
}

// listStalls returns a page of a market's stalls by number.
func (ss *Stalls) listStalls(ctx context.Context, who roles.Principal, market uuid.UUID, f StallFilter,
	page web.Page,
) (*web.List[Stall], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := ss.db.Pool.Query(ctx, `SELECT s.id FROM stalls s LEFT JOIN stall_states st ON st.stall_id = s.id
		AND upper_inf(st.valid)
		WHERE s.market_id = $1 AND sees_stall($2, $3, s.id) AND ($4 = '' OR s.zone = $4) AND ($5 = '' OR st.state = $5)
		AND ($9 = '' OR s.number_key = stall_number_key($9))
		AND (s.number COLLATE "C", s.id) > ($6, $7) ORDER BY s.number COLLATE "C", s.id LIMIT $8`,
		market, who.ScopeKind, who.ScopeID, encodings.OneLine(f.Zone), f.State, after.Text, after.ID, page.Size()+1,
		encodings.OneLine(f.Number))
	if err != nil {
		return nil, fmt.Errorf("list stalls of %s: %w", market, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("list stalls of %s: %w", market, err)
	}
	stalls, err := ss.ReadStalls(ctx, ss.db.Pool, who, ids)
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(stalls, page, func(s Stall) web.Mark { return web.Mark{ID: s.ID, Text: s.Number} })
	return &web.List[Stall]{Items: items, Next: next}, recordReading(ctx, who, items...)
}

// stallChange is what a PATCH may change; absent fields stay as they are.
type stallChange struct {
	Number     *string `json:"number,omitempty" maxLength:"40"`
	Kind       *string `json:"kind,omitempty" enum:"stall,kiosk,counter,shop,lot,mobile"`
	Zone       *string `json:"zone,omitempty" maxLength:"100"`
	GoodsGroup *string `json:"goods_group,omitempty" enum:"hai_san,thit,rau,trai_cay,hoa,do_kho,an_uong,may_mac,tap_hoa,dich_vu,khac"`
}

// changeStall changes a stall. It refuses a program that renames a stall with codes (409), so that
// a program's stall never gets a number under which people paid another. For a person it renames
// the stall and alerts the board.
func (ss *Stalls) changeStall(ctx context.Context, who roles.Principal, id uuid.UUID, change stallChange) error {
	if err := encodings.Check(
		givenTexts(map[string]*string{"number": change.Number, "zone": change.Zone}),
	); err != nil {
		return err
	}
	for _, text := range []*string{change.Number, change.Zone} {
		if text != nil {
			*text = encodings.OneLine(*text)
		}
	}
	if change.Number != nil && *change.Number == "" {
		return problem.InFields(problem.Required("number"))
	}
	err := ss.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if change.Number != nil {
			if err := ss.renumber(ctx, tx, who, id, *change.Number); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE stalls SET number = coalesce($2, number), kind = coalesce($3, kind),
			zone = coalesce($4, zone), goods_group = coalesce($5, goods_group)
			WHERE id = $1`, id, change.Number, change.Kind, change.Zone, change.GoodsGroup)
		return err
	})
	if database.ViolatedUnique(err) != "" {
		taken := tenancies.NumberInUse(*change.Number, "")
		return problem.New(taken.Kind, taken.Code, taken.Vi, taken.En)
	}
	if err != nil {
		return fmt.Errorf("change stall %s: %w", id, err)
	}
	return nil
}

func personRenumbers() error {
	refused := problem.InFields(problem.Field{
		Name: "number",
		Code: "person_renumbers",
		Vi:   "Sạp đã có mã thanh toán: chương trình không đổi được số, cần người đăng nhập để đổi.",
		En:   "The stall has or had a payment code: a program cannot change its number; a person has to sign in and change it.",
	})
	refused.Kind = problem.Conflict
	return refused
}
