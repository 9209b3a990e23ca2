package reports

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"market40/merchants/auth"
)

// definition is the version of what I01, I03 and I05 mean, told in README.md. A changed meaning is a new version.
const definition = 1

var (
	//go:embed units.sql
	unitsSQL string
	//go:embed adoption.sql
	adoptionSQL string
)

// Adoption is the adoption report of one basis and day.
type Adoption struct {
	Basis    string  `json:"basis" example:"districts_2024"`
	AsOf     string  `json:"as_of" format:"date" doc:"the state is that of 00:00 Asia/Ho_Chi_Minh of this day, windows are the 30 days before it"`
	Campaign *string `json:"campaign" doc:"null: all markets"`
	Rows     []Row   `json:"rows" nullable:"false" doc:"one per unit, by code"`
	Total    Figures `json:"total" doc:"of all rows; a merchant of several units counts once"`
}

// Row is one unit of the basis.
type Row struct {
	Locality   Locality `json:"locality"`
	Markets    []Market `json:"markets" nullable:"false" doc:"the markets that are counted, by code"`
	Indicators Figures  `json:"indicators"`
}

// Locality is an administrative unit as it was called on the day of the basis.
type Locality struct {
	ID    uuid.UUID `json:"id" format:"uuid"`
	Level string    `json:"level" enum:"province,district,commune"`
	Code  string    `json:"code" doc:"official, reused over time: never a key" example:"568"`
	Name  string    `json:"name"`
}

// Market is a market of a row.
type Market struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Code string    `json:"code"`
	Name string    `json:"name"`
	Demo bool      `json:"demo" doc:"invented: show it as dữ liệu minh họa"`
}

// Figures are those of one group of markets, by the indicator's code (I01 … I24).
type Figures map[string]Figure

// Figure is one value of an indicator with what it is made of. A rate counts merchants; what else an indicator counts
// stands in its definition.
type Figure struct {
	Numerator   *Quantity         `json:"numerator" doc:"null in a hidden cell, and where nothing is known"`
	Denominator *Quantity         `json:"denominator" doc:"mostly the merchants operating a stall (Mop)"`
	Value       *string           `json:"value" doc:"4 decimals, half up, for most numerator / denominator; null in a hidden cell and where the denominator is 0 or unknown" example:"0.5833"`
	Evidence    *Evidence         `json:"evidence"`
	Suppressed  bool              `json:"suppressed" doc:"hidden, because it or a figure beside it would tell of fewer than five merchants"`
	Definition  int               `json:"definition" doc:"version of the definition"`
	Interval    *Interval         `json:"interval,omitempty" doc:"of a sampled or declared share: where the true one lies with 95 %"`
	Coverage    *Share            `json:"coverage,omitempty" doc:"beside figures of activity: merchants whose notices reach us, of all; who is not covered is not observed, never inactive"`
	FreshAt     *time.Time        `json:"fresh_at,omitempty" doc:"when the newest fact that was counted became known"`
	Parts       map[string]Figure `json:"parts,omitempty" doc:"further values of the same indicator, named in its definition"`
}

// Quantity is a count, a whole number in JSON, or an amount in đồng, a decimal string.
type Quantity struct {
	decimal.Decimal

	Money bool
}

// Count is a quantity of things.
func Count(n int) *Quantity { return &Quantity{Decimal: decimal.NewFromInt(int64(n))} }

// MarshalJSON writes a count as a number and money as a string.
func (q Quantity) MarshalJSON() ([]byte, error) {
	if q.Money {
		return []byte(`"` + q.String() + `"`), nil
	}
	return []byte(q.String()), nil
}

// UnmarshalJSON reads either.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	q.Money = len(b) > 0 && b[0] == '"'
	return q.Decimal.UnmarshalJSON(b)
}

// Schema tells OpenAPI that it is a whole number, a decimal string, or null.
func (Quantity) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString, Pattern: `^-?[0-9]+$`, Description: "đồng"}, {Type: "null"}},
	}
}

// Interval is a confidence interval of 95 %, as values with 4 decimals.
type Interval struct {
	Low  string `json:"low" example:"0.3120"`
	High string `json:"high" example:"0.4415"`
}

