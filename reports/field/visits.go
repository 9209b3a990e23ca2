package field

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// VisitOrder is a visit, as a caller submits it.
type VisitOrder struct {
	ID string `json:"id,omitempty" doc:"an id that the phone chooses, a UUID"`
	StallRef
	VisitedAt string `json:"visited_at" doc:"RFC 3339; the phone's time, when it was recorded without a network"`
	Outcome   string `json:"outcome" enum:"helped,follow_up,refused,absent"`
	Note      string `json:"note,omitempty" doc:"at most 500 characters"`
}

// Visit is a visit of the digital team to a merchant at the stall.
type Visit struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	MarketID     uuid.UUID `json:"market_id" format:"uuid"`
	StallID      uuid.UUID `json:"stall_id" format:"uuid"`
	StallNumber  string    `json:"stall_number"`
	MerchantName string    `json:"merchant_name"`
	VisitedAt    time.Time `json:"visited_at"`
	Outcome      string    `json:"outcome" enum:"helped,follow_up,refused,absent"`
	Note         string    `json:"note"`
	RecordedAt   time.Time `json:"recorded_at"`
}

func (v Visit) Mark() web.Mark { return web.Mark{At: &v.VisitedAt, ID: v.ID} }

// idConflict is the conflict of an id that is already used for other content.
var idConflict = problem.Field{
	Name: "id", Code: "id_in_use", Vi: "Mã này đã dùng cho nội dung khác.",
	En: "This id already exists with other content.",
}

// ofTenancy joins a fact v to the stall and the merchant of its tenancy.
const ofTenancy = ` JOIN tenancies t ON t.id = v.tenancy_id JOIN stalls s ON s.id = t.stall_id
	JOIN merchants m ON m.id = t.merchant_id`

var visits = &record.Kind[VisitOrder, Visit]{
	Name: "visit", Path: "/api/v1/markets/{id}/visits",
	Subject: (*record.Facts).FindMarket, Read: roles.ReadFacts, Write: roles.RecordFacts,
	Fields: []roster.Field{
		stallField,
		{Name: "visited_at", Needed: true, Headings: []string{
			"Ngày", "Thời gian", "Ngày giờ", "Ngày hỗ trợ",
			"Ngày thăm", "Date", "Visited at",
		}},
		{Name: "outcome", Needed: true, Headings: []string{
			"Kết quả", "Kết quả hỗ trợ", "Tình trạng", "Outcome",
			"Result",
		}},
		noteField,
	},
	Row: func(c *roster.Cells) VisitOrder {
		return VisitOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, VisitedAt: c.Moment("visited_at"),
			Outcome: c.Word("outcome", outcomeWords), Note: c.Long("note", record.MaxNote),
		}
	},
	Check: func(here *record.Subject, e *record.Entry[VisitOrder]) {
		e.ReadID(e.Order.ID)
		checkStall(&e.Faults, e.Order.StallRef)
		e.Moment("visited_at", e.Order.VisitedAt, here.Now)
		e.Word("outcome", e.Order.Outcome)
		e.Short("note", e.Order.Note, record.MaxNote)
	},
	Find: findTenancies(func(e *record.Entry[VisitOrder]) at {
		return at{e.Order.StallRef, record.MomentOf(e.Order.VisitedAt)}
	}, true),
	Store: record.StoreIn(record.Table{
		Name: "visits", Columns: []string{"tenancy_id uuid", "visited_at timestamptz", "outcome text", "note text"},
		Conflict: idConflict,
	}, func(e *record.Entry[VisitOrder]) map[string]any {
		return map[string]any{
			"tenancy_id": e.Tenancy, "visited_at": e.Order.VisitedAt, "outcome": e.Order.Outcome,
			"note": e.Order.Note,
		}
	}),
	List: `SELECT v.id, v.market_id, s.id, s.number, m.full_name, v.visited_at, v.outcome, v.note, v.recorded_at
		FROM visits v` + ofTenancy +
		` WHERE v.market_id = $1` + record.ByMoment("v.visited_at", "v.id"),
}
