package field

import (
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
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

func (v Visit) mark() web.Mark { return web.Mark{At: &v.VisitedAt, ID: v.ID} }

// idConflict is the conflict of an id that is already used for other content.
var idConflict = problem.Field{
	Name: "id", Code: "id_in_use", Vi: "Mã này đã dùng cho nội dung khác.",
	En: "This id already exists with other content.",
}

// ofTenancy joins a fact v to the stall and the merchant of its tenancy.
const ofTenancy = ` JOIN tenancies t ON t.id = v.tenancy_id JOIN stalls s ON s.id = t.stall_id
	JOIN merchants m ON m.id = t.merchant_id`

var visits = &kind[VisitOrder, Visit]{
	name: "visit", vi: "Lượt hỗ trợ", path: "/api/v1/markets/{id}/visits",
	place: (*Field).findMarket, read: roles.ReadFacts, write: roles.RecordFacts,
	fields: []roster.Field{
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
	row: func(c *roster.Cells) VisitOrder {
		return VisitOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, VisitedAt: c.Moment("visited_at"),
			Outcome: c.Word("outcome", outcomeWords), Note: c.Long("note", maxNote),
		}
	},
	check: func(here *factSubject, e *entry[VisitOrder]) {
		e.readID(e.order.ID)
		e.checkStall(e.order.StallRef)
		e.moment("visited_at", e.order.VisitedAt, here.now)
		e.word("outcome", e.order.Outcome)
		e.short("note", e.order.Note, maxNote)
	},
	find: findTenancies(func(e *entry[VisitOrder]) at {
		return at{e.order.StallRef, momentOf(e.order.VisitedAt)}
	}, true),
	store: storeIn(table{
		name: "visits", columns: []string{"tenancy_id uuid", "visited_at timestamptz", "outcome text", "note text"},
		conflict: idConflict,
	}, func(e *entry[VisitOrder]) map[string]any {
		return map[string]any{
			"tenancy_id": e.tenancy, "visited_at": e.order.VisitedAt, "outcome": e.order.Outcome,
			"note": e.order.Note,
		}
	}),
	list: `SELECT v.id, v.market_id, s.id, s.number, m.full_name, v.visited_at, v.outcome, v.note, v.recorded_at
		FROM visits v` + ofTenancy +
		` WHERE v.market_id = $1` + byMoment("v.visited_at", "v.id"),
}
