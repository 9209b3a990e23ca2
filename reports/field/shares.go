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

// lastCustomers is the number of last customers that a merchant is asked about.
const lastCustomers = 10

// ShareOrder is a merchant's answer to "Trong 10 khách gần nhất, mấy khách chuyển khoản?".
type ShareOrder struct {
	ID string `json:"id,omitempty" doc:"an id that the phone chooses, a UUID"`
	StallRef
	AskedOn   string `json:"asked_on" doc:"a day" example:"2026-11-20"`
	Customers int    `json:"customers" doc:"how many of the last customers the answer is about, 1 to 10" example:"10"`
	Transfers int    `json:"transfers" doc:"how many of them paid by transfer" example:"6"`
}

// Share is a declared share. It is evidence C.
type Share struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	MarketID     uuid.UUID `json:"market_id" format:"uuid"`
	StallID      uuid.UUID `json:"stall_id" format:"uuid"`
	StallNumber  string    `json:"stall_number"`
	MerchantName string    `json:"merchant_name"`
	AskedOn      string    `json:"asked_on" format:"date"`
	Customers    int       `json:"customers"`
	Transfers    int       `json:"transfers"`
	RecordedAt   time.Time `json:"recorded_at"`
}

func (s Share) Mark() web.Mark { return record.DayMark(s.AskedOn, s.ID) }

var shares = &record.Kind[ShareOrder, Share]{
	Name:    "declared share",
	Path:    "/api/v1/markets/{id}/declared-shares",
	Subject: (*record.Facts).FindMarket,
	Read:    roles.ReadFacts,
	Write:   roles.RecordFacts,
	Fields: []roster.Field{
		stallField,
		{Name: "asked_on", Needed: true, Headings: []string{"Ngày", "Ngày hỏi", "Date", "Asked on"}},
		{Name: "customers", Headings: []string{"Số khách", "Khách", "Khách hỏi", "Customers"}},
		{Name: "transfers", Needed: true, Headings: []string{
			"Chuyển khoản", "Khách chuyển khoản",
			"Số khách chuyển khoản", "Transfers",
		}},
	},
	Row: func(c *roster.Cells) ShareOrder {
		o := ShareOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, AskedOn: c.Day("asked_on"),
			Customers: lastCustomers, Transfers: c.Count("transfers"),
		}
		if c.Has("customers") {
			o.Customers = c.Count("customers")
		}
		return o
	},
	Check: func(here *record.Subject, e *record.Entry[ShareOrder]) {
		e.ReadID(e.Order.ID)
		checkStall(&e.Faults, e.Order.StallRef)
		e.Day("asked_on", e.Order.AskedOn, here.Now)
		if e.Order.Customers < 1 || e.Order.Customers > lastCustomers {
			e.Fail(
				"customers",
				"out_of_range",
				"Số khách từ 1 đến 10.",
				"The number of customers must be between 1 and 10.",
			)
		}
		switch {
		case e.Order.Transfers < 0:
			e.Fail("transfers", "out_of_range", "Cần số khách chuyển khoản, không âm.",
				"The number of customers who paid by transfer is missing or negative.")
		case e.Order.Transfers > e.Order.Customers:
			e.Fail("transfers", "more_than_all", "Số khách chuyển khoản nhiều hơn số khách.",
				"More customers paid by transfer than there were customers.")
		}
	},
	Find: findTenancies(
		func(e *record.Entry[ShareOrder]) at { return at{e.Order.StallRef, record.DayOf(e.Order.AskedOn)} },
		true,
	),
	Store: record.StoreIn(record.Table{
		Name: "declared_shares", Columns: []string{
			"tenancy_id uuid", "asked_on date", "customers smallint",
			"transfers smallint",
		}, ByDay: true,
		Conflict: problem.Field{
			Name: "asked_on", Code: "asked_already", Vi: "Sạp này đã có câu trả lời khác trong ngày đó.",
			En: "The stall already has another answer of that day.",
		},
	}, func(e *record.Entry[ShareOrder]) map[string]any {
		return map[string]any{
			"tenancy_id": e.Tenancy, "asked_on": e.Order.AskedOn, "customers": e.Order.Customers,
			"transfers": e.Order.Transfers,
		}
	}),
	List: `SELECT v.id, v.market_id, s.id, s.number, m.full_name, to_char(v.asked_on, 'YYYY-MM-DD'), v.customers,
		v.transfers, v.recorded_at FROM declared_shares v` + ofTenancy +
		` WHERE v.market_id = $1` + record.ByDay("v.asked_on"),
}
