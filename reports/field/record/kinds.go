package record

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/roster"
)

// Kind describes a kind of fact: O is a fact as it is submitted, F is a fact as it is listed.
type Kind[O any, F Listed] struct {
	Name        string // "visit"
	Path        string // of its list
	Subject     func(f *Facts, ctx context.Context, id string, a roles.Action) (*Subject, error)
	Read, Write roles.Action

	Fields []roster.Field          // of an imported list
	Row    func(c *roster.Cells) O // reads a row of an imported list
	Scoped bool                    // the list's SQL takes the caller's scope as $8 and $9
	// equal facts are separate facts: importing a list again adds its rows again
	Repeat bool
	Check  func(*Subject, *Entry[O]) // the checks that need no database
	Only   func(*Entry[O]) Selection // selects a written fact; nil: by its id
	Find   func(context.Context, pgx.Tx, *Subject, []*Entry[O]) error
	Store  func(context.Context, pgx.Tx, *Subject, []*Entry[O]) error
	// removes from a list what its reader may not see; nil: nothing is removed
	Hide func(context.Context, *Facts, *Subject, []F) error
	// SQL: $1 is the place, $2 and $3 are days or null, $4 and $5 the cursor, $6 the limit, $7 one
	// id or null
	List string
}

// Listed is a fact as it is listed.
type Listed interface{ Mark() web.Mark }

// DayMark returns the cursor of a list that is ordered by days.
func DayMark(day string, id uuid.UUID) web.Mark {
	at, _ := time.Parse(time.DateOnly, day)
	return web.Mark{At: &at, ID: id}
}

// ByMoment returns the end of a list's SQL, newest first. The column is a time; the id decides
// between equal ones.
func ByMoment(column, id string) string {
	const days = ` AND ($2::date IS NULL OR %[1]s >= $2::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
		AND ($3::date IS NULL OR %[1]s < ($3::date + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')`
	return fmt.Sprintf(days+` AND ($4::timestamptz IS NULL OR (%[1]s, %[2]s) < ($4, $5::uuid))
		AND ($7::uuid IS NULL OR %[2]s = $7) ORDER BY %[1]s DESC, %[2]s DESC LIMIT $6`, column, id)
}

// ByDay returns the end of a list's SQL, newest first. The column is a date; v.id decides between
// equal ones.
func ByDay(column string) string {
	return fmt.Sprintf(` AND ($2::date IS NULL OR %[1]s >= $2) AND ($3::date IS NULL OR %[1]s <= $3)
		AND ($4::timestamptz IS NULL OR (%[1]s, v.id) < (($4 AT TIME ZONE 'UTC')::date, $5::uuid))
		AND ($7::uuid IS NULL OR v.id = $7) ORDER BY %[1]s DESC, v.id DESC LIMIT $6`, column)
}

// Days limits a list to a range of days. Embed it in a huma input; it is exported because huma
// reads exported types only.
type Days struct {
	From string `query:"from" doc:"a day, which is included" example:"2026-10-01"`
	To   string `query:"to" doc:"a day, which is included" example:"2026-10-31"`
}

// Selection is the requested part of a list.
type Selection struct {
	From, To *time.Time
	One      *uuid.UUID
}

// Selection returns the part of a list that the days select.
func (d Days) Selection() (s Selection, err error) {
	for _, side := range []struct {
		name, text string
		into       **time.Time
	}{{"from", d.From, &s.From}, {"to", d.To, &s.To}} {
		if side.text == "" {
			continue
		}
		day, err := bizday.Date(side.text)
		if err != nil {
			return s, problem.Of(
				side.name,
				"date_form",
				"Ngày có dạng 2026-11-20.",
				"Expected a day such as 2026-11-20.",
			)
		}
		*side.into = &day
	}
	if s.From != nil && s.To != nil && s.From.After(*s.To) {
		return s, problem.Of("to", "days_reversed", "Ngày cuối trước ngày đầu.", "The last day is before the first.")
	}
	return s, nil
}

// facts returns a page of a list.
func (k *Kind[O, F]) facts(
	ctx context.Context,
	f *Facts,
	at *Subject,
	s Selection,
	page web.Page,
) (*web.List[F], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	values := []any{k.of(at), s.From, s.To, after.At, after.ID, page.Size() + 1, s.One}
	if k.Scoped {
		values = append(values, at.Who.ScopeKind, at.Who.ScopeID)
	}
	rows, err := f.db.Pool.Query(ctx, k.List, values...)
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", k.Name, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[F])
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", k.Name, err)
	}
	items, next := web.Cut(all, page, F.Mark)
	return &web.List[F]{Items: items, Next: next}, nil
}