// Share is a part of a whole that is shown beside a figure.
type Share struct {
	Numerator   *int    `json:"numerator" doc:"null in a hidden cell"`
	Denominator int     `json:"denominator"`
	Value       *string `json:"value" doc:"4 decimals; null in a hidden cell and of nothing"`
}

// Evidence is how many merchants of a numerator are counted on what; each on its best. Their sum is the numerator.
type Evidence struct {
	A int `json:"A"` // a bank's notice or statement
	B int `json:"B"` // the owner's word
	C int `json:"C"` // declared
	D int `json:"D"` // seen in the field
}

// Schema tells OpenAPI that the evidence may be null, which huma has no tag for.
func (Evidence) Schema(huma.Registry) *huma.Schema {
	count := &huma.Schema{Type: huma.TypeInteger}
	return &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Required: []string{"A", "B", "C", "D"}, AdditionalProperties: false,
		Description: "merchants by best evidence: A bank notice or statement, B owner, C declared, D seen in the field; " +
			"null in a hidden cell, and alone where one of the four would tell of fewer than five merchants",
		Properties: map[string]*huma.Schema{"A": count, "B": count, "C": count, "D": count},
	}
}

func (e Evidence) sum() int { return e.A + e.B + e.C + e.D }

// tally is what was counted in one group of markets.
type tally struct {
	merchants int // Mop
	evidence  [3]Evidence
}

// The places of the indicators in a tally.
const (
	i01 = iota
	i03
	i05
)

// unit is a unit of some basis with its markets in scope.
type unit struct {
	basis    string
	locality Locality
	markets  []Market
}

// count reads the units of every basis, because a figure in one basis may give away what another hides, and counts
// each distinct group of their markets, all on one snapshot.
func (r *Reports) count(ctx context.Context, caller auth.Principal, day time.Time) (units []unit, g *groups, err error) {
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, r.db.Pool, snapshot, func(tx pgx.Tx) error {
		// Compiling the queries takes longer than running them.
		if _, err := tx.Exec(ctx, `SET LOCAL jit = off`); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, unitsSQL, caller.ScopeKind, caller.ScopeID, r.today())
		units, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (unit, error) {
			var u unit
			err := row.Scan(&u.basis, &u.locality.ID, &u.locality.Level, &u.locality.Code, &u.locality.Name, &u.markets)
			return u, err
		})
		if err != nil {
			return err
		}
		g = groupUnits(units)
		return g.count(ctx, tx, day)
	})
	return units, g, err
}

// count fills the tallies.
func (g *groups) count(ctx context.Context, tx pgx.Tx, day time.Time) error {
	numbers, markets := g.members()
	rows, _ := tx.Query(ctx, adoptionSQL, numbers, markets, day)
	var number, merchants, registered, readyOwner, readyStaff, noticed, confirmed int
	_, err := pgx.ForEachRow(rows, []any{&number, &merchants, &registered, &readyOwner, &readyStaff, &noticed, &confirmed}, func() error {
		g.list[number].tally = tally{merchants: merchants, evidence: [3]Evidence{
			i01: {C: registered},
			i03: {B: readyOwner, D: readyStaff},
			i05: {A: noticed, B: confirmed},
		}}
		return nil
	})
	return err
}

// figures are the group's figures without what is hidden.
func (g *group) figures() Figures {
	return Figures{"I01": g.figure(i01), "I03": g.figure(i03), "I05": g.figure(i05)}
}

func (g *group) figure(i int) Figure {
	shown := Figure{Denominator: Count(g.tally.merchants), Definition: definition, Suppressed: g.hidden}
	if g.hidden {
		return shown
	}
	evidence := g.tally.evidence[i]
	numerator := evidence.sum()
	shown.Numerator = Count(numerator)
	shown.Value = rate(numerator, g.tally.merchants)
	if !g.mixHidden[i] {
		shown.Evidence = &evidence
	}
	return shown
}

// rate is a share with four decimals, half up; nil of nothing.
func rate(numerator, denominator int) *string {
	if denominator == 0 {
		return nil
	}
	tenThousandths := (numerator*20_000 + denominator) / (2 * denominator)
	s := fmt.Sprintf("%d.%04d", tenThousandths/10_000, tenThousandths%10_000)
	return &s
}
