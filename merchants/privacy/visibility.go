package privacy

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/platform/web"
)

const (
	// shownReaders is how many readings are shown at once; /stalls/{id}/readers has all.
	shownReaders = 50
	// remindedFor is how long after a change of account its merchant is reminded of the tax
	// office's form.
	remindedFor = 30 * 24 * time.Hour
)

// Visibility is everything a merchant may know about who sees its data.
type Visibility struct {
	Data     []roles.Sight     `json:"data" doc:"the parts of a merchant's data"`
	Roles    []roles.RoleSight `json:"roles" doc:"what each role sees in its scope, and what it never sees, from the table of permissions"`
	Readers  []trail.Reader    `json:"readers" doc:"the newest 50 readings at all its stalls"`
	Consents []Consent         `json:"consents" doc:"its answer to each purpose, with the version it answered"`
	Reminder *Reminder         `json:"reminder" doc:"null: no account was changed or added within 30 days"`
}

// Reminder is of what a household may have to report to the tax office itself. Nothing is sent for it.
type Reminder struct {
	Form string `json:"form" example:"01/BK-STK"`
	roles.Wording
	Changes []RemindedChange `json:"changes" doc:"newest first"`
}

// RemindedChange is a change of account that a merchant is reminded of.
type RemindedChange struct {
	ID            uuid.UUID `json:"id"`
	Kind          string    `json:"kind" enum:"replacement,addition"`
	StallNumber   string    `json:"stall_number"`
	BankName      string    `json:"bank_name"`
	AccountNumber string    `json:"account_number" example:"••••1234"`
	At            time.Time `json:"at"`
}

// accountForm is what form 01/BK-STK is, in a merchant's words: a household's own list of its
// accounts for the tax office.
var accountForm = roles.Wording{
	Vi: "Mẫu 01/BK-STK là bảng kê tài khoản ngân hàng, ví điện tử mà hộ kinh doanh tự nộp cho cơ quan thuế. Bạn vừa đổi hoặc thêm tài khoản: hãy xem có phải nộp lại bảng kê không. Chợ 4.0 không gửi gì thay bạn.",
	En: "Form 01/BK-STK is a household business's own list of its bank accounts and e-wallets for the tax office. You changed or added an account: check whether you have to submit the list again. Chợ 4.0 sends nothing for you.",
}

// getVisibility returns to a merchant who sees its data. It refuses (403) a caller who is not a
// merchant.
func (d *Desk) getVisibility(ctx context.Context, _ *struct{}) (*web.Body[Visibility], error) {
	who, err := roles.Require(ctx, roles.ReadVisibility)
	if err == nil && who.MerchantID == nil {
		err = problem.New(problem.Forbidden, "not_allowed", "Chỉ tiểu thương xem được ai xem dữ liệu của mình.",
			"Only merchants may read who sees their data.")
	}
	if err != nil {
		return nil, err
	}
	v := Visibility{Data: roles.Sights(), Roles: roles.RoleSights()}
	of := trail.ReadersOf{Merchant: who.MerchantID, Limit: shownReaders}
	if who.ScopeKind == roles.ScopeStall && who.ScopeID != nil { // a program that serves one stall sees that one
		of.Stall = *who.ScopeID
	}
	v.Readers, err = trail.NewTrail(d.db, nil, d.now).Readers(ctx, of)
	if err != nil {
		return nil, err
	}
	if v.Consents, err = d.consents(ctx, d.db.Pool, *who.MerchantID, ""); err != nil {
		return nil, err
	}
	v.Reminder, err = d.reminder(ctx, who)
	return web.Answer(v, err)
}

// reminder returns a reminder for some days after an account of a merchant was changed or added,
// else nil.
func (d *Desk) reminder(ctx context.Context, who roles.Principal) (*Reminder, error) {
	rows, err := d.db.Pool.Query(ctx, `SELECT c.id, c.kind, s.number, coalesce(b.short_name, 'Ví điện tử'), c.last4,
		c.decided_at
		FROM beneficiary_changes c JOIN tenancies t ON t.id = c.tenancy_id JOIN stalls s ON s.id = c.stall_id
		LEFT JOIN banks b ON b.bin = c.bank_bin
		WHERE t.merchant_id = $1 AND c.state = 'effective' AND c.kind IN ('replacement', 'addition')
		AND c.decided_at > $2 AND sees_stall($3, $4, c.stall_id)
		ORDER BY c.decided_at DESC, c.id DESC LIMIT 10`, who.MerchantID, d.now().Add(-remindedFor), who.ScopeKind,
		who.ScopeID)
	if err != nil {
		return nil, fmt.Errorf("recent accounts of merchant %s: %w", who.MerchantID, err)
	}
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RemindedChange])
	if err != nil {
		return nil, fmt.Errorf("recent accounts of merchant %s: %w", who.MerchantID, err)
	}
	if len(changes) == 0 {
		return nil, nil //nolint:nilnil // nothing to be reminded of is an answer
	}
	for i := range changes {
		changes[i].AccountNumber = seal.Mask(changes[i].AccountNumber)
	}
	return &Reminder{Form: "01/BK-STK", Wording: accountForm, Changes: changes}, nil
}
