package payments

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/problem"
	"market40/payments/banks"
	"market40/payments/money"
)

// Content is one telling of a transfer that a case is about. A conflict has two: the first notice, and what came
// later under its id.
type Content struct {
	NoticeID   *uuid.UUID   `json:"notice_id,omitempty" doc:"the first notice"`
	ConflictID *uuid.UUID   `json:"conflict_id,omitempty" doc:"what came later under the same id"`
	Amount     money.Amount `json:"amount"`
	Currency   string       `json:"currency"`
	OccurredAt time.Time    `json:"occurred_at"`
	ToldAt     *time.Time   `json:"told_at,omitempty" doc:"the bank's own date where it lay over an hour ahead"`
	Reference  string       `json:"reference"`
	Posted     bool         `json:"posted" doc:"a payment of it stands in the books"`
	StallID    *uuid.UUID   `json:"stall_id" doc:"where its money is; of a conflict that is not posted: the stall that matching finds; null: none"`
}

// Proposal is what the first person wants, for the second one to approve.
type Proposal struct {
	StallID *uuid.UUID `json:"stall_id"`
	Action  string     `json:"action" enum:"assign,return"`
	Content *uuid.UUID `json:"content" doc:"the notice or conflict that it speaks of"`
	Reason  string     `json:"reason"`
	By      ProposalBy `json:"by"`
	At      time.Time  `json:"at"`
}

// ProposalBy is the person behind a proposal, and the name of the user or key who made it.
type ProposalBy struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// CaseMarket is the market of a case.
type CaseMarket struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// selectContents builds the contents of case c whose notice is n: each with the stall where its money is now.
const selectContents = `(SELECT coalesce(jsonb_agg(to_jsonb(x) - 'place' ORDER BY x.place, x.notice_id), '[]') FROM (
		SELECT 1 AS place, n.id AS notice_id, NULL::uuid AS conflict_id, n.amount::text AS amount, n.currency, n.occurred_at, n.told_at, n.reference, now.*
			FROM (SELECT n.id WHERE n.id IS NOT NULL) f, LATERAL (` + selectMoney + `) now
		UNION ALL
		SELECT 2, NULL, f.id, f.amount::text, coalesce(f.currency, n.currency), f.occurred_at, f.told_at, f.reference, now.*
			FROM notice_conflicts f, LATERAL (` + selectMoney + `) now WHERE f.id = c.conflict_id
		UNION ALL
		SELECT 3, f.id, NULL, f.amount::text, f.currency, f.occurred_at, f.told_at, f.reference, now.*
			FROM (SELECT * FROM notices g WHERE g.gathering = c.gathering AND g.id > c.notice_id AND g.state = 'unmatched' ORDER BY g.id LIMIT 20) f,
			LATERAL (` + selectMoney + `) now) x)`

// selectMoney follows the payment that bears the id of f to where its money is now.
const selectMoney = `WITH RECURSIVE chain AS (
		SELECT p.id, p.credit_account, 1 AS step FROM payments p WHERE p.id = f.id
		UNION ALL
		SELECT p.id, p.credit_account, chain.step + 1 FROM chain JOIN payments p ON p.reverses = chain.id)
	SELECT coalesce(max(l.kind), 'bank') <> 'bank' AS posted, (array_agg(t.stall_id))[1] AS stall_id
	FROM (SELECT credit_account FROM chain ORDER BY step DESC LIMIT 1) last
	JOIN ledger_accounts l ON l.id = last.credit_account LEFT JOIN tenancies t ON t.id = l.tenancy_id`

// selectProposal builds what waits for a second person in case c.
const selectProposal = `CASE WHEN c.state = 'proposed' THEN (SELECT jsonb_build_object('stall_id', s.stall_id, 'action', s.action, 'content', coalesce(s.conflict_id, c.notice_id),
			'reason', s.reason, 'at', s.at, 'by', jsonb_build_object('id', person(s.actor_id), 'name', coalesce(u.full_name, k.name, '')))
		FROM case_steps s LEFT JOIN api_keys k ON k.id = s.actor_id LEFT JOIN users u ON u.id = coalesce(k.owner_id, s.actor_id)
		WHERE s.case_id = c.id AND s.step = 'propose' ORDER BY s.id DESC LIMIT 1) END`

// matchContents names the stall to which each conflict that is not posted would go, as the register stands now.
func (p *Payments) matchContents(ctx context.Context, db querier, cases []Case) error {
	for i := range cases {
		if cases[i].State != "open" && cases[i].State != "proposed" {
			continue
		}
		for j := range cases[i].Contents {
			content := &cases[i].Contents[j]
			if content.ConflictID == nil || content.Posted {
				continue
			}
			e, err := p.conflictEntry(ctx, db, *content.ConflictID)
			if err != nil {
				return err
			}
			if to := e.decision.To; to != nil && !e.again {
				content.StallID = &to.Stall
			}
		}
	}
	return nil
}

