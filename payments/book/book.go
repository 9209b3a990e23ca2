// Package book is the revenue book of a household business, form S1a-HKD: receipts that its owner
// marks as turnover, and cash. Only the owner opens it. It is a package of its own because it draws
// documents, which the intake of notices must not depend on.
package book

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/money"
)

//go:embed entries.sql
var entriesSQL string

// maxYears is the longest period of one book.
const maxYears = 5

// Books are the revenue books of all merchants.
type Books struct {
	db   *database.DB
	keys *seal.Keys
	now  func() time.Time
}

// New returns the books of a database.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Books { return &Books{db, keys, now} }

// Entry is a line of the book, or a receipt that its owner may enter.
type Entry struct {
	ID          uuid.UUID    `json:"id" doc:"the id of the payment, or of the cash line"`
	Kind        string       `json:"kind" enum:"receipt,cash"`
	Day         string       `json:"day" doc:"the business day, YYYY-MM-DD in Asia/Ho_Chi_Minh"`
	Text        string       `json:"text"`
	Amount      money.Amount `json:"amount" doc:"đồng; negative: a reversal, which follows the decision about its receipt"`
	Currency    string       `json:"currency"`
	Turnover    *bool        `json:"turnover" doc:"true: in the book; false: no turnover; null: not decided"`
	StallNumber *string      `json:"stall_number" doc:"null: cash"`

	at time.Time
}

// Undecided are the receipts that the owner has not decided about.
type Undecided struct {
	Count  int          `json:"count" doc:"receipts without a reversal"`
	Amount money.Amount `json:"amount" doc:"đồng"`
}

// Book is a merchant's revenue book of a period.
type Book struct {
	Household string       `json:"household" doc:"the registered household business, else the merchant's name"`
	Address   string       `json:"address" doc:"market and locality of its stalls: no other address is stored"`
	TaxCode   string       `json:"tax_code" doc:"the full code; empty: none is registered"`
	Place     string       `json:"place" doc:"the stalls of the merchant"`
	From      string       `json:"from" doc:"the first day"`
	To        string       `json:"to" doc:"the last day, which is included"`
	Entries   []Entry      `json:"entries" doc:"oldest first"`
	Total     money.Amount `json:"total" doc:"đồng: the turnover of the whole period, whatever the page"`
	Undecided Undecided    `json:"undecided" doc:"undecided receipts of the whole period"`
	Threshold *Threshold   `json:"threshold" doc:"only for the owner; null: no threshold is known for that year"`
	Next      *string      `json:"next" doc:"cursor of the next page of entries, null at the end"`
}

// requireOwner returns the caller's merchant. It refuses (403) a caller without one.
func requireOwner(ctx context.Context) (roles.Principal, uuid.UUID, error) {
	who, err := roles.Require(ctx, roles.KeepBook)
	if err == nil && who.MerchantID == nil {
		err = problem.New(problem.Forbidden, "not_allowed", "Sổ doanh thu chỉ dành cho chủ hộ kinh doanh.",
			"Only the owner may open the revenue book.")
	}
	if err != nil {
		return who, uuid.Nil, err
	}
	return who, *who.MerchantID, nil
}

// Page is a page of a book's entries; embed it in a huma input.
type Page struct {
	Undecided bool `query:"undecided" doc:"true: only receipts that wait for the owner's decision"`
	web.Page
}

