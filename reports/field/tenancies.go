package field

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/roster"
	"market40/reports/field/record"
)

//go:embed tenancies.sql
var tenanciesSQL string

// StallRef names a stall of the market by its id or by its number.
type StallRef struct {
	StallID     string `json:"stall_id,omitempty" doc:"this or stall_number"`
	StallNumber string `json:"stall_number,omitempty" maxLength:"100" example:"A-12"`
}

func (r StallRef) empty() bool { return r.StallID == "" && r.StallNumber == "" }

// stallField is the column in which a list names a stall.
var stallField = roster.Field{Name: "stall_number", Needed: true, Headings: []string{
	"Số sạp", "Sạp số", "Sạp", "Số quầy", "Quầy", "Quầy số", "Mã sạp", "Số ki-ốt", "Ki-ốt", "Điểm kinh doanh",
	"Số điểm kinh doanh", "Stall", "Stall no",
}}

// at is the stall and the time of an entry.
type at struct {
	StallRef
	when time.Time
}

// checkStall requires the name of a stall.
func checkStall(e *record.Faults, r StallRef) {
	switch {
	case r.empty():
		e.Fail("stall_number", "required", "Thiếu số sạp.", "The stall is missing.")
	case r.StallID != "" && r.StallNumber != "":
		e.Fail("stall_number", "one_of", "Hãy ghi stall_id hoặc stall_number, chỉ một trong hai.",
			"Give either stall_id or stall_number.")
	case r.StallID != "":
		if _, err := uuid.Parse(r.StallID); err != nil {
			failStall(e)
		}
	}
}

func failStall(e *record.Faults) {
	e.Fail("stall_number", "stall_unknown", "Chợ này không có sạp đó.", "The market has no such stall.")
}

// findTenancies finds the stalls that sound entries name, and the tenants at the time. If withTenant is
// false, a stall without a tenant is accepted.
func findTenancies[O any](
	of func(*record.Entry[O]) at,
	withTenant bool,
) func(context.Context, pgx.Tx, *record.Subject, []*record.Entry[O]) error {
	return func(ctx context.Context, tx pgx.Tx, here *record.Subject, entries []*record.Entry[O]) error {
		type row struct {
			Place   int     `json:"place"`
			StallID *string `json:"stall_id"`
			Number  string  `json:"number"`
			At      string  `json:"at"`
		}
		var named []*record.Entry[O]
		rows := []row{}
		for _, e := range entries {
			about := of(e)
			if !e.Sound() || about.empty() {
				continue
			}
			r := row{Place: len(named), Number: about.StallNumber, At: about.when.Format(time.RFC3339Nano)}
			if about.StallID != "" {
				r.StallID = &about.StallID
			}
			rows, named = append(rows, r), append(named, e)
		}
		given, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		answered, err := tx.Query(ctx, tenanciesSQL, given, here.Market)
		if err != nil {
			return fmt.Errorf("find tenancies: %w", err)
		}
		var n int
		var stall, tenancy, merchant *uuid.UUID
		_, err = pgx.ForEachRow(answered, []any{&n, &stall, &tenancy, &merchant}, func() error {
			e := named[n]
			switch {
			case stall == nil:
				failStall(&e.Faults)
				return nil
			case tenancy != nil:
				e.Tenancy, e.Merchant = *tenancy, *merchant
			case withTenant:
				day := bizday.ShowDay(of(e).when)
				e.Fail("stall_number", "stall_vacant", "Ngày "+day+" sạp này không có ai thuê.",
					"No merchant had this stall on "+day+".")
			}
			e.Stall = *stall
			return nil
		})
		if err != nil {
			return fmt.Errorf("find tenancies: %w", err)
		}
		return nil
	}
}
