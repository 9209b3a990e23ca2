package merchants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Kinds of alert.
const (
	manyAccounts    = "many_accounts"    // a stall receives on more than five accounts
	sharedAccount   = "shared_account"   // one account is wanted by three merchants or more
	beforePeak      = "before_peak"      // a change within the hour before the market's peak
	accountAdded    = "account_added"    // a further account, at once or proposed by a program
	tenantChanged   = "tenant_changed"   // another tenant and account, at once or proposed by a program
	stallRenamed    = "stall_renamed"    // a stall that has or had a code has another number
	merchantRenamed = "merchant_renamed" // a merchant who receives has another name
	swappedCode     = "swapped_code"     // what hangs at a stall pays somebody else, as a check or a shopper says
)

// accountsOfAStall is how many accounts a stall may have before the board is warned.
const accountsOfAStall = 5

// Alert is what a board should look at before money goes wrong.
type Alert struct {
	ID       uuid.UUID  `json:"id"`
	Kind     string     `json:"kind" enum:"many_accounts,shared_account,before_peak,account_added,tenant_changed,stall_renamed,merchant_renamed,swapped_code,number_twice"`
	State    string     `json:"state" enum:"open,closed"`
	MarketID uuid.UUID  `json:"market_id"`
	StallID  *uuid.UUID `json:"stall_id" doc:"null: not one stall, or one that was never registered"`
	ChangeID *uuid.UUID `json:"change_id" doc:"the change of an account that it is about"`
	Detail   string     `json:"detail" doc:"Vietnamese; accounts by their last digits"`
	OpenedAt time.Time  `json:"opened_at"`
	ClosedAt *time.Time `json:"closed_at"`
	ClosedBy *uuid.UUID `json:"closed_by"`
	Reason   string     `json:"reason" doc:"why it was closed"`
}

// warning is an alert to open.
type warning struct {
	kind, key     string
	market        uuid.UUID
	stall, change *uuid.UUID
	detail        string
}

// warn opens alerts; one that is open about the same thing stands for the new one too.
func (r *Registry) warn(ctx context.Context, tx pgx.Tx, warnings ...warning) error {
	if len(warnings) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, w := range warnings {
		batch.Queue(`INSERT INTO alerts (id, kind, key, state, market_id, stall_id, change_id, detail, opened_at)
			VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8) ON CONFLICT (key) WHERE state = 'open' DO NOTHING`,
			newID(), w.kind, w.key, w.market, w.stall, w.change, w.detail, r.now())
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("open alerts: %w", err)
	}
	return nil
}

// watch warns the board of what is odd about a change that was just written.
func (r *Registry) watch(ctx context.Context, tx pgx.Tx, c *change) error {
	about := func(kind, key, detail string) warning {
		return warning{
			kind: kind, key: kind + ":" + key, market: c.market, stall: &c.stall, change: &c.id,
			detail: "Sạp " + c.stallNumber + ": " + detail,
		}
	}
	var warnings []warning
	wish := ""
	if c.state == changePending {
		wish = "một chương trình đề nghị "
	}
	switch c.kind {
	case addition:
		warnings = append(warnings, about(accountAdded, c.id.String(), wish+"thêm tài khoản nhận tiền "+c.bankName+
			" ••••"+c.last4+"."))
	case newTenant:
		warnings = append(warnings, about(tenantChanged, c.id.String(), wish+
			"đổi người thuê, tiền chuyển sang tài khoản khác."))
	}
	var accounts int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM tenancy_accounts WHERE tenancy_id = $1 AND replaced_at IS NULL`,
		c.tenancy).Scan(&accounts)
	if err != nil {
		return fmt.Errorf("count accounts of tenancy %s: %w", c.tenancy, err)
	}
	if accounts > accountsOfAStall {
		warnings = append(warnings, about(manyAccounts, c.tenancy.String(), fmt.Sprintf("nhận tiền vào %d tài khoản.",
			accounts)))
	}
	ahead, err := r.peakAhead(ctx, tx, c.market)
	if err != nil {
		return err
	}
	if ahead {
		warnings = append(warnings, about(beforePeak, c.id.String(),
			"đổi tài khoản nhận tiền ngay trước giờ cao điểm."))
	}
	return r.warn(ctx, tx, warnings...)
}

const (
	peakSample = 50  // the last payments of each stall that tell a market's hours
	peakEnough = 200 // payments, fewer tell nothing
)

// usualPeaks are the local hours in which markets are full, where a market's own payments do not
// tell yet: 5 to 8, 16 to 18.
var usualPeaks = [24]bool{5: true, 6: true, 7: true, 16: true, 17: true}

// peakAhead says whether the next full local hour begins a peak of the market. A peak is each hour
// that holds twice its even share of the payments, of the last ones of each stall.
func (r *Registry) peakAhead(ctx context.Context, q querier, market uuid.UUID) (bool, error) {
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
	now := r.now().In(bizday.Vietnam).Hour()
	return !peaks[now] && peaks[(now+1)%24], nil
}

// listAlerts is a page of the alerts in the caller's scope, newest first.
func (r *Registry) listAlerts(ctx context.Context, who roles.Principal, state string,
	page web.Page,
) (*web.List[Alert], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT id, kind, state, market_id, stall_id, change_id, detail, opened_at,
		closed_at, closed_by, reason FROM alerts
		WHERE market_id IN (SELECT scope_markets($1, $2)) AND sees_stall($1, $2, stall_id) AND ($3 = '' OR state = $3)
		AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5)) ORDER BY opened_at DESC, id DESC LIMIT $6`,
		who.ScopeKind, who.ScopeID, state, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	alerts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Alert])
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	items, next := web.Cut(alerts, page, func(a Alert) web.Mark { return web.Mark{At: &a.OpenedAt, ID: a.ID} })
	return &web.List[Alert]{Items: items, Next: next}, nil
}

// closeAlert closes an open alert in the caller's scope; the same thing again opens another.
// Refused: a program (409), which may have caused what it would hide.
func (r *Registry) closeAlert(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) (*Alert, error) {
	var a Alert
	err := r.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var state string
		err := tx.QueryRow(ctx, `SELECT state FROM alerts WHERE id = $3 AND market_id IN (SELECT scope_markets($1, $2))
			AND sees_stall($1, $2, stall_id) FOR UPDATE`,
			who.ScopeKind, who.ScopeID, id).Scan(&state)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return problem.Missing("alert")
		case err != nil:
			return fmt.Errorf("find alert %s: %w", id, err)
		}
		if err := who.Allow(roles.CloseAlerts); err != nil {
			return err
		}
		if who.IsProgram() {
			return problem.New(problem.Conflict, "person_closes",
				"Chương trình không đóng được cảnh báo, cần người đăng nhập để đóng.",
				"A program cannot close an alert, a person who signs in can.")
		}
		if state != "open" {
			return problem.New(problem.Conflict, "alert_closed", "Cảnh báo đã đóng.", "The alert is closed.")
		}
		rows, err := tx.Query(ctx, `UPDATE alerts SET state = 'closed', closed_at = $2, closed_by = $3, reason = $4
			WHERE id = $1
			RETURNING id, kind, state, market_id, stall_id, change_id, detail, opened_at, closed_at, closed_by, reason`,
			id, r.now(), who.ActorID, oneLine(reason))
		if err != nil {
			return fmt.Errorf("close alert %s: %w", id, err)
		}
		a, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Alert])
		return err
	})
	return &a, err
}
