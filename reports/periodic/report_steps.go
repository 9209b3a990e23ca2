package periodic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/reports"
	"market40/reports/proof"
)

// allowedSteps are the actions: the states in which each is allowed, and the state after it.
var allowedSteps = map[string]struct {
	from  []string
	state string
}{
	"submit":  {[]string{Draft}, Submitted},
	"correct": {[]string{Submitted, Approved, Returned}, Submitted},
	"approve": {[]string{Submitted}, Approved},
	"return":  {[]string{Submitted, Approved}, Returned},
}

// stateWords are the states in words.
var stateWords = map[string]string{Draft: "bản nháp", Submitted: "đã gửi", Approved: "đã duyệt", Returned: "bị trả lại"}

// Submit freezes the content of a report as its first version and submits it.
func (p *Periodic) Submit(ctx context.Context, who roles.Principal, id, note string) (*Whole, error) {
	if err := encodings.CheckText("note", note); err != nil {
		return nil, err
	}
	return p.freeze(ctx, who, id, freezing{action: "submit", note: note})
}

// Correct freezes the content as a new version and submits it. Earlier versions do not change.
func (p *Periodic) Correct(ctx context.Context, who roles.Principal, id, reason string) (*Whole, error) {
	reason, err := readNote("reason", reason)
	if err != nil {
		return nil, err
	}
	return p.freeze(ctx, who, id, freezing{action: "correct", reason: reason})
}

// Freeze submits the report of an order and returns its newest version. It creates the report if
// none exists. A report that was already submitted is not changed.
func (p *Periodic) Freeze(ctx context.Context, who roles.Principal, o ReportOrder) (*Version, error) {
	a, err := p.about(ctx, who, o)
	if err != nil {
		return nil, err
	}
	r, err := p.findReport(ctx, who, a)
	if err == nil && r == nil {
		r, err = p.Make(ctx, who, o)
	}
	if err != nil {
		return nil, err
	}
	if r.State == Draft {
		submitted, err := p.Submit(ctx, who, r.ID.String(), "")
		if err != nil {
			return nil, err
		}
		r = &submitted.Report
	}
	return p.ReadVersion(ctx, who, r.ID.String(), *r.Version)
}

// readNote returns a text that is not empty and is readable.
func readNote(field, text string) (string, error) {
	if err := encodings.CheckText(field, text); err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if len([]rune(text)) < 3 {
		return "", problem.Of(field, "too_short", "Hãy ghi rõ lý do, ít nhất 3 ký tự.",
			"Give a reason of at least 3 characters.")
	}
	return text, nil
}

type freezing struct {
	action, note, reason string
}

