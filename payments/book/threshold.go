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

// Threshold is how near a calendar year's turnover is to what the law names (legal_parameters,
// turnover_threshold).
type Threshold struct {
	Year     string       `json:"year" doc:"the calendar year of the period's last day"`
	Amount   money.Amount `json:"amount" doc:"đồng: the threshold as it is known today"`
	Total    money.Amount `json:"total" doc:"đồng: the turnover in the book from 1 January until 31 December"`
	Share    string       `json:"share" doc:"total by amount, four decimals, rounded down" example:"0.7312"`
	Level    string       `json:"level" enum:"none,70,90,100" doc:"the last of 70, 90 and 100 % that is reached"`
	LegalRef string       `json:"legal_ref" doc:"where the threshold is written"`
}

// threshold gauges the year of a day; nil: no threshold is known for it.
func (b *Books) threshold(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, day string) (*Threshold, error) {
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
	year, err := sumsOf(ctx, tx, merchant, t.Year+"-01-01", t.Year+"-12-31")
	if err != nil {
		return nil, err
	}
	t.gauge(year.total)
	return &t, nil
}

func (t *Threshold) gauge(total money.Amount) {
	t.Total, t.Level = total, "none"
	of, all := decimal.NewFromInt(total.Dong()), decimal.NewFromInt(t.Amount.Dong())
	share := decimal.Zero
	if all.IsPositive() {
		share = of.DivRound(all, 8).RoundFloor(4)
	}
	t.Share = share.StringFixed(4)
	for _, level := range []int64{70, 90, 100} {
		if of.Mul(decimal.NewFromInt(100)).GreaterThanOrEqual(all.Mul(decimal.NewFromInt(level))) {
			t.Level = fmt.Sprint(level)
		}
	}
}
