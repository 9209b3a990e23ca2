package privacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
)

// Kinds of request that do something when they are granted; access and correction are done by hand.
const (
	erasure     = "erasure"
	restriction = "restriction"
	objection   = "objection"
)

// States of a request.
const (
	received = "received"
	done     = "done"
	refused  = "refused"
)

// Request is a merchant's request about its own data.
type Request struct {
	ID          uuid.UUID     `json:"id"`
	MerchantID  uuid.UUID     `json:"merchant_id"`
	Kind        string        `json:"kind" enum:"access,correction,erasure,restriction,objection"`
	Note        string        `json:"note"`
	State       string        `json:"state" enum:"received,done,refused"`
	ReceivedAt  time.Time     `json:"received_at"`
	AnswerDueAt time.Time     `json:"answer_due_at" doc:"the deadline to answer the merchant how it will be done"`
	DueAt       time.Time     `json:"due_at" doc:"the deadline to carry it out, or to refuse it with a reason"`
	AnsweredAt  *time.Time    `json:"answered_at"`
	ClosedAt    *time.Time    `json:"closed_at"`
	Overdue     bool          `json:"overdue" doc:"a deadline passed: that of the answer, or that of the request"`
	Steps       []RequestStep `json:"steps" nullable:"false" doc:"its steps, in order"`
}

// RequestStep is one thing that happened to a request.
type RequestStep struct {
	Step   string    `json:"step" enum:"receive,answer,done,refuse"`
	Reason string    `json:"reason" doc:"the reason for the merchant"`
	Role   string    `json:"role" doc:"the role of the person or program that did it"`
	At     time.Time `json:"at"`
}

// RequestOrder is a new request.
type RequestOrder struct {
	Kind string `json:"kind" enum:"access,correction,erasure,restriction,objection"`
	Note string `json:"note,omitempty" maxLength:"2000" doc:"in the merchant's words"`
}

// addRequest stores a request. It refuses an erased merchant, and a second request of a kind while the
// first waits (409).
func (d *Desk) addRequest(
	ctx context.Context,
	who roles.Principal,
	merchant uuid.UUID,
	o RequestOrder,
) (*Request, error) {
	id := newID()
	note, err := d.keys.Seal(ctx, notePlace(id), []byte(o.Note))
	if err != nil {
		return nil, err
	}
	err = d.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockMerchant(ctx, tx, merchant); err != nil {
			return err
		}
		var waits bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM data_requests WHERE merchant_id = $1 AND kind = $2
			AND state = 'received')`, merchant, o.Kind).Scan(&waits)
		if err != nil {
			return err
		}
		if waits {
			return problem.New(problem.Conflict, "request_waits", "Đã có một yêu cầu cùng loại đang chờ.",
				"A request of this kind is already waiting.")
		}
		until, err := d.deadlinesOf(ctx, tx, o.Kind)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO data_requests (id, merchant_id, kind, note, state, received_at,
			answer_due_at, due_at) VALUES ($1, $2, $3, $4, 'received', $5, $6, $7)`,
			id, merchant, o.Kind, note, d.now(), until.answer, until.done)
		if err != nil {
			return err
		}
		return d.recordStep(ctx, tx, who, id, "receive", "")
	})
	if err != nil {
		return nil, fmt.Errorf("take a request of merchant %s: %w", merchant, err)
	}
	return d.request(ctx, id)
}

func notePlace(request uuid.UUID) seal.Place {
	return seal.Place{Table: "data_requests", Column: "note", ID: request}
}

func reasonPlace(step uuid.UUID) seal.Place {
	return seal.Place{Table: "data_request_steps", Column: "reason", ID: step}
}

func (d *Desk) recordStep(
	ctx context.Context,
	tx pgx.Tx,
	who roles.Principal,
	request uuid.UUID,
	step, reason string,
) error {
	id := newID()
	sealed, err := d.keys.Seal(ctx, reasonPlace(id), []byte(reason))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO data_request_steps (id, request_id, step, reason, actor_id, at)
		VALUES ($1, $2, $3, $4, $5, $6)`, id, request, step, sealed, who.ActorID, d.now())
	if err != nil {
		return fmt.Errorf("write a step of request %s: %w", request, err)
	}
	return nil
}

// Decision is what is done about a request.
type Decision struct {
	Action string `json:"action" enum:"answer,done,refuse" doc:"answer: the merchant knows how it will be done; done; refuse"`
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"the reason for the merchant; required to refuse"`
}

