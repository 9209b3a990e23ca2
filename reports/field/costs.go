package field

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// CostOrder is a cost of a campaign at a market, as a caller submits it.
type CostOrder struct {
	ID      string `json:"id,omitempty" doc:"an id that the client chooses, a UUID"`
	Market  string `json:"market" doc:"id or code" example:"CHODAM"`
	SpentOn string `json:"spent_on" doc:"a day" example:"2026-10-20"`
	Purpose string `json:"purpose" enum:"equipment,printing,training,support,communication,other"`
	Amount  string `json:"amount" doc:"đồng" example:"1250000"`
	Note    string `json:"note,omitempty" doc:"at most 500 characters"`
}

// Cost is a recorded cost as it is listed.
type Cost struct {
	ID         uuid.UUID `json:"id" format:"uuid"`
	MarketID   uuid.UUID `json:"market_id" format:"uuid"`
	MarketCode string    `json:"market_code"`
	SpentOn    string    `json:"spent_on" format:"date"`
	Purpose    string    `json:"purpose" enum:"equipment,printing,training,support,communication,other"`
	Amount     string    `json:"amount"`
	Currency   string    `json:"currency"`
	Note       string    `json:"note"`
	RecordedAt time.Time `json:"recorded_at"`
}

func (c Cost) Mark() web.Mark { return record.DayMark(c.SpentOn, c.ID) }

var costs = &record.Kind[CostOrder, Cost]{
	Name: "cost", Path: "/api/v1/campaigns/{campaign}/costs",
	Subject: (*record.Facts).FindCampaign, Read: roles.ReadCosts, Write: roles.RecordCosts, Scoped: true,
	Fields: []roster.Field{
		{Name: "market", Needed: true, Headings: []string{"Chợ", "Mã chợ", "Market"}},
		{Name: "spent_on", Needed: true, Headings: []string{"Ngày", "Ngày chi", "Date", "Spent on"}},
		{Name: "purpose", Needed: true, Headings: []string{"Khoản chi", "Mục chi", "Mục đích", "Purpose"}},
		{Name: "amount", Needed: true, Headings: []string{"Số tiền", "Thành tiền", "Amount"}},
		noteField,
	},
	Row: func(c *roster.Cells) CostOrder {
		return CostOrder{
			Market: c.Text("market"), SpentOn: c.Day("spent_on"), Purpose: c.Word("purpose", purposeWords),
			Amount: c.WholeNumber("amount"), Note: c.Long("note", record.MaxNote),
		}
	},
	Check: func(here *record.Subject, e *record.Entry[CostOrder]) {
		e.ReadID(e.Order.ID)
		e.Word("market", e.Order.Market)
		if on := e.Day("spent_on", e.Order.SpentOn, here.Now); e.Sound() &&
			on.Format(time.DateOnly) < here.Begins.Format(time.DateOnly) {
			e.Fail("spent_on", "before_campaign", "Chiến dịch bắt đầu ngày "+bizday.ShowDay(here.Begins)+".",
				"The campaign starts on "+here.Begins.Format(time.DateOnly)+".")
		}
		e.Word("purpose", e.Order.Purpose)
		if amount := e.Dong("amount", e.Order.Amount); amount.Sign() == 0 {
			e.Fail("amount", "zero", "Số tiền phải lớn hơn 0.", "The amount must be more than 0.")
		}
		e.Short("note", e.Order.Note, record.MaxNote)
	},
	Find: findMarkets,
	Store: func(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[CostOrder]) error {
		return record.StoreIn(record.Table{Name: "programme_costs", Columns: []string{
			"campaign_id uuid", "spent_on date",
			"purpose text", "amount numeric", "note text",
		}, Conflict: idConflict},
			func(e *record.Entry[CostOrder]) map[string]any {
				return map[string]any{
					"campaign_id": here.Campaign, "spent_on": e.Order.SpentOn,
					"purpose": e.Order.Purpose, "amount": e.Order.Amount, "note": e.Order.Note,
				}
			})(ctx, tx, here, entries)
	},
	List: `SELECT v.id, v.market_id, k.code, to_char(v.spent_on, 'YYYY-MM-DD'), v.purpose, v.amount::text, 'VND',
		v.note, v.recorded_at
		FROM programme_costs v JOIN markets k ON k.id = v.market_id WHERE v.campaign_id = $1
		AND v.market_id IN (SELECT scope_markets($8, $9))` + record.ByDay("v.spent_on"),
}

// findMarkets finds the markets in scope that costs name by id or by code.
func findMarkets(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[CostOrder]) error {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Order.Market
	}
	given, err := json.Marshal(names)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT n, m.id FROM json_array_elements_text($1::json) AS n
		JOIN markets m ON m.code = upper(n) OR m.id::text = lower(n)
		WHERE m.id IN (SELECT scope_markets($2, $3))`, given, here.Who.ScopeKind, here.Who.ScopeID)
	if err != nil {
		return fmt.Errorf("find markets: %w", err)
	}
	known := map[string]uuid.UUID{}
	var name string
	var id uuid.UUID
	if _, err = pgx.ForEachRow(rows, []any{&name, &id}, func() error {
		known[name] = id
		return nil
	}); err != nil {
		return fmt.Errorf("find markets: %w", err)
	}
	for _, e := range entries {
		e.Market = known[e.Order.Market]
		if e.Market == uuid.Nil {
			e.Fail("market", "market_unknown", "Không có chợ này trong phạm vi của bạn.",
				"There is no such market in your scope.")
		}
	}
	return nil
}
