package privacy

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
)

// How a consent was given.
const (
	inApp     = "in_app"  // by the merchant itself
	onPaper   = "paper"   // signed, and entered by the board
	onRequest = "request" // withdrawn, because a request to restrict or to object was granted
)

// byConsent is the basis of what only those have done to their data who said yes.
const byConsent = "consent"

// ConsentText is the exact text about a purpose.
type ConsentText struct {
	Purpose string    `json:"purpose"`
	Version int       `json:"version"`
	Basis   string    `json:"basis" enum:"consent,contract,public_task" doc:"consent: allowed only after a yes; contract, public_task: no consent is needed, the text only informs"`
	Vi      string    `json:"vi"`
	En      string    `json:"en"`
	SHA256  string    `json:"sha256" doc:"the hash of the Vietnamese text, a line feed and the English text, in UTF-8"`
	Since   time.Time `json:"since" format:"date-time" doc:"from when this version applies"`
	Current bool      `json:"current"`
}

// currentTexts are the texts that apply on day $1.
const currentTexts = `SELECT DISTINCT ON (purpose) * FROM consent_texts WHERE since <= $1::date
	ORDER BY purpose, version DESC`

// texts returns all versions of all texts, each purpose's newest first.
func (d *Desk) texts(ctx context.Context) ([]ConsentText, error) {
	rows, err := d.db.Pool.Query(ctx, `WITH current AS (`+currentTexts+`)
		SELECT t.purpose, t.version, t.basis, t.vi, t.en, t.sha256, t.since::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh',
		c.version IS NOT NULL
		FROM consent_texts t LEFT JOIN current c USING (purpose, version) ORDER BY t.purpose, t.version DESC`,
		d.today())
	if err != nil {
		return nil, fmt.Errorf("read consent texts: %w", err)
	}
	texts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t ConsentText, err error) {
		var hash []byte
		err = row.Scan(&t.Purpose, &t.Version, &t.Basis, &t.Vi, &t.En, &hash, &t.Since, &t.Current)
		t.SHA256 = hex.EncodeToString(hash)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read consent texts: %w", err)
	}
	return texts, nil
}

// today returns the business day as PostgreSQL reads a date.
func (d *Desk) today() string { return bizday.DayOf(d.now()) }

// Consent is a merchant's present answer to a purpose.
type Consent struct {
	Purpose        string     `json:"purpose"`
	Basis          string     `json:"basis" enum:"consent,contract,public_task"`
	Given          bool       `json:"given" doc:"false if never asked; true if no consent is needed"`
	CurrentVersion int        `json:"current_version" doc:"the version of the text that applies today"`
	TextVersion    *int       `json:"text_version" doc:"the version of the answered text; null: no answer yet"`
	How            *string    `json:"how" enum:"in_app,paper,request"`
	At             *time.Time `json:"at"`
}

const currentConsents = `WITH current AS (` + currentTexts + `)
	SELECT t.purpose, t.basis, coalesce(c.given, t.basis <> 'consent'), t.version, c.version, c.how, c.at
	FROM current t LEFT JOIN LATERAL (
		SELECT * FROM consents WHERE merchant_id = $2 AND purpose = t.purpose ORDER BY at DESC, id DESC
		LIMIT 1) c ON true
	WHERE $3 = '' OR t.purpose = $3 ORDER BY t.purpose`

// consents returns a merchant's present answer to each purpose, or to one.
func (d *Desk) consents(ctx context.Context, q querier, merchant uuid.UUID, purpose string) ([]Consent, error) {
	rows, err := q.Query(ctx, currentConsents, d.today(), merchant, purpose)
	if err != nil {
		return nil, fmt.Errorf("read consents of merchant %s: %w", merchant, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Consent])
	if err != nil {
		return nil, fmt.Errorf("read consents of merchant %s: %w", merchant, err)
	}
	return list, nil
}

