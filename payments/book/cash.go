package book

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/payments/money"
)

// maxText is the longest text of a cash line, in characters.
const maxText = 200

// Period is the days of a book, both ends included; embed it in a huma input.
type Period struct {
	From string `query:"from" doc:"the first day, YYYY-MM-DD; the default is the first of the last day's month"`
	To   string `query:"to" doc:"the last day, which is included; the default is today"`
}

// days returns the first and last day of a period, with defaults as of now. It refuses (422)
// malformed days, an end before the beginning, and more than five years.
func (p Period) days(now time.Time) (from, to string, err error) {
	from, to = p.From, p.To
	if to == "" {
		to = bizday.DayOf(now)
	}
	last, err := parseDay("to", to)
	if err != nil {
		return "", "", err
	}
	if from == "" {
		from = to[:len("2006-01-")] + "01"
	}
	first, err := parseDay("from", from)
	switch {
	case err != nil:
		return "", "", err
	case first.After(last):
		return "", "", problem.Of("from", "period_order", "Ngày đầu nằm sau ngày cuối.",
			"The first day is after the last.")
	case !first.AddDate(maxYears, 0, 0).After(last):
		return "", "", problem.Of("from", "period_long", fmt.Sprintf("Nhiều nhất %d năm.", maxYears),
			fmt.Sprintf("At most %d years.", maxYears))
	}
	return from, to, nil
}

func parseDay(field, day string) (time.Time, error) {
	at, err := bizday.Day(day)
	if err != nil || at.Year() < 2000 {
		return at, problem.Of(field, "day_form", "Cần ngày YYYY-MM-DD, từ năm 2000.",
			"Expected a day (YYYY-MM-DD) since the year 2000.")
	}
	return at, nil
}

// CashOrder is a request to enter revenue in cash.
type CashOrder struct {
	Day    string       `json:"day" example:"2026-11-22" doc:"today or before, within five years"`
	Text   string       `json:"text" minLength:"1" maxLength:"200" example:"Bán lẻ tiền mặt"`
	Amount money.Amount `json:"amount" pattern:"^[0-9]{1,13}(\\.00?)?$" patternDescription:"an amount of đồng" doc:"đồng, a decimal string" example:"45000"`
}

// normalize returns the order with its text in NFC, in one line with single spaces.
func (o CashOrder) normalize(now time.Time) (CashOrder, error) {
	at, err := parseDay("day", o.Day)
	if err != nil {
		return o, err
	}
	o.Text = norm.NFC.String(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, o.Text)), " "))
	switch {
	case o.Day > bizday.DayOf(now):
		err = problem.Of("day", "in_future", "Ngày ở tương lai.", "The day is in the future.")
	case !at.AddDate(maxYears, 0, 0).After(now):
		err = problem.Of("day", "too_old", "Chỉ ghi được trong 5 năm gần đây.",
			"Only the last five years can be entered.")
	case o.Text == "" || !utf8.ValidString(o.Text) || utf8.RuneCountInString(o.Text) > maxText:
		err = problem.Of("text", "text_form", "Diễn giải từ 1 đến 200 ký tự.",
			"Enter a text of 1 to 200 characters.")
	case o.Amount.Sign() <= 0:
		err = problem.Of("amount", "amount_range", "Số tiền lớn hơn 0.", "The amount must be above 0.")
	}
	return o, err
}

// AddCash enters revenue in cash into a merchant's book.
func (b *Books) AddCash(ctx context.Context, who roles.Principal, merchant uuid.UUID, o CashOrder) (*Entry, error) {
	o, err := o.normalize(b.now())
	if err != nil {
		return nil, err
	}
	yes := true
	e := &Entry{
		ID: uuid.Must(uuid.NewV7()), Kind: "cash", Day: o.Day, Text: o.Text, Amount: o.Amount,
		Currency: money.Currency, Turnover: &yes,
	}
	_, err = b.db.Pool.Exec(ctx, `INSERT INTO book_cash (id, merchant_id, day, text, amount, entered_by, entered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ID, merchant, e.Day, e.Text, e.Amount.Dong(), who.ActorID, b.now())
	if err != nil {
		return nil, fmt.Errorf("enter cash of merchant %s: %w", merchant, err)
	}
	return e, nil
}

// RemoveCash removes a cash line from a merchant's book. Its row stays in the database with the time
// of the removal.
func (b *Books) RemoveCash(ctx context.Context, merchant, id uuid.UUID) error {
	done, err := b.db.Pool.Exec(ctx, `UPDATE book_cash SET removed_at = $3 WHERE id = $1 AND merchant_id = $2
		AND removed_at IS NULL`, id, merchant, b.now())
	if err != nil {
		return fmt.Errorf("remove cash line %s: %w", id, err)
	}
	if done.RowsAffected() == 0 {
		return problem.Missing("cash line")
	}
	return nil
}

// Decision reports whether receipts are turnover.
type Decision struct {
	Payments []uuid.UUID
	Turnover bool
}

// Decide records a decision about receipts; a repeat changes nothing. It refuses all of them (404) if
// one is no payment to this merchant, or a reversal, which follows its receipt.
func (b *Books) Decide(ctx context.Context, who roles.Principal, merchant uuid.UUID, d Decision) error {
	payments := slices.Clone(d.Payments)
	slices.SortFunc(payments, func(a, c uuid.UUID) int { return strings.Compare(a.String(), c.String()) })
	payments = slices.Compact(payments)
	var own int
	err := b.db.Pool.QueryRow(ctx, `SELECT count(*) FROM payments p JOIN ledger_accounts l ON l.id = p.credit_account
		JOIN tenancies t ON t.id = l.tenancy_id
		WHERE p.id = ANY ($1) AND t.merchant_id = $2`, payments, merchant).Scan(&own)
	if err != nil {
		return fmt.Errorf("find receipts of merchant %s: %w", merchant, err)
	}
	if own != len(payments) {
		return problem.Missing("payment")
	}
	_, err = b.db.Pool.Exec(ctx, `INSERT INTO book_decisions AS d (payment_id, merchant_id, turnover, decided_by,
		decided_at)
		SELECT unnest($1::uuid[]), $2, $3, $4, $5
		ON CONFLICT (payment_id) DO UPDATE SET turnover = excluded.turnover, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at
		WHERE d.turnover <> excluded.turnover`, payments, merchant, d.Turnover, who.ActorID, b.now())
	if err != nil {
		return fmt.Errorf("decide %d receipts of merchant %s: %w", len(payments), merchant, err)
	}
	return nil
}
