// Package beneficiary changes where a stall's money goes. A change waits for a day or for a second
// person; the former receiver is notified, and the board is alerted.
package beneficiary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/outbox"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/scope"
	"market40/merchants/tenancies"
	"market40/migrations/database"
)

// Changes proposes and decides changes of the account on which a stall receives.
type Changes struct {
	db       *database.DB
	keys     *seal.Keys
	messages *outbox.Outbox
	now      func() time.Time
	writer   *tenancies.Writer
}

// New returns the changes of the register in db.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Changes {
	return &Changes{
		db:       db,
		keys:     keys,
		messages: outbox.New(db, keys, now),
		now:      now,
		writer:   tenancies.NewWriter(db, keys, now),
	}
}

// How long things last around a change of where money goes.
const (
	changeWait   = 24 * time.Hour     // until a proved person's change is effective without a second person
	changeLapses = 7 * 24 * time.Hour // until a program's change without approval is refused
	listedFor    = 90 * 24 * time.Hour
	recentFor    = 30 * 24 * time.Hour // how long the stall's page shows it
)

// Kinds of change. A replacement waits, and so does every change that a program proposes. The
// others take effect at once. All are reported to the former receiver, shown on the stall's page
// and checked for alerts.
const (
	replacement = "replacement" // another account instead of one of the tenant's
	addition    = "addition"    // a further account of the tenant
	newTenant   = "tenant"      // another merchant has the stall
)

// States of a change, which are its last steps too.
const (
	changePending   = "pending"
	changeEffective = "effective"
	changeCancelled = "cancelled"
	changeRefused   = "refused"
)

// ChangeOrder is where a stall's money is to go instead.
type ChangeOrder struct {
	Account   tenancies.AccountOrder `json:"account"`
	AccountID string                 `json:"account_id,omitempty" doc:"the account that it replaces; absent: the tenant's first"`
	Reason    string                 `json:"reason" minLength:"3" maxLength:"500"`
}

// change is a row of beneficiary_changes with the names that its notices show, read while its stall
// is locked.
type change struct {
	id                      uuid.UUID
	kind, state             string
	market, stall, tenancy  uuid.UUID
	oldAccount, newAccount  *uuid.UUID
	bin, last4, holder      string // of the new account
	proposal, contact       []byte
	last3                   string // of the contact
	reason                  string
	proposedBy              uuid.UUID
	proposedAt, due         time.Time
	needsSecond             bool
	decidedAt               *time.Time
	stallNumber, marketName string
	bankName                string
	addressee               string                  // of the contact, where several share the phone
	why                     string                  // it was refused
	account                 *tenancies.AccountOrder // of the proposal of a replacement or an addition
	tenant                  *tenancies.TenancyOrder // of the proposal of another tenant
}

func proposalPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "beneficiary_changes", Column: "proposal", ID: id}
}

func contactPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "beneficiary_changes", Column: "contact", ID: id}
}

// proposeChange proposes that another account receives instead of one of the tenant's. A person's
// change waits a day, a program's waits for a second person. Refused: a proof that is too old
// (403), a merchant who is not the tenant (403), a vacant or closed stall, one without an account
// or with a change under way, an account that the stall has already or that is another merchant's
// (409), and whatever registering refuses in an account (422).
func (cs *Changes) proposeChange(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o ChangeOrder,
) (uuid.UUID, error) {
	if err := who.RefuseStaleProof(cs.now()); err != nil {
		return uuid.Nil, err
	}
	c := &change{id: database.NewID()}
	var b *tenancies.Batch
	err := cs.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := tenancies.LockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.RequireTenant(); err != nil {
			return err
		}
		if who.Role == roles.Merchant && (who.MerchantID == nil || *who.MerchantID != at.Merchant) {
			return scope.OutOfScope()
		}
		*c = change{
			id: c.id, kind: replacement, state: changePending, market: at.Market, stall: stall,
			tenancy: at.Tenancy, reason: encodings.OneLine(o.Reason),
		}
		if err := c.findReplaced(ctx, tx, o.AccountID); err != nil {
			return err
		}
		b = cs.writer.NewBatch(at.Market)
		e, err := b.ResolveFurther(ctx, tx, at, o.Account)
		if err != nil {
			return err
		}
		e.Claims = true
		if err := refuseExistingAccount(ctx, tx, at.Tenancy, e.AccountID); err != nil {
			return err
		}
		return cs.enterChange(
			ctx,
			tx,
			who,
			c,
			proposal{entry: e, order: e.Account.AccountOrder, contactOf: at.Merchant},
		)
	})
	cs.writer.StoreClaims(ctx, b)
	if err = clashRefusal(err); err != nil {
		return c.id, fmt.Errorf("propose another account for stall %s: %w", stall, err)
	}
	return c.id, nil
}

// proposal is what a waiting change will bring.
type proposal struct {
	entry     *tenancies.Entry
	order     any       // ordered again when the change takes effect: an AccountOrder or a TenancyOrder
	contactOf uuid.UUID // the merchant who gets the notice
}

