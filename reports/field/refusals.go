package field

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// RefusalOrder is the reason why a merchant did not join or left, as a caller submits it.
type RefusalOrder struct {
	ID string `json:"id,omitempty" doc:"an id that the phone chooses, a UUID"`
	StallRef
	Kind   string `json:"kind" enum:"refusal,withdrawal"`
	Reason string `json:"reason" enum:"tax,fraud,no_phone,no_signal,no_account,shoppers_pay_cash,too_hard,fees,family_account,other"`
	SaidOn string `json:"said_on" doc:"a day" example:"2026-11-20"`
	Note   string `json:"note,omitempty" doc:"at most 500 characters"`
}

// Refusal is a recorded reason as it is listed.
type Refusal struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	MarketID     uuid.UUID `json:"market_id" format:"uuid"`
	StallID      uuid.UUID `json:"stall_id" format:"uuid"`
	StallNumber  string    `json:"stall_number"`
	MerchantName string    `json:"merchant_name"`
	Kind         string    `json:"kind" enum:"refusal,withdrawal"`
	Reason       string    `json:"reason" enum:"tax,fraud,no_phone,no_signal,no_account,shoppers_pay_cash,too_hard,fees,family_account,other"`
	SaidOn       string    `json:"said_on" format:"date"`
	Note         string    `json:"note"`
	RecordedAt   time.Time `json:"recorded_at"`
}

func (r Refusal) Mark() web.Mark { return record.DayMark(r.SaidOn, r.ID) }

var refusals = &record.Kind[RefusalOrder, Refusal]{
	Name:    "refusal",
	Path:    "/api/v1/markets/{id}/refusals",
	Subject: (*record.Facts).FindMarket,
	Read:    roles.ReadFacts,
	Write:   roles.RecordFacts,
	Fields: []roster.Field{
		stallField,
		{Name: "kind", Needed: true, Headings: []string{"Loại", "Hình thức", "Kind"}},
		{Name: "reason", Needed: true, Headings: []string{"Lý do", "Reason"}},
		{Name: "said_on", Needed: true, Headings: []string{"Ngày", "Ngày nói", "Date", "Said on"}},
		noteField,
	},
	Row: func(c *roster.Cells) RefusalOrder {
		return RefusalOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, Kind: c.Word("kind", refusalKindWords),
			Reason: c.Word("reason", reasonWords),
			SaidOn: c.Day("said_on"), Note: c.Long("note", record.MaxNote),
		}
	},
	Check: func(here *record.Subject, e *record.Entry[RefusalOrder]) {
		e.ReadID(e.Order.ID)
		checkStall(&e.Faults, e.Order.StallRef)
		e.Word("kind", e.Order.Kind)
		e.Word("reason", e.Order.Reason)
		e.Day("said_on", e.Order.SaidOn, here.Now)
		e.Short("note", e.Order.Note, record.MaxNote)
	},
	Find: findTenancies(
		func(e *record.Entry[RefusalOrder]) at { return at{e.Order.StallRef, record.DayOf(e.Order.SaidOn)} },
		true,
	),
	Store: record.StoreIn(record.Table{Name: "refusals", Columns: []string{
		"tenancy_id uuid", "kind text", "reason text",
		"said_on date", "note text",
	}, Conflict: idConflict},
		func(e *record.Entry[RefusalOrder]) map[string]any {
			return map[string]any{
				"tenancy_id": e.Tenancy, "kind": e.Order.Kind, "reason": e.Order.Reason,
				"said_on": e.Order.SaidOn, "note": e.Order.Note,
			}
		}),
	List: `SELECT v.id, v.market_id, s.id, s.number, m.full_name, v.kind, v.reason, to_char(v.said_on, 'YYYY-MM-DD'),
		v.note, v.recorded_at FROM refusals v` + ofTenancy +
		` WHERE v.market_id = $1` + record.ByDay("v.said_on"),
}
