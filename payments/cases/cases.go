// Package cases lists what a person has to decide, and carries out the decisions. Where money moves,
// two people decide. The posting opens the cases (payments/intake).
package cases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/payments/intake"
	"market40/payments/ledger"
	"market40/payments/money"
)

// idleWithin is how long a decision may hold its locks between two statements. A stopped replica
// loses them.
const idleWithin = 5 * time.Second

// Cases reads the open cases and carries out what people decide.
type Cases struct {
	db     *database.DB
	intake *intake.Intake
	now    func() time.Time
	book   ledger.Book
}

// New returns the cases that an intake opens.
func New(db *database.DB, in *intake.Intake, now func() time.Time) *Cases {
	return &Cases{db: db, intake: in, now: now}
}

// Case is a notice, or a delivery, that a person has to decide about.
type Case struct {
	ID         uuid.UUID     `json:"id"`
	Kind       string        `json:"kind" enum:"over_limit,unknown_account,ambiguous_account,no_single_stall,ambiguous_code,foreign_account,closed_stall,revoked_code,other_currency,original_unknown,paid_twice,told_twice,future_dated,conflict,unreadable_item,retry_failed" doc:"why it was opened; the same word as the notice's why"`
	State      State         `json:"state" enum:"open,proposed,assigned,returned,dismissed"`
	MarketID   *uuid.UUID    `json:"market_id"`
	StallID    *uuid.UUID    `json:"stall_id" doc:"the stall that it is about or was assigned to"`
	NoticeID   *uuid.UUID    `json:"notice_id"`
	DeliveryID *uuid.UUID    `json:"delivery_id"`
	Amount     *money.Amount `json:"amount"`
	Currency   *string       `json:"currency"`
	OccurredAt *time.Time    `json:"occurred_at"`
	Reference  *string       `json:"reference"`
	Account    *string       `json:"account" doc:"last four digits"`
	Notice     *string       `json:"notice_state"`
	Detail     string        `json:"detail" doc:"for the server's operator, in English; see cause"`
	Cause      string        `json:"cause" enum:"busy,refused,unknown," doc:"for retry_failed: the database was busy, the data breaks one of its rules, or unknown; else empty"`
	OpenedAt   time.Time     `json:"opened_at"`
	ClosedAt   *time.Time    `json:"closed_at"`
	BankTime   *time.Time    `json:"told_at,omitempty" doc:"the bank's own date if it was over an hour ahead; absent: occurred_at"`
	Market     *CaseMarket   `json:"market" doc:"null: the platform's"`
	Proposal   *Proposal     `json:"proposal" doc:"waits for a second person; null: none"`
	Contents   []Content     `json:"contents" doc:"what the bank reported: for a conflict both contents, the first one first; for an unknown account up to 21 notices"`
	Notices    int           `json:"notice_count" doc:"how many notices wait in it: those for one unknown account share one case until a person decides about one of them"`
}

// selectCause selects the class of a failed retry, by the SQLSTATE that the intake recorded
// (PostgreSQL, appendix A).
const selectCause = `CASE WHEN c.kind <> 'retry_failed' THEN '' WHEN c.detail ~ 'SQLSTATE (40|55|57)' THEN 'busy'
		WHEN c.detail ~ 'SQLSTATE (22|23)' THEN 'refused' ELSE 'unknown' END`

const selectCases = `SELECT c.id, c.kind, c.state, c.market_id, c.stall_id, c.notice_id, c.delivery_id, n.amount::text,
	n.currency, n.occurred_at,
		n.reference, n.account_last4, n.state, c.detail, ` + selectCause + `, c.opened_at, c.closed_at, n.told_at,
		CASE WHEN m.id IS NOT NULL THEN jsonb_build_object('id', m.id, 'name', m.name) END, ` + selectProposal + `, ` +
	selectContents + `, c.notices
	FROM cases c LEFT JOIN notices n ON n.id = c.notice_id LEFT JOIN markets m ON m.id = c.market_id
	WHERE ($1 = 'all' OR c.market_id IN (SELECT scope_markets($1, $2)))`

// Filter selects the cases of a list; an empty field selects all.
type Filter struct {
	State    State  `query:"state" enum:"open,proposed,assigned,returned,dismissed"`
	MarketID string `query:"market_id"`
}