// resolve answers, grants or refuses a request. An erasure that is done is carried out in the same
// transaction, a granted restriction or objection withdraws what was consented to. Refused: a
// closed request, a second answer (409), and what erase refuses.
func (d *Desk) resolve(ctx context.Context, who roles.Principal, id uuid.UUID, o Decision) (*Request, error) {
	if o.Action == "refuse" && o.Reason == "" {
		return nil, problem.Of("reason", "required", "Từ chối cần nêu lý do.", "Give the reason for the refusal.")
	}
	err := d.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var merchant uuid.UUID
		var kind, state string
		var answered bool
		err := tx.QueryRow(ctx, `SELECT merchant_id, kind, state, answered_at IS NOT NULL FROM data_requests
			WHERE id = $1 FOR UPDATE`, id).
			Scan(&merchant, &kind, &state, &answered)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Missing("request")
		}
		if err != nil {
			return err
		}
		if state != received || answered && o.Action == "answer" {
			return problem.New(problem.Conflict, "request_closed", "Yêu cầu này đã được giải quyết hoặc đã trả lời.",
				"This request is already answered or closed.")
		}
		if err := d.recordStep(ctx, tx, who, id, o.Action, o.Reason); err != nil {
			return err
		}
		if o.Action == "answer" {
			_, err := tx.Exec(ctx, `UPDATE data_requests SET answered_at = $2 WHERE id = $1`, id, d.now())
			return err
		}
		if state = refused; o.Action == "done" {
			state = done
		}
		_, err = tx.Exec(ctx, `UPDATE data_requests SET state = $3, closed_at = $2, answered_at = coalesce(answered_at,
			$2) WHERE id = $1`, id, d.now(), state)
		if err != nil || state == refused {
			return err
		}
		return d.carryOut(ctx, tx, who, merchant, kind)
	})
	if err != nil {
		return nil, fmt.Errorf("resolve request %s: %w", id, err)
	}
	return d.request(ctx, id)
}

func (d *Desk) carryOut(ctx context.Context, tx pgx.Tx, who roles.Principal, merchant uuid.UUID, kind string) error {
	switch kind {
	case erasure:
		return d.erase(ctx, tx, merchant)
	case restriction, objection:
		if err := lockMerchant(ctx, tx, merchant); err != nil {
			return err
		}
		return d.withdrawAll(ctx, tx, who, merchant)
	}
	return nil
}

// requestFilter narrows a list of requests; empty fields do not.
type requestFilter struct {
	id, merchant uuid.UUID
	State        string
	Overdue      bool
}

func (d *Desk) request(ctx context.Context, id uuid.UUID) (*Request, error) {
	list, err := d.requests(ctx, requestFilter{id: id}, web.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, problem.Missing("request")
	}
	return &list.Items[0], nil
}

// requests returns a page of requests, the next due first.
func (d *Desk) requests(ctx context.Context, f requestFilter, page web.Page) (*web.List[Request], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := d.db.Pool.Query(ctx, `SELECT * FROM (SELECT id, merchant_id, kind, note, state, received_at,
		answer_due_at, due_at, answered_at, closed_at,
			state = 'received' AND ($1 > due_at OR answered_at IS NULL AND $1 > answer_due_at) AS overdue
		FROM data_requests
		WHERE ($2::uuid = $4::uuid OR id = $2) AND ($3::uuid = $4::uuid OR merchant_id = $3)
		AND ($5 = '' OR state = $5)) r
		WHERE (overdue OR NOT $6) AND ($7::timestamptz IS NULL OR (due_at, id) > ($7, $8)) ORDER BY due_at, id LIMIT $9`,
		d.now(), f.id, f.merchant, uuid.Nil, f.State, f.Overdue, after.At, after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Request, err error) {
		var note []byte
		err = row.Scan(&r.ID, &r.MerchantID, &r.Kind, &note, &r.State, &r.ReceivedAt, &r.AnswerDueAt, &r.DueAt,
			&r.AnsweredAt, &r.ClosedAt, &r.Overdue)
		if err == nil {
			r.Note, err = d.open(ctx, notePlace(r.ID), note)
		}
		r.Steps = []RequestStep{}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	items, next := web.Cut(items, page, func(r Request) web.Mark { return web.Mark{At: &r.DueAt, ID: r.ID} })
	return &web.List[Request]{Items: items, Next: next}, d.readSteps(ctx, items)
}

// readSteps adds the steps to requests.
func (d *Desk) readSteps(ctx context.Context, requests []Request) error {
	ids, of := make([]uuid.UUID, len(requests)), map[uuid.UUID]*Request{}
	for i := range requests {
		ids[i] = requests[i].ID
		of[ids[i]] = &requests[i]
	}
	rows, err := d.db.Pool.Query(ctx, `SELECT s.request_id, s.id, s.step, s.reason, a.role, s.at
		FROM data_request_steps s JOIN actors a ON a.id = s.actor_id
		WHERE s.request_id = ANY ($1) ORDER BY s.request_id, s.id`, ids)
	if err != nil {
		return fmt.Errorf("read steps of requests: %w", err)
	}
	var request, id uuid.UUID
	var s RequestStep
	var reason []byte
	_, err = pgx.ForEachRow(rows, []any{&request, &id, &s.Step, &reason, &s.Role, &s.At}, func() (err error) {
		s.Reason, err = d.open(ctx, reasonPlace(id), reason)
		of[request].Steps = append(of[request].Steps, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("read steps of requests: %w", err)
	}
	return nil
}

// open reads a sealed text; what an erasure emptied is empty.
func (d *Desk) open(ctx context.Context, at seal.Place, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := d.keys.Open(ctx, at, sealed)
	return string(plain), err
}
