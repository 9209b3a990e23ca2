package push

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// Routes mounts the subscriptions to a stall's payments while the app is closed.
func (s *Notifier) Routes(e *web.Edge) {
	op := web.Tagged("payments")
	huma.Register(e.API, op(http.MethodGet, "/api/v1/push/key", "push-key",
		"The key that identifies us to push services (VAPID)", 0), s.getKey)
	huma.Register(e.API, op(http.MethodPut, "/api/v1/stalls/{id}/push-subscriptions", "subscribe-phone",
		"Notify this phone of the stall's payments", http.StatusCreated), s.putSubscription)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/stalls/{id}/push-subscriptions/{subscription}",
		"unsubscribe-phone", "End the notifications of this phone", http.StatusNoContent), s.deleteSubscription)
}

type pushKey struct {
	PublicKey string `json:"public_key" doc:"P-256, base64url: applicationServerKey of the Push API"`
}

func (s *Notifier) getKey(context.Context, *struct{}) (*web.Body[pushKey], error) {
	return web.Answer(pushKey{s.public}, nil)
}

type madeSubscription struct {
	ID uuid.UUID `json:"id"`
}

func (s *Notifier) putSubscription(ctx context.Context, in *struct {
	web.Named
	Body Subscription
},
) (*web.Body[madeSubscription], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := s.Subscribe(ctx, who, in.ID, in.Body)
	return web.Answer(madeSubscription{id}, err)
}

func (s *Notifier) deleteSubscription(ctx context.Context, in *struct {
	web.Named
	Subscription string `path:"subscription"`
},
) (*struct{}, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(in.Subscription)
	if err != nil {
		return nil, problem.Missing("subscription")
	}
	return nil, s.Unsubscribe(ctx, who, in.ID, id)
}
