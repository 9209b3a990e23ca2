package cases

import (
	"context"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/problem"
	"market40/payments/ledger"
	"market40/payments/money"
	"market40/payments/notices"
)

// Content is one report of a transfer that a case is about. A conflict has two: the first notice, and
// the later content with its id.
type Content struct {
	NoticeID   *uuid.UUID   `json:"notice_id,omitempty" doc:"the first notice"`
	ConflictID *uuid.UUID   `json:"conflict_id,omitempty" doc:"the later content with the same id"`
	Amount     money.Amount `json:"amount"`
	Currency   string       `json:"currency"`
	OccurredAt time.Time    `json:"occurred_at"`
	BankTime   *time.Time   `json:"told_at,omitempty" doc:"the bank's own date if it was over an hour ahead"`
	Reference  string       `json:"reference"`
	Posted     bool         `json:"posted" doc:"a payment of it is in the books"`
	StallID    *uuid.UUID   `json:"stall_id" doc:"the stall that has its money; for a conflict that is not posted, the stall that matching finds; null: none"`
}

// Proposal is the first person's decision, which a second person has to approve.
type Proposal struct {
	StallID *uuid.UUID `json:"stall_id"`
	Action  Action     `json:"action" enum:"assign,return"`
	Content *uuid.UUID `json:"content" doc:"the notice or conflict that it is about"`
	Reason  string     `json:"reason"`
	By      ProposalBy `json:"by"`
	At      time.Time  `json:"at"`
}

// ProposalBy is the person of a proposal, and the name of the user or API key that made it.
type ProposalBy struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// CaseMarket is the market of a case.
type CaseMarket struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// selectContents selects the contents of case c with notice n, each with the stall that has its money
// now.
const selectContents = `(SELECT coalesce(jsonb_agg(to_jsonb(x) - 'rank' ORDER BY x.rank, x.notice_id), '[]') FROM (
		SELECT 1 AS rank, n.id AS notice_id, NULL::uuid AS conflict_id, n.amount::text AS amount, n.currency,
		n.occurred_at, n.told_at, n.reference, now.*
			FROM (SELECT n.id WHERE n.id IS NOT NULL) f, LATERAL (` + ledger.SelectCurrentHolder + `) now
		UNION ALL
		SELECT 2, NULL, f.id, f.amount::text, coalesce(f.currency, n.currency), f.occurred_at, f.told_at, f.reference,
		now.*
			FROM notice_conflicts f, LATERAL (` + ledger.SelectCurrentHolder + `) now WHERE f.id = c.conflict_id
		UNION ALL
		SELECT 3, f.id, NULL, f.amount::text, f.currency, f.occurred_at, f.told_at, f.reference, now.*
			FROM (SELECT * FROM notices g WHERE g.gathering = c.gathering AND g.id > c.notice_id
			AND g.state = 'unmatched' ORDER BY g.id LIMIT 20) f,
			LATERAL (` + ledger.SelectCurrentHolder + `) now) x)`

// selectProposal selects the proposal that waits for a second person in case c.
const selectProposal = `CASE WHEN c.state = 'proposed' THEN (SELECT jsonb_build_object('stall_id', s.stall_id, 'action',
	s.action, 'content', coalesce(s.conflict_id, c.notice_id),
			'reason', s.reason, 'at', s.at, 'by', jsonb_build_object('id', person(s.actor_id), 'name',
			coalesce(u.full_name, k.name, '')))
		FROM case_steps s LEFT JOIN api_keys k ON k.id = s.actor_id LEFT JOIN users u ON u.id = coalesce(k.owner_id,
		s.actor_id)
		WHERE s.case_id = c.id AND s.step = 'propose' ORDER BY s.id DESC LIMIT 1) END`

// matchContents sets the stall of each conflict that is not posted: the one that the present register
// matches.
func (cs *Cases) matchContents(ctx context.Context, cases []Case) error {
	for i := range cases {
		if cases[i].State.closed() {
			continue
		}
		for j := range cases[i].Contents {
			content := &cases[i].Contents[j]
			if content.ConflictID == nil || content.Posted {
				continue
			}
			later, err := cs.intake.ReadLaterContent(ctx, cs.db.Pool, *content.ConflictID)
			if err != nil {
				return err
			}
			if later.Stall != nil && !later.SameTransfer {
				content.StallID = later.Stall
			}
		}
	}
	return nil
}

// chooseContent finds the content that a resolution is about: the one it names, or of a conflict the
// one that is not posted. A conflict's case never moves the money of the first notice.
func (c *caseWork) chooseContent(ctx context.Context, r *Resolution) error {
	if c.kind == notices.Conflict && c.conflict == nil {
		return problem.Of("action", "nothing_to_move", "Không còn nội dung đến sau, chỉ có thể bỏ qua.",
			"The later content does not exist any more; the case can only be dismissed.")
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
		if r.Action == Dismiss {
			return nil
		}
		return problem.New(problem.Conflict, "first_content",
			"Hồ sơ này chỉ xử lý nội dung đến sau; nội dung đầu giữ nguyên.",
			"This case is only about the later content; the first notice does not change.")
	}
	later, err := c.intake.ReadLaterContent(ctx, c.tx, *c.conflict)
	if err != nil {
		return err
	}
	c.content = later
	if r.Action == Assign && later.State == notices.Ignored {
		return problem.Of("action", "nothing_to_move", "Nội dung đến sau không phải tiền vào, chỉ có thể bỏ qua.",
			"The later content is not incoming money; it can only be dismissed.")
	}
	if later.SameTransfer && later.Notice.Reverses == "" && r.Action != Dismiss {
		return problem.New(
			problem.Conflict,
			"same_transfer",
			"Nội dung đến sau trùng tài khoản, số tiền và số tham chiếu với nội dung đầu: là một khoản, không ghi lần nữa.",
			"The later content has the account, amount and reference of the first notice: it is one transfer and is not posted again.",
		)
	}
	if r.Action == Assign && r.StallID == nil && later.Stall != nil {
		stall := *later.Stall
		r.StallID = &stall
	}
	return nil
}

func unknownContent() error {
	return problem.Of("content", "unknown_content", "Hồ sơ không có nội dung này.", "The case has no such content.")
}

// laterFunds returns the funds of a conflict's later content, before its payments are followed.
func (c *caseWork) laterFunds() *funds {
	n := &c.content.Notice
	f := &funds{
		amount: n.Amount, currency: n.Currency, occurredAt: n.OccurredAt, reference: n.Reference,
		account: c.content.Account, reverses: n.Reverses,
	}
	if code := c.content.MemoCode; code != "" {
		f.memoCode = &code
	}
	return f
}
