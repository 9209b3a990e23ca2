package samples

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/roster"
	"market40/migrations/database"
	"market40/reports/field/record"
)

// CountRow is a row of a list of counts: the half-hour, and what was counted in it.
type CountRow struct {
	StartsAt string
	Stratum  string // needed if two plans drew the same half-hour
	CountOrder
}

// maxStratum is the longest name of a stratum in a list, in characters.
const maxStratum = 200

// CountLists imports counts as a list. A single count is recorded by the half-hour's id (putCount),
// with the same rules.
var CountLists = &record.Kind[CountRow, Slot]{
	Name: "sample slot", Path: "/api/v1/markets/{id}/sample-slots",
	Subject: (*record.Facts).FindMarket, Read: roles.ReadSamples, Write: roles.RecordFacts, Repeat: true,
	Fields: []roster.Field{
		{Name: "starts_at", Needed: true, Headings: []string{
			"Nửa giờ", "Bắt đầu", "Giờ bắt đầu", "Thời gian",
			"Ngày giờ", "Starts at",
		}},
		{Name: "stratum", Headings: []string{"Khung giờ", "Khung", "Stratum"}},
		{Name: "sales", Needed: true, Headings: []string{"Tổng lượt bán", "Lượt bán", "Số lượt bán", "Sales"}},
		{Name: "cashless_sales", Needed: true, Headings: []string{
			"Lượt không dùng tiền mặt", "Lượt chuyển khoản",
			"Cashless sales",
		}},
		{Name: "turnover", Headings: []string{"Tổng tiền", "Doanh thu", "Turnover"}},
		{Name: "cashless_turnover", Headings: []string{
			"Tiền không dùng tiền mặt", "Tiền chuyển khoản",
			"Cashless turnover",
		}},
	},
	Row: func(c *roster.Cells) CountRow {
		return CountRow{
			StartsAt: c.Moment("starts_at"), Stratum: c.Long("stratum", maxStratum),
			CountOrder: CountOrder{
				Sales: c.Count("sales"), CashlessSales: c.Count("cashless_sales"),
				Turnover: c.WholeNumber("turnover"), CashlessTurnover: c.WholeNumber("cashless_turnover"),
			},
		}
	},
	Check: func(here *record.Subject, e *record.Entry[CountRow]) {
		starts := e.Moment("starts_at", e.Order.StartsAt, here.Now)
		if starts.Add(slotLength).After(here.Now.Add(record.ClockRuns)) {
			e.Fail("starts_at", "slot_not_over", "Nửa giờ này chưa kết thúc.", "This half-hour has not ended yet.")
		}
		e.Order.check(&e.Faults)
	},
	Find:  findSlots,
	Store: storeCounts,
}

// findSlots finds the drawn half-hours that rows name. A list may name each half-hour once.
func findSlots(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[CountRow]) error {
	named := record.WithoutFaults(entries)
	given := make([]map[string]any, len(named))
	for i, e := range named {
		given[i] = map[string]any{"n": i, "starts_at": e.Order.StartsAt, "stratum": e.Order.Stratum}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT g.n, s.id FROM json_to_recordset($2::json) AS g (n int, starts_at timestamptz,
		stratum text)
		JOIN sample_slots s ON s.market_id = $1 AND s.starts_at = g.starts_at
		AND (g.stratum = '' OR lower(s.stratum) = lower(g.stratum))`, here.Market, raw)
	if err != nil {
		return err
	}
	drawn := make([]int, len(named))
	var n int
	var id uuid.UUID
	if _, err := pgx.ForEachRow(rows, []any{&n, &id}, func() error {
		named[n].ID = id
		drawn[n]++
		return nil
	}); err != nil {
		return err
	}
	listed := map[uuid.UUID]bool{}
	for i, e := range named {
		switch {
		case drawn[i] == 0:
			e.Fail("starts_at", "slot_unknown", "Không có nửa giờ nào được rút thăm bắt đầu lúc này.",
				"No drawn half-hour begins at this time.")
		case drawn[i] > 1:
			e.Fail("stratum", "slot_ambiguous",
				"Nửa giờ này được rút thăm hơn một lần: ghi rõ khung giờ, hoặc ghi trên màn hình.",
				"The half-hour was drawn more than once: give its part of the day, or record it on the screen.")
		case listed[e.ID]:
			e.Fail("starts_at", "slot_repeated", "Nửa giờ này đã có ở dòng trên.",
				"The half-hour is already in a row above.")
		}
		listed[e.ID] = true
	}
	return nil
}

// givenCounts makes rows of counts readable in SQL.
const givenCounts = `json_to_recordset($1::json) AS g (id uuid, sales int, cashless_sales int, turnover numeric, cashless_turnover numeric)`

// storeCounts writes counts once, as count does. Only the person who counted may correct them, on
// the day of counting.
func storeCounts(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[CountRow]) error {
	given := make([]map[string]any, len(entries))
	for i, e := range entries {
		given[i] = map[string]any{
			"id":             e.ID,
			"sales":          e.Order.Sales,
			"cashless_sales": e.Order.CashlessSales,
			"turnover": database.TextOrNull(
				e.Order.Turnover,
			),
			"cashless_turnover": database.TextOrNull(e.Order.CashlessTurnover),
		}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return err
	}
	written, err := record.QueryIDs(
		ctx,
		tx,
		`UPDATE sample_slots s SET sales = g.sales, cashless_sales = g.cashless_sales,
		turnover = g.turnover, cashless_turnover = g.cashless_turnover, actor_id = $2, counted_at = $3
		FROM `+givenCounts+` WHERE s.id = g.id AND (s.sales IS NULL OR s.actor_id = $2 AND s.counted_at >= $4)
		AND (s.sales, s.cashless_sales, s.turnover, s.cashless_turnover) IS DISTINCT
		FROM (g.sales, g.cashless_sales, g.turnover, g.cashless_turnover) RETURNING s.id`,
		raw,
		here.Who.ActorID,
		here.Now,
		bizday.StartOf(bizday.DateOf(here.Now)),
	)
	if err != nil {
		return err
	}
	alike, err := record.MapExisting(ctx, tx, `SELECT g.id, s.id FROM `+givenCounts+` JOIN sample_slots s ON s.id = g.id
		AND (s.sales, s.cashless_sales, s.turnover, s.cashless_turnover) IS NOT DISTINCT
		FROM (g.sales, g.cashless_sales, g.turnover, g.cashless_turnover)`, raw)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case written[e.ID]:
		case alike[e.ID] != uuid.Nil:
			e.Unchanged = true
		default:
			e.Conflict(
				"starts_at",
				"slot_counted",
				"Nửa giờ này đã có số đếm khác. Chỉ người đếm được sửa, và chỉ trong ngày đếm.",
				"This half-hour already has another count. Only the person who counted may correct it, on the day of counting.",
			)
		}
	}
	return nil
}