// of returns the id of what the list belongs to.
func (k *Kind[O, F]) of(at *Subject) uuid.UUID {
	for _, id := range []uuid.UUID{at.Training, at.Campaign} {
		if id != uuid.Nil {
			return id
		}
	}
	return at.Market
}

// record writes one fact and returns it as it is listed.
func (k *Kind[O, F]) record(ctx context.Context, f *Facts, at *Subject, order O) (*F, error) {
	entries, err := k.storeAll(ctx, f, at, func() []*Entry[O] { return []*Entry[O]{{Order: order}} }, false)
	if err != nil {
		return nil, err
	}
	if err := entries[0].Refusal(); err != nil {
		return nil, err
	}
	only := Selection{One: &entries[0].ID}
	if k.Only != nil {
		only = k.Only(entries[0])
	}
	fact, err := k.ReadOne(ctx, f, at, only)
	if err == nil && fact == nil {
		err = fmt.Errorf("a stored %s is not listed: %s", k.Name, entries[0].ID)
	}
	return fact, err
}

// ReadOne returns the newest fact of a selection, or nil.
func (k *Kind[O, F]) ReadOne(ctx context.Context, f *Facts, at *Subject, s Selection) (*F, error) {
	list, err := k.facts(ctx, f, at, s, web.Page{Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	return &list.Items[0], nil
}

// Mount registers the list, the recording and the import of a kind.
func Mount[O any, F Listed](e *web.Edge, f *Facts, k *Kind[O, F]) {
	op := web.Tagged("field")
	named := strings.ReplaceAll(k.Name, " ", "-")
	list := op(http.MethodGet, k.Path, "list-"+named+"s", "List "+k.Name+"s, newest first", 0)
	record := op(http.MethodPost, k.Path, "record-"+named, "Record one "+k.Name,
		http.StatusCreated)
	if strings.Contains(k.Path, "{campaign}") {
		huma.Register(e.API, list, func(ctx context.Context, in *struct {
			Campaign string `path:"campaign" doc:"id or code"`
			Days
			web.Page
		},
		) (*web.Body[*web.List[F]], error) {
			return k.answerList(ctx, f, in.Campaign, in.Days, in.Page)
		})
		huma.Register(e.API, record, func(ctx context.Context, in *struct {
			Campaign string `path:"campaign" doc:"id or code"`
			Body     O
		},
		) (*web.Body[*F], error) {
			return k.answerRecord(ctx, f, in.Campaign, in.Body)
		})
	} else {
		huma.Register(e.API, list, func(ctx context.Context, in *struct {
			web.Named
			Days
			web.Page
		},
		) (*web.Body[*web.List[F]], error) {
			return k.answerList(ctx, f, in.ID, in.Days, in.Page)
		})
		huma.Register(e.API, record, func(ctx context.Context, in *struct {
			web.Named
			Body O
		},
		) (*web.Body[*F], error) {
			return k.answerRecord(ctx, f, in.ID, in.Body)
		})
	}
	MountImport(e, f, k)
}

// MountImport registers the import of a kind.
func MountImport[O any, F Listed](e *web.Edge, f *Facts, k *Kind[O, F]) {
	e.Engine.POST(strings.NewReplacer("{", ":", "}", "").Replace(k.Path)+"/import", problem.Handle(k.importList(f)))
	o := huma.Operation{
		OperationID: "import-" + strings.ReplaceAll(k.Name, " ", "-") + "s", Method: http.MethodPost, Path: k.Path +
			"/import",
		Summary:       "Import a list of " + k.Name + "s, CSV or XLSX, all rows or none",
		DefaultStatus: http.StatusOK, Tags: []string{"field"},
	}
	web.DescribeImport[Imported, RefusedImport](e, &o)
	e.Document(o)
}

func (k *Kind[O, F]) answerList(ctx context.Context, f *Facts, id string, days Days,
	page web.Page,
) (*web.Body[*web.List[F]], error) {
	at, err := k.Subject(f, ctx, id, k.Read)
	if err != nil {
		return nil, err
	}
	s, err := days.Selection()
	if err != nil {
		return nil, err
	}
	list, err := k.facts(ctx, f, at, s, page)
	if err == nil && k.Hide != nil {
		err = k.Hide(ctx, f, at, list.Items)
	}
	if err != nil {
		return nil, err
	}
	return web.Answer(list, nil)
}

func (k *Kind[O, F]) answerRecord(ctx context.Context, f *Facts, id string, order O) (*web.Body[*F], error) {
	at, err := k.Subject(f, ctx, id, k.Write)
	if err != nil {
		return nil, err
	}
	return web.Answer(k.record(ctx, f, at, order))
}
