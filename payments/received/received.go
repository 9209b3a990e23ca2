// Package received lists what banks and wallets sent, as operators read it: notices, and requests that
// could not be read. It records who read them.
package received

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/connections"
	"market40/payments/notices"
)

// Lists reads what was received.
type Lists struct {
	db     *database.DB
	sealer *notices.Sealer
}

// New returns the lists of what is stored in db.
func New(db *database.DB, sealer *notices.Sealer) *Lists { return &Lists{db, sealer} }

// Routes mounts the lists.
func (l *Lists) Routes(e *web.Edge) {
	op := web.Tagged("payments")
	huma.Register(e.API, op(http.MethodGet, "/api/v1/notices", "list-notices", "The notices of banks and wallets", 0),
		l.listNotices)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/deliveries/unreadable", "list-unreadable-deliveries",
		"Signed requests that could not be read", 0), l.listUnreadable)
}

func (l *Lists) listNotices(ctx context.Context, input *struct {
	NoticeFilter
	web.Page
},
) (*web.Body[*web.List[Notice]], error) {
	who, err := roles.Require(ctx, roles.ReadNotices)
	if err != nil {
		return nil, err
	}
	return web.Answer(l.Notices(ctx, who, input.NoticeFilter, input.Page))
}

func (l *Lists) listUnreadable(ctx context.Context,
	input *struct{ web.Page },
) (*web.Body[*web.List[UnreadableDelivery]], error) {
	if err := connections.RequirePlatform(ctx); err != nil {
		return nil, err
	}
	return web.Answer(l.Unreadable(ctx, input.Page))
}