// Read returns a merchant's book of a period: a page of its entries, or with nil all entries of the
// form.
func (b *Books) Read(ctx context.Context, merchant uuid.UUID, period Period, page *Page) (*Book, error) {
	from, to, err := period.days(b.now())
	if err != nil {
		return nil, err
	}
	book := &Book{From: from, To: to}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, b.db.Pool, snapshot, func(tx pgx.Tx) error {
		if err := b.readHead(ctx, tx, merchant, book); err != nil {
			return err
		}
		if err := readEntries(ctx, tx, merchant, book, page); err != nil {
			return err
		}
		sums, err := readSums(ctx, tx, merchant, span{from, to})
		if err != nil {
			return err
		}
		book.Total, book.Undecided = sums.total, sums.Undecided
		book.Threshold, err = b.readThreshold(ctx, tx, merchant, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	return book, nil
}

// readHead reads the owner. No address of merchants is stored: their present or last stalls are used
// instead.
func (b *Books) readHead(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, book *Book) error {
	var sealed []byte
	err := tx.QueryRow(ctx, `SELECT coalesce(nullif(o.household_name, ''), o.full_name), o.tax_code, coalesce(w.address,
		''), coalesce(w.place, '')
		FROM merchants o LEFT JOIN LATERAL (
			SELECT string_agg(DISTINCT m.name || coalesce(', ' || v.name, ''), '; ') AS address,
			string_agg(DISTINCT 'Sạp ' || s.number || ', ' || m.name, '; ') AS place
			FROM tenancies t JOIN stalls s ON s.id = t.stall_id JOIN markets m ON m.id = t.market_id
			LEFT JOIN market_places mp ON mp.market_id = m.id AND mp.valid @> $2::date
			LEFT JOIN locality_versions v ON v.locality_id = mp.locality_id AND v.valid @> $2::date
			WHERE t.merchant_id = o.id AND upper(t.valid) IS NOT DISTINCT FROM
				(SELECT upper(l.valid) FROM tenancies l WHERE l.merchant_id = o.id ORDER BY upper(l.valid) DESC NULLS
				FIRST LIMIT 1)) w ON true
		WHERE o.id = $1`, merchant, bizday.DayOf(b.now())).Scan(&book.Household, &sealed, &book.Address,
		&book.Place)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing("merchant")
	}
	if err == nil && len(sealed) > 0 {
		var plain []byte
		plain, err = b.keys.Open(ctx, seal.Place{Table: "merchants", Column: "tax_code", ID: merchant}, sealed)
		book.TaxCode = string(plain)
	}
	if err != nil {
		return fmt.Errorf("read the head of the book of merchant %s: %w", merchant, err)
	}
	return nil
}

// readEntries reads a page of the entries and receipts, or with nil all entries.
func readEntries(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, book *Book, page *Page) error {
	var after web.Mark
	var limit *int
	undecided := false
	if page != nil {
		var err error
		if after, err = page.Mark(); err != nil {
			return err
		}
		more := page.Size() + 1
		limit, undecided = &more, page.Undecided
	}
	rows, err := tx.Query(ctx, `SELECT id, kind, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date::text, text, amount::text,
		'VND', turnover, number, at FROM (`+entriesSQL+`) e
		WHERE ($4::timestamptz IS NULL OR (at, id) > ($4, $5)) AND ($6::int IS NOT NULL OR turnover)
		AND (NOT $7 OR turnover IS NULL AND NOT reversed)
		ORDER BY at, id LIMIT $6`, merchant, book.From, book.To, after.At, after.ID, limit, undecided)
	if err != nil {
		return fmt.Errorf("read the book of merchant %s: %w", merchant, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		err = row.Scan(&e.ID, &e.Kind, &e.Day, &e.Text, &e.Amount, &e.Currency, &e.Turnover, &e.StallNumber, &e.at)
		return e, err
	})
	if err != nil {
		return fmt.Errorf("read the book of merchant %s: %w", merchant, err)
	}
	if book.Entries = all; page != nil {
		book.Entries, book.Next = web.Cut(all, page.Page, func(e Entry) web.Mark {
			return web.Mark{
				At: &e.at,
				ID: e.ID,
			}
		})
	}
	return nil
}

// sums are the totals of a period.
type sums struct {
	total money.Amount
	Undecided
}

// span is a first and a last day.
type span struct{ from, to string }

func readSums(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, days span) (s sums, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(amount) FILTER (WHERE turnover), 0)::text,
		count(*) FILTER (WHERE turnover IS NULL AND NOT reversed),
			coalesce(sum(amount) FILTER (WHERE turnover IS NULL), 0)::text FROM (`+entriesSQL+`) e`, merchant, days.from,
		days.to).
		Scan(&s.total, &s.Count, &s.Amount)
	if err != nil {
		return s, fmt.Errorf("sum the book of merchant %s: %w", merchant, err)
	}
	return s, nil
}