// freeze counts on one snapshot and then writes under the report's lock. Of two at the same time
// the second finds another state and is refused.
func (p *Periodic) freeze(ctx context.Context, who roles.Principal, id string, f freezing) (*Whole, error) {
	r, err := p.find(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := p.mayFreeze(who, r, f.action); err != nil {
		return nil, err
	}
	if err := p.prove(ctx, r.about); err != nil {
		return nil, err
	}
	content, err := p.content(ctx, who, r.about, r.about.period.Next)
	if err != nil {
		return nil, err
	}
	err = p.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := advanceState(ctx, tx, r.ID, f.action); err != nil {
			return err
		}
		version := 0
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM report_versions WHERE report_id = $1`,
			r.ID).Scan(&version); err != nil {
			return err
		}
		if f.action == "correct" {
			if err := p.recordStep(
				ctx,
				tx,
				who,
				r.ID,
				Step{Step: "reopened", Version: version, Note: f.reason},
			); err != nil {
				return err
			}
		}
		content.Frozen = &Frozen{
			Report: r.ID, Version: version + 1, At: p.now().UTC().Truncate(time.Microsecond),
			Reason: f.reason,
		}
		if err := p.storeVersion(ctx, tx, who, content); err != nil {
			return err
		}
		return p.recordStep(ctx, tx, who, r.ID, Step{Step: Submitted, Version: version + 1, Note: f.note})
	})
	if err != nil {
		return nil, fmt.Errorf("%s report %s: %w", f.action, r.ID, err)
	}
	return p.read(ctx, who, id)
}

// prove refuses to freeze (409) if a reader could derive hidden figures.
func (p *Periodic) prove(ctx context.Context, a about) error {
	err := p.reports.Prove(ctx, reports.Question{AsOf: a.period.Next.Format(time.DateOnly), Campaign: a.campaign.Code})
	var unproved *proof.ErrUnproved
	if !errors.As(err, &unproved) {
		return err
	}
	slog.ErrorContext(ctx, "a report is not frozen: a hidden figure could be derived", "period", a.period.String(),
		"findings", unproved.Findings)
	return problem.New(
		problem.Conflict,
		"figures_not_proved",
		"Chưa chốt được: từ các số liệu công bố của ngày này có thể tính ra một số liệu ẩn. Hãy báo cho người vận hành hệ thống.",
		"The report is not frozen: a hidden figure could be derived from what is published for this day. Inform the operator of the system.",
	)
}

// mayFreeze refuses a step in the wrong state and a period that has not ended. Only the province
// may freeze the report of the whole campaign.
func (p *Periodic) mayFreeze(who roles.Principal, r *Report, step string) error {
	if r.Locality == nil && !who.Role.May(roles.JudgeReports) {
		return problem.New(problem.Forbidden, "not_allowed", "Chỉ cấp tỉnh được chốt báo cáo của cả chiến dịch.",
			"Only the province may freeze the report of the whole campaign.")
	}
	if !slices.Contains(allowedSteps[step].from, r.State) {
		return otherState(r.State)
	}
	if next := r.about.period.Next; p.today().Before(next) {
		return problem.New(problem.Conflict, "period_unfinished",
			fmt.Sprintf("Kỳ %s kết thúc ngày %s; gửi được từ ngày %s.", r.about.period.vi(),
				bizday.ShowDay(r.about.period.Last()), bizday.ShowDay(next)),
			fmt.Sprintf("The period %s ends on %s; it can be submitted from %s on.", r.Period,
				bizday.ShowDay(r.about.period.Last()), bizday.ShowDay(next)))
	}
	return nil
}

func otherState(state string) error {
	return problem.New(problem.Conflict, "report_state", "Báo cáo đang ở trạng thái: "+stateWords[state]+".",
		"The report is "+state+".")
}

// advanceState locks a report and moves it to the state after a step, or refuses (409).
func advanceState(ctx context.Context, tx pgx.Tx, id uuid.UUID, step string) error {
	var state string
	if err := tx.QueryRow(ctx, `SELECT state FROM periodic_reports WHERE id = $1 FOR UPDATE`, id).Scan(
		&state); err != nil {
		return err
	}
	if !slices.Contains(allowedSteps[step].from, state) {
		return otherState(state)
	}
	_, err := tx.Exec(ctx, `UPDATE periodic_reports SET state = $2 WHERE id = $1`, id, allowedSteps[step].state)
	return err
}

// storeVersion writes a version.
func (p *Periodic) storeVersion(ctx context.Context, tx pgx.Tx, who roles.Principal, content *Content) error {
	s, err := p.seal(content)
	if err != nil {
		return err
	}
	f := content.Frozen
	_, err = tx.Exec(ctx, `INSERT INTO report_versions (report_id, version, basis, as_of, content, sha256, signature,
		reason, frozen_by, frozen_at)
		VALUES ($1, $2, $3, $4::text::date, $5, $6, $7, $8, $9, $10)`,
		f.Report, f.Version, content.Basis, content.AsOf, s.canonical, s.digest, s.signature, f.Reason, who.ActorID,
		f.At)
	return err
}

func (p *Periodic) recordStep(ctx context.Context, tx pgx.Tx, who roles.Principal, report uuid.UUID, s Step) error {
	_, err := tx.Exec(ctx, `INSERT INTO report_steps (id, report_id, step, version, note, actor_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		uuid.Must(uuid.NewV7()), report, s.Step, s.Version, strings.TrimSpace(s.Note), who.ActorID, p.now())
	return err
}

// Approve approves the newest version. The person who submitted it is refused: two different
// persons are required, whatever keys they use.
func (p *Periodic) Approve(ctx context.Context, who roles.Principal, id, note string) (*Whole, error) {
	if err := encodings.CheckText("note", note); err != nil {
		return nil, err
	}
	return p.decide(ctx, who, id, "approve", note)
}

// Return returns a report with the reason. An approved report can be returned too, if it turns out
// to be wrong.
func (p *Periodic) Return(ctx context.Context, who roles.Principal, id, note string) (*Whole, error) {
	note, err := readNote("note", note)
	if err != nil {
		return nil, err
	}
	return p.decide(ctx, who, id, "return", note)
}

func (p *Periodic) decide(ctx context.Context, who roles.Principal, id, step, note string) (*Whole, error) {
	r, err := p.find(ctx, who, id)
	if err != nil {
		return nil, err
	}
	err = p.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := advanceState(ctx, tx, r.ID, step); err != nil {
			return err
		}
		version, own, err := readSubmitter(tx.QueryRow(ctx, submittedLast, r.ID, who.ActorID))
		if err != nil {
			return err
		}
		if own && step == "approve" {
			return problem.New(
				problem.Conflict,
				"second_person_needed",
				"Người gửi không được tự duyệt: cần người thứ hai.",
				"The person who submitted it cannot approve it: a second person has to.",
			)
		}
		return p.recordStep(ctx, tx, who, r.ID, Step{Step: allowedSteps[step].state, Version: version, Note: note})
	})
	if err != nil {
		return nil, fmt.Errorf("%s report %s: %w", step, r.ID, err)
	}
	return p.read(ctx, who, id)
}

// submittedLast selects the last submitted version of a report $1, and whether the person $2
// submitted it.
const submittedLast = `SELECT version, person(actor_id) = person($2) FROM report_steps WHERE report_id = $1
	AND step = 'submitted' ORDER BY version DESC LIMIT 1`

// readSubmitter reads the result of submittedLast; version 0 means that none was submitted.
func readSubmitter(row pgx.Row) (version int, own bool, err error) {
	if err = row.Scan(&version, &own); errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return version, own, err
}
