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

func (t Training) mark() web.Mark { return dayMark(t.HeldOn, t.ID) }

var trainings = &kind[TrainingOrder, Training]{
	name: "training", vi: "Buổi tập huấn", path: "/api/v1/markets/{id}/trainings",
	place: (*Field).findMarket, read: roles.ReadFacts, write: roles.RecordFacts,
	fields: []roster.Field{
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
	row: func(c *roster.Cells) TrainingOrder {
		return TrainingOrder{HeldOn: c.Day("held_on"), Topic: c.Long("topic", maxTopic), Trainer: c.Long("trainer",
			maxTopic)}
	},
	check: func(here *factSubject, e *entry[TrainingOrder]) {
		e.readID(e.order.ID)
		e.day("held_on", e.order.HeldOn, here.now)
		if strings.TrimSpace(e.order.Topic) == "" {
			e.fail("topic", "required", "Thiếu nội dung tập huấn.", "The topic is missing.")
		}
		e.short("topic", e.order.Topic, maxTopic)
		e.short("trainer", e.order.Trainer, maxTopic)
	},
	store: storeIn(table{
		name: "trainings", columns: []string{"held_on date", "topic text", "trainer text"},
		conflict: idConflict,
	}, func(e *entry[TrainingOrder]) map[string]any {
		return map[string]any{"held_on": e.order.HeldOn, "topic": e.order.Topic, "trainer": e.order.Trainer}
	}),
	list: `SELECT v.id, v.market_id, to_char(v.held_on, 'YYYY-MM-DD'), v.topic, v.trainer, (SELECT count(*)
		FROM attendances a WHERE a.training_id = v.id), v.recorded_at
		FROM trainings v WHERE v.market_id = $1` + byDay("v.held_on"),
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

func (a Attendance) mark() web.Mark { return web.Mark{At: &a.RecordedAt, ID: a.MerchantID} }

var attendances = &kind[AttendanceOrder, Attendance]{
	name: "attendance", vi: "Người dự tập huấn", path: "/api/v1/trainings/{id}/attendances",
	place: (*Field).findTraining, read: roles.ReadFacts, write: roles.RecordFacts, repeat: true,
	fields: []roster.Field{stallField},
	row: func(c *roster.Cells) AttendanceOrder {
		return AttendanceOrder{StallRef: StallRef{StallNumber: c.Text("stall_number")}}
	},
	check: func(_ *factSubject, e *entry[AttendanceOrder]) {
		switch {
		case e.order.MerchantID == "":
			e.checkStall(e.order.StallRef)
		case !e.order.empty():
			e.fail(
				"merchant_id",
				"one_of",
				"Hãy ghi sạp hoặc tiểu thương, chỉ một trong hai.",
				"Give either a stall or a merchant.",
			)
		default:
			id, err := uuid.Parse(e.order.MerchantID)
			if err != nil {
				e.failMerchant()
			}
			e.merchant = id
		}
	},
	find: func(ctx context.Context, tx pgx.Tx, here *factSubject, entries []*entry[AttendanceOrder]) error {
		stalls := findTenancies(func(e *entry[AttendanceOrder]) at { return at{e.order.StallRef, dayOf(here.heldOn)} },
			true)
		if err := stalls(ctx, tx, here, entries); err != nil {
			return err
		}
		return findMerchants(ctx, tx, here, entries)
	},
	store: storeAttendances,
	list: `SELECT v.training_id, v.merchant_id, m.full_name, v.recorded_at FROM attendances v
		JOIN merchants m ON m.id = v.merchant_id
		WHERE v.training_id = $1` + byMoment("v.recorded_at", "v.merchant_id"),
}

func (e *entry[O]) failMerchant() {
	e.fail("merchant_id", "merchant_unknown", "Chợ này không có tiểu thương đó.", "The market has no such merchant.")
}

// findMerchants requires that the named merchants have, or have had, a stall of the market.
func findMerchants(ctx context.Context, tx pgx.Tx, here *factSubject, entries []*entry[AttendanceOrder]) error {
	merchants := []uuid.UUID{}
	for _, e := range withoutFaults(entries) {
		merchants = append(merchants, e.merchant)
	}
	known, err := queryIDs(ctx, tx, `SELECT DISTINCT merchant_id FROM tenancies WHERE market_id = $1
		AND merchant_id = ANY ($2)`, here.market, merchants)
	if err != nil {
		return err
	}
	for _, e := range withoutFaults(entries) {
		if e.id = e.merchant; !known[e.merchant] {
			e.failMerchant()
		}
	}
	return nil
}

// storeAttendances writes attendances, once for each merchant. A list may be imported again with
// additional people.
func storeAttendances(ctx context.Context, tx pgx.Tx, here *factSubject, entries []*entry[AttendanceOrder]) error {
	merchants := make([]uuid.UUID, len(entries))
	for i, e := range entries {
		merchants[i] = e.merchant
	}
	given, err := json.Marshal(merchants)
	if err != nil {
		return err
	}
	made, err := queryIDs(ctx, tx, `INSERT INTO attendances (training_id, merchant_id, market_id, actor_id, recorded_at)
		SELECT $2, m::uuid, $3, $4, $5 FROM json_array_elements_text($1::json) AS m ON CONFLICT DO NOTHING
		RETURNING merchant_id`,
		given, here.training, here.market, here.who.ActorID, here.now)
	if err != nil {
		return err
	}
	named := map[uuid.UUID]bool{}
	for _, e := range entries {
		switch again := named[e.merchant]; {
		case made[e.merchant] && !again:
		case e.line > 0 && !again:
			e.state = unchanged
		default:
			e.conflict = true
			field := "stall_number"
			if e.order.MerchantID != "" {
				field = "merchant_id"
			}
			e.fail(field, "attended_already", "Tiểu thương này đã được ghi dự buổi này.",
				"This merchant is already recorded at this training.")
		}
		named[e.merchant] = true
	}
	return nil
}
