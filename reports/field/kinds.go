package field

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
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

// kind describes a kind of fact: O is a fact as it is submitted, F is a fact as it is listed.
type kind[O any, F listed] struct {
	name, vi    string // "visit", "lượt hỗ trợ"
	path        string // of its list
	place       func(f *Field, ctx context.Context, id string, a roles.Action) (*factSubject, error)
	read, write roles.Action

	fields []roster.Field          // of an imported list
	row    func(c *roster.Cells) O // reads a row of an imported list
	scoped bool                    // the list's SQL takes the caller's scope as $8 and $9
	// equal facts are separate facts: importing a list again adds its rows again
	repeat bool
	check  func(*factSubject, *entry[O])  // the checks that need no database
	only   func(*entry[O]) selected // selects a written fact; nil: by its id
	find   func(context.Context, pgx.Tx, *factSubject, []*entry[O]) error
	store   func(context.Context, pgx.Tx, *factSubject, []*entry[O]) error
	// removes from a list what its reader may not see; nil: nothing is removed
	hide func(context.Context, *Field, *factSubject, []F) error
	// SQL: $1 is the place, $2 and $3 are days or null, $4 and $5 the cursor, $6 the limit, $7 one
	// id or null
	list string
}

// listed is a fact as it is listed.
type listed interface{ mark() web.Mark }

// dayMark returns the cursor of a list that is ordered by days.
func dayMark(day string, id uuid.UUID) web.Mark {
	at, _ := time.Parse(time.DateOnly, day)
	return web.Mark{At: &at, ID: id}
}

// byMoment and byDay return the end of a list's SQL, newest first. The column is a time or a date,
// and the id (v.id by day) decides between equal ones.
func byMoment(column, id string) string {
	const days = ` AND ($2::date IS NULL OR %[1]s >= $2::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
		AND ($3::date IS NULL OR %[1]s < ($3::date + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')`
	return fmt.Sprintf(days+` AND ($4::timestamptz IS NULL OR (%[1]s, %[2]s) < ($4, $5::uuid))
		AND ($7::uuid IS NULL OR %[2]s = $7) ORDER BY %[1]s DESC, %[2]s DESC LIMIT $6`, column, id)
}

func byDay(column string) string {
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

// selected is the requested part of a list.
type selected struct {
	from, to *time.Time
	one      *uuid.UUID
}

func (d Days) selected() (s selected, err error) {
	for _, side := range []struct {
		name, text string
		into       **time.Time
	}{{"from", d.From, &s.from}, {"to", d.To, &s.to}} {
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
	if s.from != nil && s.to != nil && s.from.After(*s.to) {
		return s, problem.Of("to", "days_reversed", "Ngày cuối trước ngày đầu.", "The last day is before the first.")
	}
	return s, nil
}

// facts returns a page of a list.
func (k *kind[O, F]) facts(ctx context.Context, f *Field, at *factSubject, s selected, page web.Page) (*web.List[F], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	values := []any{k.of(at), s.from, s.to, after.At, after.ID, page.Size() + 1, s.one}
	if k.scoped {
		values = append(values, at.who.ScopeKind, at.who.ScopeID)
	}
	rows, err := f.db.Pool.Query(ctx, k.list, values...)
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", k.name, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[F])
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", k.name, err)
	}
	items, next := web.Cut(all, page, F.mark)
	return &web.List[F]{Items: items, Next: next}, nil
}

// of returns the id of what the list belongs to.
func (k *kind[O, F]) of(at *factSubject) uuid.UUID {
	for _, id := range []uuid.UUID{at.training, at.campaign} {
		if id != uuid.Nil {
			return id
		}
	}
	return at.market
}

// record writes one fact and returns it as it is listed.
func (k *kind[O, F]) record(ctx context.Context, f *Field, at *factSubject, order O) (*F, error) {
	entries, err := k.storeAll(ctx, f, at, func() []*entry[O] { return []*entry[O]{{order: order, state: created}} }, false)
	if err != nil {
		return nil, err
	}
	if err := entries[0].refusal(); err != nil {
		return nil, err
	}
	only := selected{one: &entries[0].id}
	if k.only != nil {
		only = k.only(entries[0])
	}
	list, err := k.facts(ctx, f, at, only, web.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("a stored %s is not listed: %s", k.name, entries[0].id)
	}
	return &list.Items[0], nil
}

// mountKind registers the list, the recording and the import of a kind.
func mountKind[O any, F listed](e *web.Edge, f *Field, k *kind[O, F]) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"field"},
		}
	}
	named := strings.ReplaceAll(k.name, " ", "-")
	list := op(http.MethodGet, k.path, "list-"+named+"s", k.vi+": newest first", 0)
	record := op(http.MethodPost, k.path, "record-"+named, "Ghi "+strings.ToLower(k.vi)+": record one",
		http.StatusCreated)
	if strings.Contains(k.path, "{campaign}") {
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
	mountImport(e, f, k)
}

// mountImport registers the import of a kind.
func mountImport[O any, F listed](e *web.Edge, f *Field, k *kind[O, F]) {
	e.Engine.POST(strings.NewReplacer("{", ":", "}", "").Replace(k.path)+"/import", problem.Handle(k.importList(f)))
	o := huma.Operation{
		OperationID: "import-" + strings.ReplaceAll(k.name, " ", "-") + "s", Method: http.MethodPost, Path: k.path +
			"/import",
		Summary:       "Nhập danh sách " + strings.ToLower(k.vi) + ": CSV or XLSX, all rows or none",
		DefaultStatus: http.StatusOK, Tags: []string{"field"},
	}
	web.AcceptsFile(&o)
	schema := e.API.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Imported](), true, "Imported")
	o.Responses = map[string]*huma.Response{
		"200": {
			Description: "what became of each row",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}},
		},
		"413": {Description: "a file over 5 MB"},
		"422": {Description: "a problem; with faulty rows it carries the same fields beside its own"},
	}
	e.Document(o)
}

func (k *kind[O, F]) answerList(ctx context.Context, f *Field, id string, days Days,
	page web.Page,
) (*web.Body[*web.List[F]], error) {
	at, err := k.place(f, ctx, id, k.read)
	if err != nil {
		return nil, err
	}
	s, err := days.selected()
	if err != nil {
		return nil, err
	}
	list, err := k.facts(ctx, f, at, s, page)
	if err == nil && k.hide != nil {
		err = k.hide(ctx, f, at, list.Items)
	}
	if err != nil {
		return nil, err
	}
	return web.Answer(list, nil)
}

func (k *kind[O, F]) answerRecord(ctx context.Context, f *Field, id string, order O) (*web.Body[*F], error) {
	at, err := k.place(f, ctx, id, k.write)
	if err != nil {
		return nil, err
	}
	return web.Answer(k.record(ctx, f, at, order))
}
