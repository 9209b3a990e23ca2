package field

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
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

func (r Refusal) mark() web.Mark { return dayMark(r.SaidOn, r.ID) }

var refusals = &kind[RefusalOrder, Refusal]{
	name: "refusal", vi: "Từ chối và rút khỏi", path: "/api/v1/markets/{id}/refusals",
	place: (*Field).findMarket, read: roles.ReadFacts, write: roles.RecordFacts,
	fields: []roster.Field{
		stallField,
		{Name: "kind", Needed: true, Headings: []string{"Loại", "Hình thức", "Kind"}},
		{Name: "reason", Needed: true, Headings: []string{"Lý do", "Reason"}},
		{Name: "said_on", Needed: true, Headings: []string{"Ngày", "Ngày nói", "Date", "Said on"}},
		noteField,
	},
	row: func(c *roster.Cells) RefusalOrder {
		return RefusalOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, Kind: c.Word("kind", refusalKindWords),
			Reason: c.Word("reason", reasonWords),
			SaidOn: c.Day("said_on"), Note: c.Long("note", maxNote),
		}
	},
	check: func(here *factSubject, e *entry[RefusalOrder]) {
		e.readID(e.order.ID)
		e.checkStall(e.order.StallRef)
		e.word("kind", e.order.Kind)
		e.word("reason", e.order.Reason)
		e.day("said_on", e.order.SaidOn, here.now)
		e.short("note", e.order.Note, maxNote)
	},
	find: findTenancies(func(e *entry[RefusalOrder]) at { return at{e.order.StallRef, dayOf(e.order.SaidOn)} }, true),
	store: storeIn(table{name: "refusals", columns: []string{
		"tenancy_id uuid", "kind text", "reason text",
		"said_on date", "note text",
	}, conflict: idConflict},
		func(e *entry[RefusalOrder]) map[string]any {
			return map[string]any{
				"tenancy_id": e.tenancy, "kind": e.order.Kind, "reason": e.order.Reason,
				"said_on": e.order.SaidOn, "note": e.order.Note,
			}
		}),
	list: `SELECT v.id, v.market_id, s.id, s.number, m.full_name, v.kind, v.reason, to_char(v.said_on, 'YYYY-MM-DD'),
		v.note, v.recorded_at FROM refusals v` + ofTenancy +
		` WHERE v.market_id = $1` + byDay("v.said_on"),
}
