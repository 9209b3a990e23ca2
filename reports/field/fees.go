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

// FeeOrder is a market's fees of a month, as its operator submits them.
type FeeOrder struct {
	Month          string `json:"month" example:"2026-10"`
	Due            string `json:"due" doc:"đồng" example:"125000000"`
	Paid           string `json:"paid" doc:"đồng, of what was due" example:"118000000"`
	PaidByTransfer string `json:"paid_by_transfer" doc:"đồng, of what was paid" example:"64000000"`
}

// Fee is the newest version of a month's fees.
type Fee struct {
	MarketID       uuid.UUID `json:"market_id" format:"uuid"`
	Month          string    `json:"month" example:"2026-10"`
	Version        int       `json:"version" doc:"1, and one more with each correction"`
	Due            *string   `json:"due" doc:"null in a hidden cell"`
	Paid           *string   `json:"paid"`
	PaidByTransfer *string   `json:"paid_by_transfer"`
	Currency       string    `json:"currency"`
	RecordedAt     time.Time `json:"recorded_at"`
	Suppressed     bool      `json:"suppressed" doc:"the amounts are hidden, as I11 and I12 of today are: they are about fewer than ten merchants, or would reveal such amounts"`
}

func (f Fee) Mark() web.Mark { return record.DayMark(f.Month+"-01", uuid.Nil) }

var fees = &record.Kind[FeeOrder, Fee]{
	Name: "fee", Path: "/api/v1/markets/{id}/fees",
	Subject: (*record.Facts).FindMarket, Read: roles.ReadFees, Write: roles.RecordFees, Repeat: true,
	Fields: []roster.Field{
		{Name: "month", Needed: true, Headings: []string{"Tháng", "Kỳ", "Month"}},
		{Name: "due", Needed: true, Headings: []string{"Phải thu", "Số phải thu", "Phí phải thu", "Due"}},
		{Name: "paid", Needed: true, Headings: []string{"Đã thu", "Số đã thu", "Thực thu", "Paid"}},
		{Name: "paid_by_transfer", Needed: true, Headings: []string{
			"Thu qua chuyển khoản", "Chuyển khoản",
			"Đã thu chuyển khoản", "Không dùng tiền mặt", "Paid by transfer",
		}},
	},
	Row: func(c *roster.Cells) FeeOrder {
		return FeeOrder{
			Month: c.Month("month"), Due: c.WholeNumber("due"), Paid: c.WholeNumber("paid"),
			PaidByTransfer: c.WholeNumber("paid_by_transfer"),
		}
	},
	Check: checkFee,
	Only: func(e *record.Entry[FeeOrder]) record.Selection {
		month := monthOf(e.Order.Month)
		return record.Selection{From: &month, To: &month}
	},
	Find: func(_ context.Context, _ pgx.Tx, _ *record.Subject, entries []*record.Entry[FeeOrder]) error {
		lines := map[string]int{}
		for _, e := range entries {
			if first := lines[e.Order.Month]; first > 0 {
				e.Fail("month", "month_repeated", fmt.Sprintf("Tháng này đã có ở dòng %d.", first),
					fmt.Sprintf("The month is already on line %d.", first))
				continue
			}
			lines[e.Order.Month] = e.Line
		}
		return nil
	},
	Store: storeFees,
	Hide:  hideFees,
	List: `SELECT DISTINCT ON (v.month) v.market_id, to_char(v.month, 'YYYY-MM'), v.version, v.due::text, v.paid::text,
		v.paid_by_transfer::text, 'VND', v.recorded_at, false
		FROM fee_summaries v WHERE v.market_id = $1 AND ($2::date IS NULL OR v.month >= date_trunc('month', $2))
		AND ($3::date IS NULL OR v.month <= $3)
		AND ($4::timestamptz IS NULL OR v.month < ($4 AT TIME ZONE 'UTC')::date) AND $5::uuid IS NOT NULL
		AND $7::uuid IS NULL ORDER BY v.month DESC, v.version DESC LIMIT $6`,
}