// enterChange writes a proposal, sends the old contact a notice, and alerts the board if needed.
func (cs *Changes) enterChange(ctx context.Context, tx pgx.Tx, who roles.Principal, c *change, o proposal) error {
	var under bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM beneficiary_changes
		WHERE stall_id = $1 AND state = 'pending')`, c.stall).Scan(&under); err != nil {
		return fmt.Errorf("find a change under way: %w", err)
	}
	if under {
		return changeUnderWay()
	}
	plain, err := json.Marshal(o.order)
	if err != nil {
		return err
	}
	if c.proposal, err = cs.keys.Seal(ctx, proposalPlace(c.id), plain); err != nil {
		return err
	}
	if a := o.entry.Account; a != nil {
		c.bin, c.last4, c.holder = a.BankBIN, seal.Last4(a.AccountNumber), a.HolderName
	}
	c.proposedBy, c.proposedAt, c.needsSecond = who.ActorID, cs.now(), who.IsProgram()
	c.due = c.proposedAt.Add(changeWait)
	if c.needsSecond {
		c.due = c.proposedAt.Add(changeLapses)
	}
	if err := cs.insertChange(ctx, tx, o.contactOf, c); err != nil {
		return err
	}
	if err := cs.recordStep(ctx, tx, c, "proposed", &who.ActorID, c.reason); err != nil {
		return err
	}
	return cs.warnBoard(ctx, tx, c)
}

func changeUnderWay() error {
	return problem.New(problem.Conflict, "change_under_way", "Sạp đang có một yêu cầu đổi tài khoản chờ hiệu lực.",
		"Another change of the stall's account is waiting.")
}

// clashRefusal turns a second proposal for one stall, made at the same moment, into its refusal.
func clashRefusal(err error) error {
	if database.ViolatedUnique(err) == "beneficiary_changes_pending" {
		return changeUnderWay()
	}
	return err
}

// findReplaced finds the account that the change replaces.
func (c *change) findReplaced(ctx context.Context, tx pgx.Tx, account string) error {
	wanted, err := uuid.Parse(account)
	if err != nil && account != "" {
		return problem.Missing("account")
	}
	var found uuid.UUID
	err = tx.QueryRow(ctx, tenancies.FirstAccount, c.tenancy, wanted, uuid.Nil).Scan(&found)
	c.oldAccount = &found
	switch {
	case errors.Is(err, pgx.ErrNoRows) && account != "":
		return problem.Missing("account")
	case errors.Is(err, pgx.ErrNoRows):
		return tenancies.NoAccount()
	case err != nil:
		return fmt.Errorf("find the account to replace: %w", err)
	}
	return nil
}

// refuseExistingAccount refuses an account that the tenancy receives on already.
func refuseExistingAccount(ctx context.Context, tx pgx.Tx, tenancy, account uuid.UUID) error {
	var known bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancy_accounts WHERE tenancy_id = $1 AND account_id = $2
		AND replaced_at IS NULL)`,
		tenancy, account).Scan(&known)
	if err != nil {
		return fmt.Errorf("find account of tenancy: %w", err)
	}
	if known {
		return problem.New(problem.Conflict, "account_stands", "Sạp đã nhận tiền vào tài khoản này.",
			"The stall already receives money on this account.")
	}
	return nil
}

// insertChange writes the row with the contact of the merchant who received the money until now.
func (cs *Changes) insertChange(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, c *change) error {
	var phone []byte
	err := tx.QueryRow(ctx, `SELECT m.phone, m.phone_last3, s.number, k.name, coalesce((SELECT short_name FROM banks
		WHERE bin = $3), 'ví điện tử')
		FROM merchants m, stalls s JOIN markets k ON k.id = s.market_id WHERE m.id = $1 AND s.id = $2`, merchant,
		c.stall, c.bin).
		Scan(&phone, &c.last3, &c.stallNumber, &c.marketName, &c.bankName)
	if err != nil {
		return fmt.Errorf("find the contact of the change: %w", err)
	}
	if phone != nil {
		plain, err := cs.keys.Open(ctx, tenancies.PhonePlace(merchant), phone)
		if err != nil {
			return err
		}
		if c.contact, err = cs.keys.Seal(ctx, contactPlace(c.id), plain); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO beneficiary_changes (id, kind, state, market_id, stall_id, tenancy_id,
		old_account, new_account, bank_bin, last4, holder_name,
			proposal, reason, proposed_by, proposed_at, due_at, needs_second, contact, contact_last3, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		c.id, c.kind, c.state, c.market, c.stall, c.tenancy, c.oldAccount, c.newAccount, c.bin, c.last4, c.holder,
		c.proposal, c.reason, c.proposedBy, c.proposedAt, c.due, c.needsSecond, c.contact, c.last3, c.decidedAt)
	if err != nil {
		return fmt.Errorf("write change: %w", err)
	}
	return nil
}

// recordStep records what happened to a change and sends the old contact a notice. An approval
// sends none, because the change takes effect at once and sends its own.
func (cs *Changes) recordStep(
	ctx context.Context,
	tx pgx.Tx,
	c *change,
	step string,
	by *uuid.UUID,
	reason string,
) error {
	_, err := tx.Exec(ctx, `INSERT INTO beneficiary_change_steps (id, change_id, step, actor_id, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		database.NewID(), c.id, step, by, reason, cs.now())
	if err != nil {
		return fmt.Errorf("record step %s of change %s: %w", step, c.id, err)
	}
	if c.contact == nil || step == "approved" {
		return nil
	}
	phone, err := cs.keys.Open(ctx, contactPlace(c.id), c.contact)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT m.full_name FROM accounts a JOIN merchants m ON m.id = a.merchant_id
		WHERE a.id = $1 AND EXISTS (SELECT FROM merchants o WHERE o.phone_index = $2 AND o.id <> m.id)`, c.oldAccount,
		cs.keys.Index("phone", string(phone))).Scan(&c.addressee)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("find whom change %s concerns: %w", c.id, err)
	}
	return cs.messages.Put(ctx, tx, c.message(step, string(phone)))
}