// ConsentOrder is a yes or a no to a text.
type ConsentOrder struct {
	Purpose     string `json:"purpose" maxLength:"40" example:"public_page"`
	Given       bool   `json:"given" doc:"false withdraws: at once, and as easily as it was given"`
	How         string `json:"how" enum:"in_app,paper" doc:"in_app: the merchant itself; paper: signed, entered by the board"`
	TextVersion int    `json:"text_version,omitempty" minimum:"1" doc:"the version of the text that was shown; required for a yes, which must be to today's text"`
}

// consent records a yes or a no. It refuses a purpose without a text or without need of consent. It
// refuses a yes to another text than today's (409), a way that the caller may not use (422), and an
// erased merchant (409).
func (d *Desk) consent(ctx context.Context, who roles.Principal, merchant uuid.UUID,
	o ConsentOrder,
) (recorded Consent, err error) {
	if mine := who.Role == roles.Merchant; mine != (o.How == inApp) {
		return recorded, problem.Of("how", "consent_how",
			"Tiểu thương tự trả lời trong ứng dụng; ban quản lý nhập lại từ giấy đã ký.",
			"A merchant answers in the app; the board enters what was signed on paper.")
	}
	err = d.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockMerchant(ctx, tx, merchant); err != nil {
			return err
		}
		version, err := d.answeredVersion(ctx, tx, o)
		if err != nil {
			return err
		}
		if err := d.writeConsent(ctx, tx, who, merchant, o, version); err != nil {
			return err
		}
		now, err := d.consents(ctx, tx, merchant, o.Purpose)
		if err == nil {
			recorded = now[0]
		}
		return err
	})
	if err != nil {
		return recorded, fmt.Errorf("record consent of merchant %s: %w", merchant, err)
	}
	return recorded, nil
}

// answeredVersion returns the version of the text that an order answers.
func (d *Desk) answeredVersion(ctx context.Context, tx pgx.Tx, o ConsentOrder) (version int, err error) {
	var basis string
	err = tx.QueryRow(ctx, `SELECT version, basis FROM (`+currentTexts+`) t WHERE purpose = $2`, d.today(),
		o.Purpose).Scan(&version, &basis)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, problem.Of("purpose", "unknown_value", "Không có mục đích này: hãy xem danh sách văn bản đồng ý.",
			"There is no such purpose: see the list of consent texts.")
	case err != nil:
		return 0, fmt.Errorf("find text of %s: %w", o.Purpose, err)
	case basis != byConsent:
		return 0, problem.Of("purpose", "no_consent_needed",
			"Mục đích này không cần sự đồng ý; bạn có thể gửi yêu cầu hạn chế hoặc phản đối.",
			"This purpose needs no consent; you can send a request to restrict or to object.")
	case o.Given && o.TextVersion != version:
		return 0, problem.New(problem.Conflict, "text_outdated", fmt.Sprintf("Văn bản hiện nay là bản %d, hãy đọc lại.",
			version),
			fmt.Sprintf("The text is version %d now: read it again.", version))
	}
	return version, nil
}

func (d *Desk) writeConsent(ctx context.Context, tx pgx.Tx, who roles.Principal, merchant uuid.UUID, o ConsentOrder,
	version int,
) error {
	_, err := tx.Exec(ctx, `INSERT INTO consents (id, merchant_id, purpose, version, given, how, actor_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		newID(), merchant, o.Purpose, version, o.Given, o.How, who.ActorID, d.now())
	if err != nil {
		return fmt.Errorf("write consent: %w", err)
	}
	return nil
}

// withdrawAll withdraws every consent of a merchant, because what only consent allows ends when it
// objects.
func (d *Desk) withdrawAll(ctx context.Context, tx pgx.Tx, who roles.Principal, merchant uuid.UUID) error {
	standing, err := d.consents(ctx, tx, merchant, "")
	if err != nil {
		return err
	}
	for _, c := range standing {
		if c.Basis != byConsent || !c.Given {
			continue
		}
		if err := d.writeConsent(ctx, tx, who, merchant, ConsentOrder{Purpose: c.Purpose, How: onRequest},
			c.CurrentVersion); err != nil {
			return err
		}
	}
	return nil
}
