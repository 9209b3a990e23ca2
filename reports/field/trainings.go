package field

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// maxTopic is the longest topic of a training and the longest name of its trainer, in characters.
const maxTopic = 200

// TrainingOrder is a training session, as a caller submits it.
type TrainingOrder struct {
	ID      string `json:"id,omitempty" doc:"an id that the phone chooses, a UUID: attendances may name it before it was sent"`
	HeldOn  string `json:"held_on" doc:"a day" example:"2026-10-20"`
	Topic   string `json:"topic" doc:"at most 200 characters"`
	Trainer string `json:"trainer,omitempty" doc:"at most 200 characters"`
}

// Training is a training session at a market.
type Training struct {
	ID         uuid.UUID `json:"id" format:"uuid"`
	MarketID   uuid.UUID `json:"market_id" format:"uuid"`
	HeldOn     string    `json:"held_on" format:"date"`
	Topic      string    `json:"topic"`
	Trainer    string    `json:"trainer"`
	Attended   int       `json:"attended" doc:"merchants who came"`
	RecordedAt time.Time `json:"recorded_at"`
}

func (t Training) Mark() web.Mark { return record.DayMark(t.HeldOn, t.ID) }

var trainings = &record.Kind[TrainingOrder, Training]{
	Name: "training", Path: "/api/v1/markets/{id}/trainings",
	Subject: (*record.Facts).FindMarket, Read: roles.ReadFacts, Write: roles.RecordFacts,
	Fields: []roster.Field{
		{Name: "held_on", Needed: true, Headings: []string{"Ngày", "Ngày tập huấn", "Ngày tổ chức", "Date", "Held on"}},
		{Name: "topic", Needed: true, Headings: []string{
			"Nội dung", "Chủ đề", "Tên lớp", "Nội dung tập huấn",
			"Topic",
		}},
		{Name: "trainer", Headings: []string{
			"Người hướng dẫn", "Giảng viên", "Báo cáo viên", "Đơn vị tập huấn",
			"Trainer",
		}},
	},
	Row: func(c *roster.Cells) TrainingOrder {
		return TrainingOrder{HeldOn: c.Day("held_on"), Topic: c.Long("topic", maxTopic), Trainer: c.Long("trainer",
			maxTopic)}
	},
	Check: func(here *record.Subject, e *record.Entry[TrainingOrder]) {
		e.ReadID(e.Order.ID)
		e.Day("held_on", e.Order.HeldOn, here.Now)
		if strings.TrimSpace(e.Order.Topic) == "" {
			e.Fail("topic", "required", "Thiếu nội dung tập huấn.", "The topic is missing.")
		}
		e.Short("topic", e.Order.Topic, maxTopic)
		e.Short("trainer", e.Order.Trainer, maxTopic)
	},
	Store: record.StoreIn(record.Table{
		Name: "trainings", Columns: []string{"held_on date", "topic text", "trainer text"},
		Conflict: idConflict,
	}, func(e *record.Entry[TrainingOrder]) map[string]any {
		return map[string]any{"held_on": e.Order.HeldOn, "topic": e.Order.Topic, "trainer": e.Order.Trainer}
	}),
	List: `SELECT v.id, v.market_id, to_char(v.held_on, 'YYYY-MM-DD'), v.topic, v.trainer, (SELECT count(*)
		FROM attendances a WHERE a.training_id = v.id), v.recorded_at
		FROM trainings v WHERE v.market_id = $1` + record.ByDay("v.held_on"),
}

// AttendanceOrder is a merchant's attendance at a training, as a caller submits it.
type AttendanceOrder struct {
	StallRef
	MerchantID string `json:"merchant_id,omitempty" doc:"this, or a stall that the merchant rented on the training's day"`
}

// Attendance is the attendance of a merchant at a training.
type Attendance struct {
	TrainingID   uuid.UUID `json:"training_id" format:"uuid"`
	MerchantID   uuid.UUID `json:"merchant_id" format:"uuid"`
	MerchantName string    `json:"merchant_name"`
	RecordedAt   time.Time `json:"recorded_at"`
}

func (a Attendance) Mark() web.Mark { return web.Mark{At: &a.RecordedAt, ID: a.MerchantID} }

