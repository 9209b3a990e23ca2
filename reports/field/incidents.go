package field

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

// IncidentOrder is a confirmed incident that harmed people at a market, as a caller submits it.
type IncidentOrder struct {
	ID string `json:"id,omitempty" doc:"an id that the phone chooses, a UUID"`
	StallRef
	Kind        string `json:"kind" enum:"swapped_code,fake_transfer,wrong_account"`
	OccurredAt  string `json:"occurred_at" doc:"RFC 3339"`
	ClosedAt    string `json:"closed_at,omitempty" doc:"RFC 3339; absent: it is open"`
	ComplaintID string `json:"complaint_id,omitempty" doc:"the complaint that this incident confirms"`
	AlertID     string `json:"alert_id,omitempty" doc:"the alert that this incident confirms"`
	Note        string `json:"note,omitempty" doc:"at most 500 characters; no names"`
}

// Incident is a recorded incident as it is listed.
type Incident struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	MarketID    uuid.UUID  `json:"market_id" format:"uuid"`
	StallID     *uuid.UUID `json:"stall_id"`
	StallNumber *string    `json:"stall_number" doc:"null: no one stall"`
	Kind        string     `json:"kind" enum:"swapped_code,fake_transfer,wrong_account"`
	OccurredAt  time.Time  `json:"occurred_at"`
	ClosedAt    *time.Time `json:"closed_at" doc:"null: open"`
	ComplaintID *uuid.UUID `json:"complaint_id"`
	AlertID     *uuid.UUID `json:"alert_id"`
	Note        string     `json:"note"`
	RecordedAt  time.Time  `json:"recorded_at"`
}

func (i Incident) Mark() web.Mark { return web.Mark{At: &i.OccurredAt, ID: i.ID} }

var incidents = &record.Kind[IncidentOrder, Incident]{
	Name: "incident", Path: "/api/v1/markets/{id}/incidents",
	Subject: (*record.Facts).FindMarket, Read: roles.ReadFacts, Write: roles.RecordFacts,
	Fields: []roster.Field{
		{Name: "stall_number", Headings: stallField.Headings},
		{Name: "kind", Needed: true, Headings: []string{"Loại", "Loại sự cố", "Sự cố", "Kind"}},
		{Name: "occurred_at", Needed: true, Headings: []string{
			"Ngày", "Thời gian", "Xảy ra lúc", "Ngày xảy ra", "Date",
			"Occurred at",
		}},
		{Name: "closed_at", Headings: []string{"Đóng lúc", "Ngày đóng", "Xử lý xong", "Closed at"}},
		noteField,
	},
	Row: func(c *roster.Cells) IncidentOrder {
		return IncidentOrder{
			StallRef: StallRef{StallNumber: c.Text("stall_number")}, Kind: c.Word("kind", incidentKindWords),
			OccurredAt: c.Moment("occurred_at"), ClosedAt: c.Moment("closed_at"),
			Note: c.Long("note", record.MaxNote),
		}
	},
	Check: func(here *record.Subject, e *record.Entry[IncidentOrder]) {
		e.ReadID(e.Order.ID)
		if !e.Order.empty() {
			checkStall(&e.Faults, e.Order.StallRef)
		}
		e.Word("kind", e.Order.Kind)
		occurred := e.Moment("occurred_at", e.Order.OccurredAt, here.Now)
		if e.Order.ClosedAt != "" && e.Moment("closed_at", e.Order.ClosedAt, here.Now).Before(occurred) {
			e.Fail(
				"closed_at",
				"closed_before",
				"Thời điểm đóng phải sau thời điểm xảy ra.",
				"The incident cannot be closed before it occurred.",
			)
		}
		e.Short("note", e.Order.Note, record.MaxNote)
	},
	Find: func(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[IncidentOrder]) error {
		stalls := findTenancies(func(e *record.Entry[IncidentOrder]) at {
			return at{
				e.Order.StallRef,
				record.MomentOf(e.Order.OccurredAt),
			}
		}, false)
		if err := stalls(ctx, tx, here, entries); err != nil {
			return err
		}
		return findOrigins(ctx, tx, here, entries)
	},
	Store: record.StoreIn(record.Table{
		Name: "incidents",
		Columns: []string{
			"stall_id uuid", "kind text", "occurred_at timestamptz", "closed_at timestamptz",
			"complaint_id uuid", "alert_id uuid", "note text",
		},
		Conflict: problem.Field{
			Name: "id", Code: "told_already", Vi: "Sự cố này đã được ghi.",
			En: "This incident is already recorded.",
		},
	}, func(e *record.Entry[IncidentOrder]) map[string]any {
		row := map[string]any{"kind": e.Order.Kind, "occurred_at": e.Order.OccurredAt, "note": e.Order.Note}
		if e.Stall != uuid.Nil {
			row["stall_id"] = e.Stall
		}
		for column, text := range map[string]string{
			"closed_at": e.Order.ClosedAt, "complaint_id": e.Order.ComplaintID,
			"alert_id": e.Order.AlertID,
		} {
			if text != "" {
				row[column] = text
			}
		}
		return row
	}),
	List: `SELECT v.id, v.market_id, v.stall_id, s.number, v.kind, v.occurred_at, v.closed_at, v.complaint_id,
		v.alert_id, v.note, v.recorded_at
		FROM incidents v LEFT JOIN stalls s ON s.id = v.stall_id WHERE v.market_id = $1` + record.ByMoment("v.occurred_at",
		"v.id"),
}

