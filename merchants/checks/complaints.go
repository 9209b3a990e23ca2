package checks

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
	"market40/migrations/database"
)

// complaintKinds are what a shopper may report.
var complaintKinds = []string{"swapped_sticker", "paid_not_received", "wrong_stall", "other"}

// Limits of what a shopper may write, in characters.
const (
	maxComplaint, maxContact, maxReference = 1000, 100, 60
)

// openComplaints is how many open complaints a stall may have. It is limited because anyone can
// send them.
const openComplaints = 100

// Complaint is what a shopper reports on the page of a code.
type Complaint struct {
	Kind      string `json:"kind"`
	Reference string `json:"reference" required:"false" doc:"of the transfer, as the bank shows it"`
	Amount    int64  `json:"-"` // đồng; zero: none was named
	Detail    string `json:"detail" required:"false"`
	Contact   string `json:"contact" required:"false"`
}

func (in *Complaint) check() error {
	if !slices.Contains(complaintKinds, in.Kind) {
		return problem.InFields(problem.UnknownValue("kind", in.Kind, complaintKinds...))
	}
	for _, f := range []struct {
		name, text string
		limit      int
	}{{"detail", in.Detail, maxComplaint}, {"contact", in.Contact, maxContact}, {
		"reference", in.Reference,
		maxReference,
	}} {
		if !utf8.ValidString(f.text) || utf8.RuneCountInString(f.text) > f.limit || slices.Contains([]byte(f.text), 0) {
			return problem.Of(f.name, "too_long", fmt.Sprintf("Tối đa %d ký tự.", f.limit),
				fmt.Sprintf("%d characters at most.", f.limit))
		}
	}
	return nil
}

