package field

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/reports/field/record"
	"market40/reports/field/samples"
)

//go:embed kit.sql
var kitSQL string

// Kit is the data that a phone needs for a day without a network.
type Kit struct {
	MadeAt    time.Time         `json:"made_at"`
	Markets   []KitMarket       `json:"markets" nullable:"false" doc:"in your scope, by code; 200 at most"`
	Market    *KitMarket        `json:"market" doc:"the requested market, or your only one; null: no market was chosen"`
	Stalls    []KitStall        `json:"stalls" nullable:"false" doc:"the stalls of that market, by number"`
	Trainings []KitTraining     `json:"trainings" nullable:"false" doc:"the trainings of the last 60 days, newest first"`
	Slots     []samples.Slot    `json:"slots" nullable:"false" doc:"half-hours to be counted: of 7 days ago to 31 days ahead, by time"`
	Words     map[string][]Word `json:"words" nullable:"false" doc:"what the forms offer, in Vietnamese and English"`
}

// KitMarket is a market of the kit.
type KitMarket struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Code string    `json:"code"`
	Name string    `json:"name"`
	Demo bool      `json:"demo" doc:"invented: show it as dữ liệu minh họa"`
}

// KitStall is a stall of the kit. It contains no phone number and no account.
type KitStall struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	Number       string     `json:"number"`
	Zone         string     `json:"zone"`
	Kind         string     `json:"kind"`
	GoodsGroup   string     `json:"goods_group"`
	State        string     `json:"state" enum:"operating,vacant,suspended"`
	MerchantID   *uuid.UUID `json:"merchant_id" doc:"null: no merchant has it"`
	MerchantName *string    `json:"merchant_name"`
	VisitedAt    *time.Time `json:"visited_at" doc:"when the team was last there; null: never"`
	Outcome      *string    `json:"outcome" doc:"the outcome of that visit"`
}

// KitTraining is a training to which attendances may be added.
type KitTraining struct {
	ID     uuid.UUID `json:"id" format:"uuid"`
	HeldOn string    `json:"held_on" format:"date"`
	Topic  string    `json:"topic"`
}

// offered are the choices in the forms.
var offered = map[string][]Word{
	"outcomes": outcomes, "refusal_kinds": refusalKinds, "reasons": reasons, "incident_kinds": incidentKinds,
	"purposes": purposes, "sexes": sexes, "name_checks": checkWays,
}

func (f *Field) readKit(ctx context.Context, in *struct {
	Market string `query:"market" maxLength:"36" doc:"id; absent: your only market"`
},
) (*web.Body[*Kit], error) {
	who, err := roles.Require(ctx, roles.RecordFacts)
	if err != nil {
		return nil, err
	}
	kit := &Kit{
		MadeAt:    f.now(),
		Stalls:    []KitStall{},
		Trainings: []KitTraining{},
		Slots:     []samples.Slot{},
		Words:     offered,
	}
	rows, _ := f.db.Pool.Query(ctx, `SELECT id, code, name, demo FROM markets WHERE id IN (SELECT scope_markets($1, $2))
		ORDER BY code LIMIT 200`, who.ScopeKind, who.ScopeID)
	if kit.Markets, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KitMarket]); err != nil {
		return nil, fmt.Errorf("markets of a field kit: %w", err)
	}
	named := in.Market
	if named == "" && len(kit.Markets) == 1 {
		named = kit.Markets[0].ID.String()
	}
	if named == "" {
		return web.Answer(kit, nil)
	}
	here, err := f.facts.FindMarket(ctx, named, roles.RecordFacts)
	if err != nil {
		return nil, err
	}
	if err := f.fillKit(ctx, here, kit); err != nil {
		return nil, fmt.Errorf("field kit of market %s: %w", here.Market, err)
	}
	return web.Answer(kit, nil)
}

func (f *Field) fillKit(ctx context.Context, here *record.Subject, kit *Kit) error {
	rows, _ := f.db.Pool.Query(ctx, `SELECT id, code, name, demo FROM markets WHERE id = $1`, here.Market)
	market, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[KitMarket])
	if err != nil {
		return err
	}
	kit.Market = market
	rows, _ = f.db.Pool.Query(ctx, kitSQL, here.Market)
	if kit.Stalls, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KitStall]); err != nil {
		return err
	}
	rows, _ = f.db.Pool.Query(ctx, `SELECT id, to_char(held_on, 'YYYY-MM-DD'), topic FROM trainings WHERE market_id = $1
		AND held_on > ($2::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - 60
		ORDER BY held_on DESC, id DESC LIMIT 50`, here.Market, here.Now)
	if kit.Trainings, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KitTraining]); err != nil {
		return err
	}
	kit.Slots, err = f.samples.NextSlots(ctx, here)
	return err
}
