package merchants

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Unit is an administrative unit as it is called in its time.
type Unit struct {
	ID    uuid.UUID `json:"id"`
	Level string    `json:"level" enum:"province,district,commune"`
	Code  string    `json:"code" doc:"official; reused over time"`
	Name  string    `json:"name"`
}

// Locality is a unit of a reporting basis with the unit above it.
type Locality struct {
	Unit
	Parent *Unit `json:"parent"`
}

// Localities returns a page of the units of a reporting basis, by code: the basis's level within
// its province on its day, or today. An unknown basis is refused with the list of those that are
// known (422).
func (ms *Markets) Localities(ctx context.Context, basis string, page web.Page) (*web.List[Locality], error) {
	known, err := ms.bases(ctx)
	if err != nil {
		return nil, err
	}
	level, found := known[basis]
	if !found {
		words := make([]string, 0, len(known))
		for word := range known {
			words = append(words, word)
		}
		return nil, unknownBasis(basis, words)
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := ms.db.Pool.Query(ctx, `SELECT v.locality_id, v.level, v.code, v.name, w.locality_id, w.level, w.code,
		w.name
		FROM reporting_bases b
		JOIN locality_versions v ON v.level = $2 AND v.valid @> coalesce(b.on_date, $3::date)
		JOIN locality_versions w ON w.locality_id = v.parent_id AND w.valid @> coalesce(b.on_date, $3::date)
		LEFT JOIN locality_versions x ON x.locality_id = w.parent_id AND x.valid @> coalesce(b.on_date, $3::date)
		WHERE b.code = $1 AND (w.code = ANY (b.provinces) OR x.code = ANY (b.provinces)) AND v.code > $4 ORDER BY v.code
		LIMIT $5`,
		basis, level, bizday.DayOf(ms.now()), after.Text, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list localities of %s: %w", basis, err)
	}
	units, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Locality, err error) {
		l.Parent = &Unit{}
		err = row.Scan(&l.ID, &l.Level, &l.Code, &l.Name, &l.Parent.ID, &l.Parent.Level, &l.Parent.Code, &l.Parent.Name)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list localities of %s: %w", basis, err)
	}
	items, next := web.Cut(units, page, func(l Locality) web.Mark { return web.Mark{Text: l.Code} })
	return &web.List[Locality]{Items: items, Next: next}, nil
}

// bases returns the reporting bases with the level of their units.
func (ms *Markets) bases(ctx context.Context) (map[string]string, error) {
	rows, err := ms.db.Pool.Query(ctx, `SELECT code, level FROM reporting_bases`)
	if err != nil {
		return nil, fmt.Errorf("read reporting bases: %w", err)
	}
	known := map[string]string{}
	var code, level string
	if _, err = pgx.ForEachRow(rows, []any{&code, &level},
		func() error { known[code] = level; return nil }); err != nil {
		return nil, fmt.Errorf("read reporting bases: %w", err)
	}
	return known, nil
}

func unknownBasis(got string, known []string) error {
	return problem.InFields(problem.UnknownValue("basis", got, known...))
}

// Bank is a bank or wallet of the bank table.
type Bank struct {
	BIN        string `json:"bin" gorm:"column:bin;primaryKey" example:"970436"`
	Code       string `json:"code" example:"VCB"`
	ShortName  string `json:"short_name"`
	NameVi     string `json:"name_vi"`
	Kind       string `json:"kind"`
	MemoPrefix string `json:"memo_prefix" doc:"what a memo must start with for the bank to report the transfer"`
}

// Banks returns a page of the bank table, by BIN.
func (ms *Markets) Banks(ctx context.Context, page web.Page) (*web.List[Bank], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	banks, err := gorm.G[Bank](ms.db.Gorm).Where("bin > ?", after.Text).Order("bin").Limit(page.Size() + 1).Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("list banks: %w", err)
	}
	items, next := web.Cut(banks, page, func(b Bank) web.Mark { return web.Mark{Text: b.BIN} })
	return &web.List[Bank]{Items: items, Next: next}, nil
}