// findOrigins checks that the complaints and alerts that incidents name belong to the market.
func findOrigins(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[IncidentOrder]) error {
	for _, origin := range []struct {
		field, sql string
		of         func(*IncidentOrder) string
	}{
		{"complaint_id", `SELECT id FROM complaints`, func(o *IncidentOrder) string { return o.ComplaintID }},
		{"alert_id", `SELECT id FROM alerts`, func(o *IncidentOrder) string { return o.AlertID }},
	} {
		named := []string{}
		for _, e := range entries {
			if id := origin.of(&e.Order); id != "" {
				named = append(named, id)
			}
		}
		if len(named) == 0 {
			continue
		}
		given, err := json.Marshal(named)
		if err != nil {
			return err
		}
		known, err := record.QueryIDs(ctx, tx, origin.sql+` WHERE market_id = $1 AND id::text IN (SELECT lower(n)
			FROM json_array_elements_text($2::json) AS n)`, here.Market, given)
		if err != nil {
			return fmt.Errorf("find %s: %w", origin.field, err)
		}
		for _, e := range entries {
			id := origin.of(&e.Order)
			if named, err := uuid.Parse(id); id != "" && (err != nil || !known[named]) {
				e.Fail(origin.field, "unknown", "Chợ này không có mục đó.", "The market has no such item.")
			}
		}
	}
	return nil
}

// closeIncident closes an incident. A closed incident cannot be changed (409).
func (f *Field) closeIncident(ctx context.Context, in *struct {
	web.Named
	Body struct {
		ClosedAt string `json:"closed_at,omitempty" doc:"RFC 3339; absent: now"`
	}
},
) (*web.Body[*Incident], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	here := &record.Subject{Who: who, Now: f.now()}
	id, err := in.UUID("incident")
	if err != nil {
		return nil, err
	}
	var occurred time.Time
	err = f.db.Pool.QueryRow(ctx, `SELECT market_id, occurred_at FROM incidents WHERE id = $1
		AND market_id IN (SELECT scope_markets($2, $3))`, id, who.ScopeKind, who.ScopeID).
		Scan(&here.Market, &occurred)
	if err := record.MissingRow(err, "incident"); err != nil {
		return nil, err
	}
	if err := record.RequireAction(who, roles.RecordFacts); err != nil {
		return nil, err
	}
	closed, e := here.Now, &record.Faults{}
	if in.Body.ClosedAt != "" {
		closed = e.Moment("closed_at", in.Body.ClosedAt, here.Now)
	}
	if closed.Before(occurred) {
		e.Fail(
			"closed_at",
			"closed_before",
			"Thời điểm đóng phải sau thời điểm xảy ra.",
			"The incident cannot be closed before it occurred.",
		)
	}
	if err := e.Refusal(); err != nil {
		return nil, err
	}
	tag, err := f.db.Pool.Exec(ctx, `UPDATE incidents SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL`, id,
		closed)
	if err != nil {
		return nil, fmt.Errorf("close incident %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return nil, problem.New(problem.Conflict, "closed", "Sự cố này đã đóng.", "This incident is closed.")
	}
	incident, err := incidents.ReadOne(ctx, f.facts, here, record.Selection{One: &id})
	if err == nil && incident == nil {
		err = problem.Missing("incident")
	}
	return web.Answer(incident, err)
}