// hideFees hides the amounts that today's report does not publish.
func hideFees(ctx context.Context, f *record.Facts, here *record.Subject, list []Fee) error {
	hidden, err := f.HiddenSums(ctx, here, f.Today())
	if err != nil || !hidden.Fees {
		return err
	}
	for i := range list {
		list[i].Due, list[i].Paid, list[i].PaidByTransfer, list[i].Suppressed = nil, nil, nil, true
	}
	return nil
}

func monthOf(text string) time.Time {
	month, _ := time.Parse("2006-01", text)
	return month
}

func checkFee(here *record.Subject, e *record.Entry[FeeOrder]) {
	month, err := time.ParseInLocation("2006-01", e.Order.Month, bizday.Vietnam)
	switch {
	case e.Order.Month == "":
		e.Fail("month", "required", "Thiếu tháng.", "The month is missing.")
	case err != nil:
		e.Fail("month", "month_form", "Tháng có dạng 2026-10.", "Expected a month such as 2026-10.")
	case month.After(here.Now):
		e.Fail("month", "in_future", "Tháng nằm trong tương lai.", "The month is in the future.")
	case month.Before(record.Earliest):
		e.Fail("month", "too_old", "Tháng trước năm 2015: hãy xem lại.", "The month is before 2015: check it.")
	}
	due, paid, transferred := e.Dong("due", e.Order.Due), e.Dong("paid", e.Order.Paid), e.Dong("paid_by_transfer",
		e.Order.PaidByTransfer)
	if !e.Sound() {
		return
	}
	if paid.Cmp(due) > 0 {
		e.Fail(
			"paid",
			"more_than_due",
			"Số đã thu lớn hơn số phải thu.",
			"The amount paid is larger than the amount due.",
		)
	}
	if transferred.Cmp(paid) > 0 {
		e.Fail("paid_by_transfer", "more_than_paid", "Số thu qua chuyển khoản lớn hơn số đã thu.",
			"The amount paid by transfer is larger than the amount paid.")
	}
}

// storeFees writes a new version for each month with changed fees.
func storeFees(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[FeeOrder]) error {
	rows := make([]map[string]any, len(entries))
	for i, e := range entries {
		rows[i] = map[string]any{
			"month": e.Order.Month + "-01", "due": e.Order.Due, "paid": e.Order.Paid,
			"paid_by_transfer": e.Order.PaidByTransfer,
		}
	}
	given, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	// The lock makes writers of one market wait, because versions are numbered.
	if _, err := tx.Exec(ctx, `SELECT FROM markets WHERE id = $1 FOR NO KEY UPDATE`, here.Market); err != nil {
		return err
	}
	answered, err := tx.Query(ctx, `INSERT INTO fee_summaries (market_id, month, version, due, paid, paid_by_transfer,
		actor_id, recorded_at)
		SELECT $2, g.month, coalesce(v.version, 0) + 1, g.due, g.paid, g.paid_by_transfer, $3, $4
		FROM json_to_recordset($1::json) AS g (month date, due numeric, paid numeric, paid_by_transfer numeric)
		LEFT JOIN LATERAL (SELECT * FROM fee_summaries WHERE market_id = $2 AND month = g.month ORDER BY version DESC
		LIMIT 1) v ON true
		WHERE (v.due, v.paid, v.paid_by_transfer) IS DISTINCT FROM (g.due, g.paid, g.paid_by_transfer)
		RETURNING to_char(month, 'YYYY-MM')`, given, here.Market, here.Who.ActorID, here.Now)
	if err != nil {
		return err
	}
	made, err := pgx.CollectRows(answered, pgx.RowTo[string])
	if err != nil {
		return err
	}
	wrote := map[string]bool{}
	for _, month := range made {
		wrote[month] = true
	}
	for _, e := range entries {
		if !wrote[e.Order.Month] {
			e.Unchanged = true
		}
	}
	return nil
}
