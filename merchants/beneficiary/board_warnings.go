package beneficiary

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/alerts"
	"market40/merchants/platform/bizday"
	"market40/migrations/database"
)

// accountsOfAStall is how many accounts a stall may have before the board is alerted.
const accountsOfAStall = 5

// warnBoard alerts the board to what is unusual about a change that was just written.
func (cs *Changes) warnBoard(ctx context.Context, tx pgx.Tx, c *change) error {
	about := func(kind, key, detail string) alerts.Warning {
		return alerts.Warning{
			Kind: kind, Key: kind + ":" + key, Market: c.market, Stall: &c.stall, Change: &c.id,
			Detail: "Sạp " + c.stallNumber + ": " + detail,
		}
	}
	var warnings []alerts.Warning
	wish := ""
	if c.state == changePending {
		wish = "một chương trình đề nghị "
	}
	switch c.kind {
	case addition:
		warnings = append(
			warnings,
			about(alerts.AccountAdded, c.id.String(), wish+"thêm tài khoản nhận tiền "+c.bankName+
				" ••••"+c.last4+"."),
		)
	case newTenant:
		warnings = append(warnings, about(alerts.TenantChanged, c.id.String(), wish+
			"đổi người thuê, tiền chuyển sang tài khoản khác."))
	}
	var accounts int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM tenancy_accounts WHERE tenancy_id = $1 AND replaced_at IS NULL`,
		c.tenancy).Scan(&accounts)
	if err != nil {
		return fmt.Errorf("count accounts of tenancy %s: %w", c.tenancy, err)
	}
	if accounts > accountsOfAStall {
		warnings = append(
			warnings,
			about(alerts.ManyAccounts, c.tenancy.String(), fmt.Sprintf("nhận tiền vào %d tài khoản.",
				accounts)),
		)
	}
	ahead, err := cs.peakAhead(ctx, tx, c.market)
	if err != nil {
		return err
	}
	if ahead {
		warnings = append(warnings, about(alerts.BeforePeak, c.id.String(),
			"đổi tài khoản nhận tiền ngay trước giờ cao điểm."))
	}
	return alerts.Open(ctx, tx, cs.now(), warnings...)
}

const (
	peakSample = 50  // how many of the last payments of each stall are counted by hour
	peakEnough = 200 // the least number of payments that show a market's peak hours
)

// usualPeaks are the local hours in which markets are busy, for a market with too few payments: 5
// to 8, 16 to 18.
var usualPeaks = [24]bool{5: true, 6: true, 7: true, 16: true, 17: true}

// peakAhead reports whether a peak of the market begins at the next full local hour. A peak is an
// hour with at least twice its even share of the payments.
func (cs *Changes) peakAhead(ctx context.Context, q database.Querier, market uuid.UUID) (bool, error) {
	rows, err := q.Query(ctx, `SELECT extract(hour FROM p.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::int, count(*)
		FROM ledger_accounts l JOIN payments p ON p.credit_account = l.id AND p.credit_version > l.version - $2
		WHERE l.market_id = $1 AND l.kind = 'stall' AND p.reverses IS NULL GROUP BY 1`, market, peakSample)
	if err != nil {
		return false, fmt.Errorf("hours of market %s: %w", market, err)
	}
	var hours [24]int
	var hour, payments, all int
	_, err = pgx.ForEachRow(rows, []any{&hour, &payments}, func() error {
		hours[hour] = payments
		all += payments
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("hours of market %s: %w", market, err)
	}
	peaks := usualPeaks
	if all >= peakEnough {
		for h, n := range hours {
			peaks[h] = n*len(hours) >= 2*all
		}
	}
	now := cs.now().In(bizday.Vietnam).Hour()
	return !peaks[now] && peaks[(now+1)%24], nil
}