// List returns the cases in the caller's scope, newest first. A case without a market is the
// platform's.
func (cs *Cases) List(ctx context.Context, who roles.Principal, f Filter, page web.Page) (*web.List[Case], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, selectCases+` AND ($3 = '' OR c.state = $3)
		AND ($4 = '' OR c.market_id::text = $4)
		AND ($5::timestamptz IS NULL OR (c.opened_at, c.id) < ($5, $6)) ORDER BY c.opened_at DESC, c.id DESC LIMIT $7`,
		who.ScopeKind, who.ScopeID, f.State, f.MarketID, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Case])
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	if err := cs.matchContents(ctx, items); err != nil {
		return nil, err
	}
	items, next := web.Cut(items, page, func(c Case) web.Mark { return web.Mark{At: &c.OpenedAt, ID: c.ID} })
	return &web.List[Case]{Items: items, Next: next}, cs.recordReading(ctx, items...)
}

// Resolution is what a person decides about a case.
type Resolution struct {
	Action  Action     `json:"action" enum:"assign,return,dismiss" doc:"assign and return move money in the books and need a second person"`
	StallID *uuid.UUID `json:"stall_id,omitempty" doc:"required to assign: the stall. For a conflict the default is the stall that matching finds"`
	Content *uuid.UUID `json:"content,omitempty" doc:"the notice or conflict that it is about; the default is the one that is not posted, of several the first"`
	Reason  string     `json:"reason" minLength:"3" maxLength:"500"`
}

// Resolve decides a case. Dismissing closes it at once. One person proposes to assign or return; when
// a second person requests the same, one payment is posted for the case.
func (cs *Cases) Resolve(ctx context.Context, who roles.Principal, id uuid.UUID, r Resolution) (*Case, error) {
	return cs.decide(ctx, who, id, func(ctx context.Context, c *caseWork) error {
		if c.state.closed() {
			return caseClosed()
		}
		if r.Action != Dismiss || r.Content != nil {
			if err := c.separate(ctx, r.Content); err != nil {
				return err
			}
		}
		if r.Action == Dismiss {
			return c.record(ctx, dismissStep(r.Reason))
		}
		if c.notice == nil {
			return problem.Of("action", "nothing_to_move", "Hồ sơ này không gắn với khoản tiền nào, chỉ có thể đóng.",
				"This case has no payment; it can only be dismissed.")
		}
		if err := c.chooseContent(ctx, &r); err != nil {
			return err
		}
		if r.Action == Assign && r.StallID == nil {
			return problem.Of("stall_id", "required", "Cần nêu sạp nhận.", "Name the stall to assign to.")
		}
		if r.Action == Assign {
			if err := c.findTenancy(ctx, *r.StallID); err != nil {
				return err
			}
		}
		f, err := c.findMovable(ctx, r)
		if err != nil {
			return err
		}
		approved, err := c.proposeOrApprove(ctx, r)
		if err != nil || !approved {
			return err
		}
		return c.move(ctx, r, f)
	})
}

// Reopen reverses a decision. A dismissed case is open again; an assignment is reversed by a contra
// payment. The person who approved an assignment cannot reverse it: another person must.
func (cs *Cases) Reopen(ctx context.Context, who roles.Principal, id uuid.UUID, reason string) (*Case, error) {
	return cs.decide(ctx, who, id, func(ctx context.Context, c *caseWork) error {
		switch c.state {
		case Dismissed:
			if err := c.refuseSecondGathering(ctx); err != nil {
				return err
			}
			return c.record(ctx, reopenStep(nil, reason))
		case Assigned, Returned:
			return c.undo(ctx, reason)
		}
		return problem.New(problem.Conflict, "case_open", "Hồ sơ đang mở.", "The case is open.")
	})
}

func caseClosed() error {
	return problem.New(problem.Conflict, "case_closed", "Hồ sơ đã đóng.", "The case is closed.")
}

// caseWork is one case under its row lock.
type caseWork struct {
	*Cases
	tx     pgx.Tx
	who    roles.Principal
	id     uuid.UUID
	state  State
	kind   string
	notice *uuid.UUID

	gathering *uuid.UUID // the id under which it gathers the notices for an unknown account; nil: it has one notice

	conflict *uuid.UUID           // of a conflict's case: the later content
	content  *intake.LaterContent // that content, where it is decided on; nil: the notice is

	toMarket, toStall, toTenancy uuid.UUID // the target of an assignment
	posted                       []ledger.Transfer
}

