package reports

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/reports/indicators"
)

//go:embed dormant.sql
var dormantSQL string

// DormantStall is a ready stall without a payment in 30 days. Its merchant agreed to be on this
// list.
type DormantStall struct {
	StallID       uuid.UUID  `json:"stall_id"`
	Number        string     `json:"number"`
	Zone          string     `json:"zone"`
	LastPayment   *string    `json:"last_payment_day" format:"date" doc:"null: never; amounts are not shown"`
	LastVisitAt   *time.Time `json:"last_visit_at"`
	LastVisit     *string    `json:"last_visit_outcome" enum:"helped,follow_up,refused,absent"`
	RefusalReason *string    `json:"refusal_reason" doc:"the merchant's latest reason for declining"`
}

// Dormant returns the dormant stalls of a market as of today, by number. Their merchants are in the
// numerator of I18 and consent to dormant_list. The market's managers and the team may read it.
func (r *Reports) Dormant(ctx context.Context, market string, page web.Page) (*web.List[DormantStall], error) {
	caller, err := roles.Require(ctx, roles.ReadDormant)
	if err != nil {
		return nil, err
	}
	m, err := r.findMarket(ctx, caller, market)
	if err != nil {
		return nil, err
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	text, err := dormantQuery()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, text, []uuid.UUID{m.ID}, r.today(), false, nil, after.Text, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("dormant stalls of market %s: %w", market, err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DormantStall])
	if err != nil {
		return nil, fmt.Errorf("dormant stalls of market %s: %w", market, err)
	}
	items, next := web.Cut(items, page, func(s DormantStall) web.Mark { return web.Mark{Text: s.Number} })
	return &web.List[DormantStall]{Items: items, Next: next}, nil
}

// dormantQuery returns the statement, which reads the same facts as I18.
func dormantQuery() (string, error) {
	var text strings.Builder
	head, err := indicators.Query("head")
	text.WriteString(head)
	for _, name := range []string{"ready", "activity", "covered"} {
		query, readErr := indicators.Query(name)
		if readErr != nil {
			err = readErr
		}
		text.WriteString(", " + name + " (fact, cell, merchants, level, n, known_at) AS (\n" + query + ")\n")
	}
	return text.String() + dormantSQL, err
}
