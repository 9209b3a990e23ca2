package trail

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts the reading of the trail: for admins and auditors of the whole platform.
func (t *Trail) Routes(e *web.Edge) {
	op := huma.Operation{
		OperationID: "list-audit-events", Method: http.MethodGet, Path: "/api/v1/audit",
		Tags:    []string{"audit"},
		Summary: "List who did what, from where, with which result, newest first",
	}
	huma.Register(e.API, op, func(ctx context.Context, in *struct {
		LineQuery
		web.Page
	},
	) (*web.Body[web.List[Line]], error) {
		who, err := roles.Require(ctx, roles.ReadTrail)
		if err == nil && who.ScopeKind != roles.ScopeAll {
			err = problem.New(problem.Forbidden, "not_allowed", "Chỉ người có phạm vi toàn hệ thống được xem nhật ký.",
				"Only callers with the scope of the whole platform may read the trail.")
		}
		if err != nil {
			return nil, err
		}
		after, err := in.Mark()
		if err != nil {
			return nil, err
		}
		filter, err := in.filter()
		if err != nil {
			return nil, err
		}
		items, err := t.Lines(ctx, filter, after.At, after.ID, in.Size()+1)
		if err != nil {
			return nil, err
		}
		items, next := web.Cut(items, in.Page, func(l Line) web.Mark { return web.Mark{At: &l.At, ID: l.ID} })
		return web.Answer(web.List[Line]{Items: items, Next: next}, nil)
	})
}

// LineQuery narrows the trail; it is exported because huma reads no embedded field that is not.
type LineQuery struct {
	Actor   string `query:"actor_id" maxLength:"36" doc:"only requests of this user or key"`
	Session string `query:"session_id" maxLength:"36"`
	Object  string `query:"object" maxLength:"500" doc:"the beginning of a path, or the id of what was asked for or changed" example:"/api/v1/markets"`
	Route   string `query:"route" maxLength:"200" example:"/api/v1/stalls/:id"`
	Method  string `query:"method" enum:"GET,POST,PUT,PATCH,DELETE"`
	Class   string `query:"status" enum:"2xx,3xx,4xx,5xx" doc:"class of the answer's status"`
	Address string `query:"address" maxLength:"60" doc:"the caller's address, with or without a port"`
	From    string `query:"from" doc:"a day (00:00 Asia/Ho_Chi_Minh) or an RFC 3339 time"`
	To      string `query:"to" doc:"the same; lines before it"`
}

func (q *LineQuery) filter() (f LineFilter, err error) {
	f = LineFilter{Object: q.Object, Route: q.Route, Method: q.Method, Address: q.Address}
	if q.Class != "" {
		f.Class = int(q.Class[0] - '0')
	}
	if f.Actor, err = parseID("actor_id", q.Actor); err != nil {
		return f, err
	}
	if f.Session, err = parseID("session_id", q.Session); err != nil {
		return f, err
	}
	if f.From, err = bizday.MomentField("from", q.From); err != nil {
		return f, err
	}
	f.To, err = bizday.MomentField("to", q.To)
	return f, err
}

func parseID(field, text string) (*uuid.UUID, error) {
	if text == "" {
		return nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return nil, problem.Of(field, "id_form", "Mã không hợp lệ.", "The id is not valid.")
	}
	return &id, nil
}