// decide runs do on a case under its row lock and returns the case after it.
func (cs *Cases) decide(
	ctx context.Context, who roles.Principal, id uuid.UUID, do func(context.Context, *caseWork) error,
) (*Case, error) {
	var after Case
	var posted []ledger.Transfer
	err := cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c := &caseWork{Cases: cs, tx: tx, who: who, id: id}
		if _, err := tx.Exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', $1, true)`,
			strconv.FormatInt(idleWithin.Milliseconds(), 10)); err != nil {
			return fmt.Errorf("limit the locks of case %s: %w", id, err)
		}
		err := tx.QueryRow(ctx, `SELECT state, kind, notice_id, conflict_id, gathering FROM cases WHERE id = $3
			AND ($1 = 'all' OR market_id IN (SELECT scope_markets($1, $2))) FOR UPDATE`,
			who.ScopeKind, who.ScopeID, id).Scan(&c.state, &c.kind, &c.notice, &c.conflict, &c.gathering)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Missing("case")
		}
		if err != nil {
			return fmt.Errorf("lock case %s: %w", id, err)
		}
		if err := who.Allow(roles.ResolveCases); err != nil {
			return err
		}
		if err := do(ctx, c); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, selectCases+` AND c.id = $3`, who.ScopeKind, who.ScopeID, id)
		if err != nil {
			return fmt.Errorf("read case %s: %w", id, err)
		}
		after, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Case])
		posted = c.posted
		return err
	})
	if err != nil {
		return nil, err
	}
	cs.intake.Feed().Announce(posted)
	shown := []Case{after}
	if err := cs.matchContents(ctx, shown); err != nil {
		return nil, err
	}
	return &shown[0], cs.recordReading(ctx, after)
}

// findTenancy finds the open tenancy, or the last one, of a stall in the caller's scope.
func (c *caseWork) findTenancy(ctx context.Context, stall uuid.UUID) error {
	err := c.tx.QueryRow(ctx, `SELECT market_id, stall_id, id FROM tenancies WHERE stall_id = $3
		AND market_id IN (SELECT scope_markets($1, $2))
		ORDER BY upper_inf(valid) DESC, upper(valid) DESC LIMIT 1`, c.who.ScopeKind, c.who.ScopeID, stall).
		Scan(&c.toMarket, &c.toStall, &c.toTenancy)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Of("stall_id", "stall_unknown", "Không tìm thấy sạp, hoặc sạp chưa có người thuê.",
			"No such stall, or it never had a tenant.")
	}
	if err == nil && c.content != nil && c.content.Stall != nil && *c.content.Stall == c.toStall {
		c.toTenancy = c.content.Tenancy // a code names the tenant that it was issued to
	}
	return err
}

// proposeOrApprove reports whether another person proposed the same resolution; else it records the
// resolution as a proposal.
func (c *caseWork) proposeOrApprove(ctx context.Context, r Resolution) (approved bool, err error) {
	if c.state != Proposed {
		return false, c.record(ctx, proposeStep(r))
	}
	var another bool
	var action Action
	var stall *uuid.UUID
	var conflict *uuid.UUID
	err = c.tx.QueryRow(ctx, `SELECT person(actor_id) <> person($2), action, stall_id, conflict_id FROM case_steps
		WHERE case_id = $1 AND step = 'propose' ORDER BY id DESC LIMIT 1`, c.id, c.who.ActorID).
		Scan(&another, &action, &stall, &conflict)
	if err != nil {
		return false, fmt.Errorf("read proposal of case %s: %w", c.id, err)
	}
	same := action == r.Action && (stall == nil) == (r.StallID == nil) && (stall == nil || *stall == *r.StallID) &&
		(conflict != nil) == (c.content != nil)
	if another && same {
		return true, nil
	}
	if !same { // a different proposal replaces the first one, and needs its own second person
		return false, c.record(ctx, proposeStep(r))
	}
	return false, problem.New(problem.Conflict, "second_person_needed", "Cần người thứ hai duyệt.",
		"A second person has to approve this.")
}
