package book

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"market40/merchants/platform/bizday"
	"market40/payments/money"
)

// Threshold compares a calendar year's turnover with the legal threshold (legal_parameters,
// turnover_threshold).
type Threshold struct {
	Year     string       `json:"year" doc:"the calendar year of the period's last day"`
	Amount   money.Amount `json:"amount" doc:"đồng: the threshold as known today"`
	Total    money.Amount `json:"total" doc:"đồng: the turnover in the book from 1 January until 31 December"`
	Share    string       `json:"share" doc:"total divided by amount, four decimals, rounded down" example:"0.7312"`
	Level    string       `json:"level" enum:"none,70,90,100" doc:"the highest of 70, 90 and 100 % that is reached"`
	LegalRef string       `json:"legal_ref" doc:"the legal source of the threshold"`
}

// readThreshold compares the turnover of a day's year; nil: no threshold is known for it.
func (b *Books) readThreshold(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, day string) (*Threshold, error) {
	t := Threshold{Year: day[:4]}
	err := tx.QueryRow(ctx, `SELECT value::text, source FROM legal_parameters WHERE name = 'turnover_threshold'
		AND valid @> $1::date AND known @> $2::date`,
		day, b.now().In(bizday.Vietnam)).Scan(&t.Amount, &t.LegalRef)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // no threshold is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read the turnover threshold of %s: %w", t.Year, err)
	}
	year, err := readSums(ctx, tx, merchant, span{t.Year + "-01-01", t.Year + "-12-31"})
	if err != nil {
		return nil, err
	}
	t.compare(year.total)
	return &t, nil
}

// compare sets the total, the share and the level.
func (t *Threshold) compare(total money.Amount) {
	t.Total, t.Level = total, "none"
	turnover, limit := decimal.NewFromInt(total.Dong()), decimal.NewFromInt(t.Amount.Dong())
	share := decimal.Zero
	if limit.IsPositive() {
		share = turnover.DivRound(limit, 8).RoundFloor(4)
	}
	t.Share = share.StringFixed(4)
	for _, level := range []int64{70, 90, 100} {
		if turnover.Mul(decimal.NewFromInt(100)).GreaterThanOrEqual(limit.Mul(decimal.NewFromInt(level))) {
			t.Level = fmt.Sprint(level)
		}
	}
}
