package soundbox

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Routes mounts what a merchant does with the boxes of a stall.
func (s *Soundboxes) Routes(e *web.Edge) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/stalls/{id}/soundboxes" + path,
			Summary: summary, DefaultStatus: status, Tags: []string{"soundboxes"},
		}
	}
	huma.Register(e.API, op(http.MethodPost, "", "pair-soundbox",
		"Pair a new soundbox with the stall by the code that it speaks", http.StatusCreated), s.post)
	huma.Register(e.API, op(http.MethodGet, "", "list-soundboxes",
		"List the stall's soundboxes and when they last sent something", 0), s.list)
	huma.Register(e.API, op(http.MethodPatch, "/{soundbox}", "set-soundbox",
		"Set whether it speaks instead of the stall's phones", http.StatusNoContent), s.patch)
	huma.Register(e.API, op(http.MethodDelete, "/{soundbox}", "revoke-soundbox",
		"Disconnect a soundbox for ever", http.StatusNoContent), s.delete)
}

// Named is a box of a stall, in a route's path.
type Named struct {
	web.Named
	Soundbox string `path:"soundbox"`
}

func (s *Soundboxes) post(ctx context.Context, in *struct {
	web.Named
	Body Order
},
) (*web.Body[*Box], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(s.Pair(ctx, who, in.ID, in.Body))
}

func (s *Soundboxes) list(ctx context.Context, in *web.Named) (*web.Body[*web.List[Box]], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	boxes, err := s.Boxes(ctx, who, in.ID)
	return web.Answer(&web.List[Box]{Items: boxes}, err)
}

func (s *Soundboxes) patch(ctx context.Context, in *struct {
	Named
	Body struct {
		Speaks bool `json:"speaks"`
	}
},
) (*struct{}, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.SetSpeaks(ctx, who, in.ID, in.Soundbox, in.Body.Speaks)
}

func (s *Soundboxes) delete(ctx context.Context, in *Named) (*struct{}, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.Revoke(ctx, who, in.ID, in.Soundbox)
}