// querier is a pool or a database transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// conflictEntry reads a content that came later under the id of a notice, and decides where its money goes.
func (p *Payments) conflictEntry(ctx context.Context, db querier, id uuid.UUID) (*entry, error) {
	n := banks.Notice{Direction: banks.In}
	var first banks.Notice
	var sealed, digest, body, firstSealed []byte
	var firstID, connectionID, delivery uuid.UUID
	var toldAt *time.Time
	var own *string
	err := db.QueryRow(ctx, `SELECT f.amount::text, f.occurred_at, f.told_at, f.reference, f.particulars, f.digest, f.delivery_id, coalesce(d.body, ''), n.connection_id, f.currency,
			coalesce(f.precision, 'second'), n.currency, n.external_id, coalesce(n.dialect, ''),
			n.id, n.amount::text, n.reference, n.particulars
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id LEFT JOIN deliveries d ON d.id = f.delivery_id WHERE f.id = $1`, id).
		Scan(&n.Amount, &n.OccurredAt, &toldAt, &n.Reference, &sealed, &digest, &delivery, &body, &connectionID, &own,
			&n.Precision, &first.Currency, &n.ExternalID, &n.Identity,
			&firstID, &first.Amount, &first.Reference, &firstSealed)
	if err != nil {
		return nil, fmt.Errorf("read conflict %s: %w", id, err)
	}
	c, err := p.connections.read(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	told, err := p.particulars(ctx, id, sealed)
	if err != nil {
		return nil, err
	}
	told.fill(&n)
	earlier, err := p.particulars(ctx, firstID, firstSealed)
	if err != nil {
		return nil, err
	}
	earlier.fill(&first)
	n.Currency = first.Currency
	if own != nil {
		n.Currency = *own
	} else if item := p.findInDelivery(ctx, c, delivery, body, digest); item != nil { // conflicts of earlier programs do not say it
		n.Ignore, n.Currency = item.Ignore, item.Currency
	}
	e, err := p.newEntry(ctx, id, c, n, p.now())
	if err != nil {
		return nil, err
	}
	e.toldAt, e.again = toldAt, sameTransfer(&first, &n)
	batch := &pgx.Batch{}
	register := queueRegister(batch, []*entry{e})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("match conflict %s: %w", id, err)
	}
	e.decision = register.decide(e)
	return e, nil
}

// findInDelivery returns a delivery's item of a digest; nil where the delivery cannot be read again.
func (p *Payments) findInDelivery(ctx context.Context, c *connection, id uuid.UUID, sealed, digest []byte) *banks.Notice {
	if len(sealed) == 0 {
		return nil
	}
	raw, err := p.keys.Open(ctx, bodyPlace(id), sealed)
	if err != nil {
		return nil
	}
	items, _ := c.provider.Parse(banks.Request{Method: http.MethodPost, Body: raw, RawQuery: string(raw), Now: p.now()}) // what was read is in the items
	for _, item := range items {
		if item.Err == nil && p.sameContent(item.Notice, digest, item.Notice.OccurredAt) {
			return &item.Notice
		}
	}
	return nil
}

// chooseContent finds which content a resolution speaks of: the one it names, or of a conflict the one that is
// not posted. A conflict's case never moves money that the first notice brought.
func (c *caseWork) chooseContent(ctx context.Context, r *Resolution) error {
	if c.kind == conflictKind && c.conflict == nil {
		return problem.Of("action", "nothing_to_move", "Không còn nội dung đến sau, chỉ có thể bỏ qua.", "What came later is not there any more; the case can only be dismissed.")
	}
	if c.conflict == nil {
		if r.Content != nil && (c.notice == nil || *r.Content != *c.notice) {
			return unknownContent()
		}
		return nil
	}
	if r.Content != nil && *r.Content != *c.conflict && *r.Content != *c.notice {
		return unknownContent()
	}
	if r.Content != nil && *r.Content == *c.notice {
		if r.Action == "dismiss" {
			return nil
		}
		return problem.New(problem.Conflict, "first_content", "Hồ sơ này chỉ xử lý nội dung đến sau; nội dung đầu giữ nguyên.",
			"This case decides on what came later only; the first notice stays as it is.")
	}
	e, err := c.p.conflictEntry(ctx, c.tx, *c.conflict)
	if err != nil {
		return err
	}
	c.content = e
	if r.Action == "assign" && e.decision.State == Ignored {
		return problem.Of("action", "nothing_to_move", "Nội dung đến sau không phải tiền vào, chỉ có thể bỏ qua.", "What came later is no incoming money; it can only be dismissed.")
	}
	if e.again && e.notice.Reverses == "" && r.Action != "dismiss" {
		return problem.New(problem.Conflict, "same_transfer", "Nội dung đến sau trùng tài khoản, số tiền và số tham chiếu với nội dung đầu: là một khoản, không ghi lần nữa.",
			"What came later has the account, amount and reference of the first notice: it is one transfer and not posted again.")
	}
	if to := e.decision.To; r.Action == "assign" && r.StallID == nil && to != nil {
		r.StallID = &to.Stall
	}
	return nil
}

// sameTransfer reports whether two notices under one id have the account, amount, currency and reference in common.
func sameTransfer(a, b *banks.Notice) bool {
	return a.Reference != "" && a.Reference == b.Reference && a.Amount.Dong() == b.Amount.Dong() && a.Currency == b.Currency &&
		a.Ignore == "" && b.Ignore == "" && merchants.NormalAccount(a.Account) == merchants.NormalAccount(b.Account)
}

func unknownContent() error {
	return problem.Of("content", "unknown_content", "Hồ sơ không có nội dung này.", "The case has no such content.")
}

// heldConflict is held for a conflict's content: what it says, before its payments are followed.
func (c *caseWork) heldConflict() *held {
	n := &c.content.notice
	h := &held{amount: n.Amount, currency: n.Currency, occurredAt: n.OccurredAt, reference: n.Reference, reverses: n.Reverses}
	if r := c.content.decision.Receiver; r != nil {
		h.account = &r.Account
	}
	if code := c.content.code(); code != "" {
		h.memoCode = &code
	}
	return h
}