// Complain stores what a shopper reports about a code, and alerts the market's board to a swapped
// sticker.
func (cs *Checks) Complain(ctx context.Context, shown *codes.Printed, in Complaint) (uuid.UUID, error) {
	id := database.NewID()
	if err := in.check(); err != nil {
		return id, err
	}
	detail, err := cs.keys.Seal(ctx, complaintPlace("detail", id), []byte(in.Detail))
	if err != nil {
		return id, err
	}
	var contact []byte
	if in.Contact != "" {
		if contact, err = cs.keys.Seal(ctx, complaintPlace("contact", id), []byte(in.Contact)); err != nil {
			return id, err
		}
	}
	err = cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var waiting int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM complaints WHERE stall_id = $1 AND state = 'open'`,
			shown.Place.Stall).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= openComplaints {
			return problem.New(problem.TooMany, "too_many_complaints",
				"Ban quản lý đang có nhiều phản ánh về sạp này, xin gặp trực tiếp.",
				"Too many complaints about this stall are waiting: please go to the market's board.")
		}
		_, err := tx.Exec(ctx, `INSERT INTO complaints (id, market_id, stall_id, code, kind, reference, amount, detail,
			contact, state, opened_at)
			VALUES ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0), $8, $9, 'open', $10)`,
			id, shown.Place.Market, shown.Place.Stall, shown.Code, in.Kind, in.Reference, in.Amount, detail, contact,
			cs.now())
		if err != nil || in.Kind != "swapped_sticker" {
			return err
		}
		return cs.warnSwapped(ctx, tx, warned{shown.Place.Market, shown.Place.Stall, shown.Stall},
			"người mua báo tem có vẻ bị tráo.")
	})
	if err != nil {
		return id, fmt.Errorf("store a complaint about %s: %w", shown.Code, err)
	}
	return id, nil
}

func complaintPlace(column string, id uuid.UUID) seal.Place {
	return seal.Place{Table: "complaints", Column: column, ID: id}
}

// ReadComplaint is a complaint as boards read it.
type ReadComplaint struct {
	ID          uuid.UUID  `json:"id"`
	Kind        string     `json:"kind" enum:"swapped_sticker,paid_not_received,wrong_stall,other"`
	State       string     `json:"state" enum:"open,closed"`
	MarketID    uuid.UUID  `json:"market_id"`
	StallID     uuid.UUID  `json:"stall_id"`
	StallNumber string     `json:"stall_number"`
	Code        string     `json:"code" doc:"the code of the page on which it was reported"`
	Reference   string     `json:"reference" doc:"the bank's, as the shopper typed it"`
	Amount      *string    `json:"amount" doc:"đồng"`
	Currency    string     `json:"currency"`
	Detail      string     `json:"detail"`
	Contact     *string    `json:"contact" doc:"how to reach the shopper; null: not given, closed, or not for your role"`
	OpenedAt    time.Time  `json:"opened_at"`
	ClosedAt    *time.Time `json:"closed_at"`
	ClosedBy    *uuid.UUID `json:"closed_by"`
	Reason      string     `json:"reason"`
}

// complaints returns a page of the complaints in the caller's scope, newest first.
func (cs *Checks) complaints(ctx context.Context, who roles.Principal, state string, one *uuid.UUID,
	page web.Page,
) (*web.List[ReadComplaint], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, `SELECT p.id, p.kind, p.state, p.market_id, p.stall_id, s.number, p.code,
		p.reference, p.amount::text, p.detail, p.contact,
			p.opened_at, p.closed_at, p.closed_by, p.reason
		FROM complaints p JOIN stalls s ON s.id = p.stall_id
		WHERE p.market_id IN (SELECT scope_markets($1, $2)) AND ($3 = '' OR p.state = $3)
		AND ($4::uuid IS NULL OR p.id = $4)
		AND ($5::timestamptz IS NULL OR (p.opened_at, p.id) < ($5, $6)) ORDER BY p.opened_at DESC, p.id DESC LIMIT $7`,
		who.ScopeKind, who.ScopeID, state, one, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ReadComplaint, err error) {
		var detail, contact []byte
		c.Currency = "VND"
		if err = row.Scan(&c.ID, &c.Kind, &c.State, &c.MarketID, &c.StallID, &c.StallNumber, &c.Code, &c.Reference,
			&c.Amount, &detail, &contact,
			&c.OpenedAt, &c.ClosedAt, &c.ClosedBy, &c.Reason); err != nil {
			return c, err
		}
		plain, err := cs.keys.Open(ctx, complaintPlace("detail", c.ID), detail)
		if err != nil {
			return c, err
		}
		c.Detail = string(plain)
		if contact == nil || !who.Role.May(roles.ResolveCases) {
			return c, nil
		}
		plain, err = cs.keys.Open(ctx, complaintPlace("contact", c.ID), contact)
		text := string(plain)
		c.Contact = &text
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	items, next := web.Cut(found, page, func(c ReadComplaint) web.Mark { return web.Mark{At: &c.OpenedAt, ID: c.ID} })
	return &web.List[ReadComplaint]{Items: items, Next: next}, nil
}

// closeComplaint closes a complaint and deletes the shopper's contact. It refuses a closed one
// (409).
func (cs *Checks) closeComplaint(ctx context.Context, who roles.Principal, id uuid.UUID,
	reason string,
) (*ReadComplaint, error) {
	tag, err := cs.db.Pool.Exec(ctx, `UPDATE complaints SET state = 'closed', closed_at = $2, closed_by = $3,
		reason = $4, contact = NULL
		WHERE id = $1 AND state = 'open' AND market_id IN (SELECT scope_markets($5, $6))`, id, cs.now(), who.ActorID,
		reason, who.ScopeKind, who.ScopeID)
	if err != nil {
		return nil, fmt.Errorf("close complaint %s: %w", id, err)
	}
	list, err := cs.complaints(ctx, who, "", &id, web.Page{})
	switch {
	case err != nil:
		return nil, err
	case len(list.Items) == 0:
		return nil, problem.Missing("complaint")
	case tag.RowsAffected() == 0:
		return nil, problem.New(problem.Conflict, "closed", "Phản ánh này đã đóng.", "This complaint is closed.")
	}
	return &list.Items[0], nil
}

func (cs *Checks) listComplaints(ctx context.Context, in *struct {
	State string `query:"state" enum:"open,closed"`
	web.Page
},
) (*web.Body[*web.List[ReadComplaint]], error) {
	who, err := roles.Require(ctx, roles.ReadCases)
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.complaints(ctx, who, in.State, nil, in.Page))
}

func (cs *Checks) postCloseComplaint(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
},
) (*web.Body[*ReadComplaint], error) {
	who, err := roles.Require(ctx, roles.ResolveCases)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("complaint")
	if err != nil {
		return nil, err
	}
	return web.Answer(cs.closeComplaint(ctx, who, id, in.Body.Reason))
}
