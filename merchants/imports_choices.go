package merchants

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// toConfirm are the warnings that a person must confirm before a list is written.
var toConfirm = []string{"zeros_lost"}

// fromTheBeginning is what the form's since says of stalls that merchants had before our records.
const fromTheBeginning = "before_records"

// importChoices are what the form says beside the file.
type importChoices struct {
	dryRun    bool
	confirmed map[string]bool // warnings that are taken
	since     string          // of rows without a date: a day, fromTheBeginning, or empty: by the market
	phones    phoneMeanings
}

// phoneMeanings are what known phones under other names mean, by the row: "12", or "Khu B!12" where
// several sheets are lists.
type phoneMeanings map[string]string

// of is what a row's phone means. A line without a sheet is that of any row on it: of a file with
// one list.
func (m phoneMeanings) of(row *importing) string {
	if meaning := m[fmt.Sprintf("%s!%d", row.Sheet, row.Line)]; meaning != "" || !row.alone {
		return meaning
	}
	return m[strconv.Itoa(row.Line)]
}

// readChoices reads the form's fields; the file was read before.
func readChoices(c *gin.Context, now time.Time) (importChoices, error) {
	choices := importChoices{confirmed: map[string]bool{}, phones: phoneMeanings{}}
	var err error
	if choices.dryRun, err = web.DryRun(c); err != nil {
		return choices, err
	}
	for _, code := range formList(c, "confirm") {
		if !slices.Contains(toConfirm, code) {
			return choices, problem.InFields(problem.UnknownValue("confirm", code, toConfirm...))
		}
		choices.confirmed[code] = true
	}
	choices.since = strings.TrimSpace(formValue(c, "since"))
	if choices.since != "" && choices.since != fromTheBeginning {
		if _, faults := sinceOf(choices.since, now); len(faults) > 0 {
			return choices, problem.InFields(faults...)
		}
	}
	for _, meaning := range []string{samePersonAs, anotherPerson} {
		for _, place := range formList(c, meaning) {
			sheet := strings.LastIndexByte(place, '!') + 1
			line, err := strconv.Atoi(place[sheet:])
			if err != nil || line < 1 {
				return choices, problem.Of(meaning, "line_form", "Cần số dòng trong tệp, cách nhau bằng dấu phẩy.",
					"Expected line numbers of the file, with commas between.")
			}
			choices.phones[place[:sheet]+strconv.Itoa(line)] = meaning
		}
	}
	return choices, nil
}

func formValue(c *gin.Context, name string) string {
	if value := c.PostForm(name); value != "" {
		return value
	}
	return c.Query(name)
}

// formList returns the values of a field that is given several times, or with commas. One that
// names a sheet stands alone: commas are its own.
func formList(c *gin.Context, name string) []string {
	var values []string
	for _, given := range append(c.PostFormArray(name), c.QueryArray(name)...) {
		if strings.Contains(given, "!") {
			values = append(values, given)
			continue
		}
		for value := range strings.SplitSeq(given, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// PastChange says how an import changes the denominators of months that have begun.
type PastChange struct {
	Months int `json:"months" doc:"past months, up to 36, whose denominator changes"`
	From   int `json:"from" doc:"merchants operating in the market as of the last of them, before the import"`
	To     int `json:"to" doc:"after it"`
}

// mostMonths is how many past months a preview looks at.
const mostMonths = 36

// hasPayments reports whether a market has payments: its register then has a past that reports have
// counted.
func hasPayments(ctx context.Context, q querier, market uuid.UUID) (lives bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancies t JOIN stall_days d ON d.tenancy_id = t.id
		WHERE t.market_id = $1)`, market).Scan(&lives)
	if err != nil {
		return false, fmt.Errorf("find payments of market %s: %w", market, err)
	}
	return lives, nil
}

// sinceOfRows returns from when rows without a date hold, and how it is told: the form's word, else
// in a market with payments the moment of import, told as its day. From the day's first moment on
// they would change a report of today, which others may have read.
func (c importChoices) sinceOfRows(lives bool, now time.Time) (from, told string) {
	switch {
	case c.since == fromTheBeginning:
		return "", ""
	case c.since == "" && lives:
		return now.Format(time.RFC3339Nano), bizday.DayOf(now)
	}
	return c.since, c.since
}

// pastChange counts the merchants operating at the beginning of each past month of a market that
// has payments, with and without a batch. Vendors without a fixed place are counted apart in
// reports, and not here.
func (b *batch) pastChange(ctx context.Context, tx pgx.Tx) (*PastChange, error) {
	rows, err := tx.Query(ctx, `SELECT d.at, array_agg(DISTINCT t.merchant_id) FILTER (WHERE t.merchant_id IS NOT NULL)
		FROM (SELECT date_trunc('month', $2::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh') - n * interval '1 month' AS
		month FROM generate_series(0, $3 - 1) n) m
		CROSS JOIN LATERAL (SELECT m.month AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at) d
		LEFT JOIN (tenancies t JOIN stalls s ON s.id = t.stall_id AND s.kind <> 'mobile'
		JOIN stall_states st ON st.stall_id = s.id AND st.state = 'operating')
			ON t.market_id = $1 AND t.valid @> d.at AND st.valid @> d.at
		WHERE d.at >= (SELECT min(f.day) FROM tenancies p JOIN stall_days f ON f.tenancy_id = p.id
		WHERE p.market_id = $1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' - interval '1 month'
		GROUP BY d.at ORDER BY d.at`, b.market, b.now, mostMonths)
	if err != nil {
		return nil, fmt.Errorf("count merchants of past months: %w", err)
	}
	change := &PastChange{}
	var at time.Time
	var counted []uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&at, &counted}, func() error {
		before := map[uuid.UUID]bool{}
		for _, id := range counted {
			before[id] = true
		}
		added := b.joinedBy(at, before)
		if added > 0 {
			change.Months++
			change.From, change.To = len(before), len(before)+added
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count merchants of past months: %w", err)
	}
	return change, nil
}

// joinedBy counts the batch's merchants who would have a stall at a time and are not counted yet.
func (b *batch) joinedBy(at time.Time, counted map[uuid.UUID]bool) int {
	joined := map[uuid.UUID]bool{}
	for _, e := range b.entries {
		if e.person != nil && len(e.faults) == 0 && e.order.Kind != "mobile" &&
			(e.since == nil || !e.since.After(at)) && !counted[e.merchant] {
			joined[e.merchant] = true
		}
	}
	return len(joined)
}