var attendances = &record.Kind[AttendanceOrder, Attendance]{
	Name: "attendance", Path: "/api/v1/trainings/{id}/attendances",
	Subject: (*record.Facts).FindTraining, Read: roles.ReadFacts, Write: roles.RecordFacts, Repeat: true,
	Fields: []roster.Field{stallField},
	Row: func(c *roster.Cells) AttendanceOrder {
		return AttendanceOrder{StallRef: StallRef{StallNumber: c.Text("stall_number")}}
	},
	Check: func(_ *record.Subject, e *record.Entry[AttendanceOrder]) {
		switch {
		case e.Order.MerchantID == "":
			checkStall(&e.Faults, e.Order.StallRef)
		case !e.Order.empty():
			e.Fail(
				"merchant_id",
				"one_of",
				"Hãy ghi sạp hoặc tiểu thương, chỉ một trong hai.",
				"Give either a stall or a merchant.",
			)
		default:
			id, err := uuid.Parse(e.Order.MerchantID)
			if err != nil {
				failMerchant(&e.Faults)
			}
			e.Merchant = id
		}
	},
	Find: func(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[AttendanceOrder]) error {
		stalls := findTenancies(
			func(e *record.Entry[AttendanceOrder]) at { return at{e.Order.StallRef, record.DayOf(here.HeldOn)} },
			true,
		)
		if err := stalls(ctx, tx, here, entries); err != nil {
			return err
		}
		return findMerchants(ctx, tx, here, entries)
	},
	Store: storeAttendances,
	List: `SELECT v.training_id, v.merchant_id, m.full_name, v.recorded_at FROM attendances v
		JOIN merchants m ON m.id = v.merchant_id
		WHERE v.training_id = $1` + record.ByMoment("v.recorded_at", "v.merchant_id"),
}

func failMerchant(e *record.Faults) {
	e.Fail("merchant_id", "merchant_unknown", "Chợ này không có tiểu thương đó.", "The market has no such merchant.")
}

// findMerchants requires that the named merchants have, or have had, a stall of the market.
func findMerchants(
	ctx context.Context,
	tx pgx.Tx,
	here *record.Subject,
	entries []*record.Entry[AttendanceOrder],
) error {
	merchants := []uuid.UUID{}
	for _, e := range record.WithoutFaults(entries) {
		merchants = append(merchants, e.Merchant)
	}
	known, err := record.QueryIDs(ctx, tx, `SELECT DISTINCT merchant_id FROM tenancies WHERE market_id = $1
		AND merchant_id = ANY ($2)`, here.Market, merchants)
	if err != nil {
		return err
	}
	for _, e := range record.WithoutFaults(entries) {
		if e.ID = e.Merchant; !known[e.Merchant] {
			failMerchant(&e.Faults)
		}
	}
	return nil
}

// storeAttendances writes attendances, once for each merchant. A list may be imported again with
// additional people.
func storeAttendances(
	ctx context.Context,
	tx pgx.Tx,
	here *record.Subject,
	entries []*record.Entry[AttendanceOrder],
) error {
	merchants := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		merchants[i] = e.Merchant
	}
	given, err := json.Marshal(merchants)
	if err != nil {
		return err
	}
	made, err := record.QueryIDs(
		ctx,
		tx,
		`INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
		SELECT $2, m::uuid, $3, $4, $5 FROM json_array_elements_text($1::json) AS m ON CONFLICT DO NOTHING
		RETURNING merchant_id`,
		given,
		here.Training,
		here.Market,
		here.Who.ActorID,
		here.Now,
	)
	if err != nil {
		return err
	}
	named := map[uuid.UUID]bool{}
	for _, e := range entries {
		switch again := named[e.Merchant]; {
		case made[e.Merchant] && !again:
		case e.Line > 0 && !again:
			e.Unchanged = true
		default:
			field := "stall_number"
			if e.Order.MerchantID != "" {
				field = "merchant_id"
			}
			e.Conflict(field, "attended_already", "Tiểu thương này đã được ghi dự buổi này.",
				"This merchant is already recorded at this training.")
		}
		named[e.Merchant] = true
	}
	return nil
}
