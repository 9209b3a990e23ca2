package reports

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	Basis    string     `json:"basis" example:"districts_2024"`
	AsOf     string     `json:"as_of" format:"date" doc:"the state is that of 00:00 Asia/Ho_Chi_Minh of this day, windows are the 30 days before it"`
	Campaign *string    `json:"campaign" doc:"null: all markets"`
	Rows     []Row      `json:"rows" nullable:"false" doc:"one per unit, by code"`
	Total    Indicators `json:"total" doc:"of all rows; a merchant of several units counts once"`
}

// Row is one unit of the basis.
type Row struct {
	Locality   Locality   `json:"locality"`
	Markets    []Market   `json:"markets" nullable:"false" doc:"the markets that are counted, by code"`
	Indicators Indicators `json:"indicators"`
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

// Indicators are those of one group of markets.
type Indicators struct {
	I01 Indicator `json:"I01" doc:"registered_rate"`
	I03 Indicator `json:"I03" doc:"qr_ready_rate"`
	I05 Indicator `json:"I05" doc:"active_30d_rate"`
}

// Indicator is one figure with what it is made of.
type Indicator struct {
	Numerator   *int      `json:"numerator" doc:"merchants; null in a hidden cell"`
	Denominator int       `json:"denominator" doc:"merchants operating a stall (Mop)"`
	Value       *string   `json:"value" doc:"numerator / denominator, 4 decimals, half up; null in a hidden cell and where there is no merchant" example:"0.5833"`
	Evidence    *Evidence `json:"evidence"`
	Suppressed  bool      `json:"suppressed" doc:"hidden, because it or a figure beside it would tell of fewer than five merchants"`
	Definition  int       `json:"definition" doc:"version of the definition"`
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

// indicators are the group's figures without what is hidden.
func (g *group) indicators() Indicators {
	return Indicators{I01: g.indicator(i01), I03: g.indicator(i03), I05: g.indicator(i05)}
}

func (g *group) indicator(i int) Indicator {
	shown := Indicator{Denominator: g.tally.merchants, Definition: definition, Suppressed: g.hidden}
	if g.hidden {
		return shown
	}
	evidence := g.tally.evidence[i]
	numerator := evidence.sum()
	shown.Numerator = &numerator
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
