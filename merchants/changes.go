package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
)

// How long things last around a change of where money goes.
const (
	changeWait   = 24 * time.Hour     // until a proved person's change is effective without a second person
	changeLapses = 7 * 24 * time.Hour // until a program's change that nobody approved is refused
	provedFor    = 5 * time.Minute    // how fresh a person's proof must be to move money
	listedFor    = 90 * 24 * time.Hour
	recentFor    = 30 * 24 * time.Hour // how long the stall's page tells of it
)

// Kinds of change. A replacement waits; so does whatever a program proposes. The others are at
// once, and told, shown and watched alike.
const (
	replacement = "replacement" // another account instead of the one that the stall's code pays
	addition    = "addition"    // a further account beside those that stand
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
	Account   AccountOrder `json:"account"`
	AccountID string       `json:"account_id,omitempty" doc:"the account that it replaces; absent: the tenant's first"`
	Reason    string       `json:"reason" minLength:"3" maxLength:"500"`
}

// change is a row of beneficiary_changes with what tells of it, read while its stall is locked.
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
	addressee               string        // of the contact, where several share the phone
	why                     string        // it was refused
	account                 *AccountOrder // of the proposal of a replacement or an addition
	tenant                  *tenancyOrder // of the proposal of another tenant
}

func proposalPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "beneficiary_changes", Column: "proposal", ID: id}
}

func contactPlace(id uuid.UUID) seal.Place {
	return seal.Place{Table: "beneficiary_changes", Column: "contact", ID: id}
}

// refuseStaleProof refuses a person with a proof that is too old: a phone left on a counter must
// not move money. A program proves nothing: what it proposes waits for a second person instead
// (auth.Principal.IsProgram).
func refuseStaleProof(who roles.Principal, now time.Time) error {
	if who.SessionID == nil || now.Sub(who.ProvedAt) <= provedFor {
		return nil
	}
	return problem.New(problem.Forbidden, "prove_again", "Việc này liên quan đến tiền: hãy xác thực lại.",
		"This is about money: prove who you are again.")
}

// proposeChange proposes that another account receives instead of one of the tenant's. A person's
// change waits a day, a program's waits for a second person. Refused: a proof that is too old
// (403), a merchant who is not the tenant (403), a vacant or closed stall, one without an account
// or with a change under way, an account that stands here or is another merchant's (409), and
// whatever registering refuses in an account (422).
func (r *Registry) proposeChange(ctx context.Context, who roles.Principal, stall uuid.UUID,
	o ChangeOrder,
) (uuid.UUID, error) {
	if err := refuseStaleProof(who, r.now()); err != nil {
		return uuid.Nil, err
	}
	c := &change{id: newID()}
	var b *batch
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := lockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if err := at.open(); err != nil {
			return err
		}
		if who.Role == roles.Merchant && (who.MerchantID == nil || *who.MerchantID != at.merchant) {
			return notHere()
		}
		*c = change{
			id: c.id, kind: replacement, state: changePending, market: at.market, stall: stall,
			tenancy: at.tenancy, reason: oneLine(o.Reason),
		}
		if err := c.findReplaced(ctx, tx, o.AccountID); err != nil {
			return err
		}
		b = r.newBatch(at.market)
		e, err := b.wanted(ctx, tx, at, o.Account)
		if err != nil {
			return err
		}
		e.claims = true
		if err := refuseStanding(ctx, tx, at.tenancy, e.accountID); err != nil {
			return err
		}
		return r.enterChange(ctx, tx, who, c, proposal{entry: e, order: e.account.AccountOrder, contactOf: at.merchant})
	})
	r.keepClaims(ctx, b)
	if err = knownClash(err); err != nil {
		return c.id, fmt.Errorf("propose another account for stall %s: %w", stall, err)
	}
	return c.id, nil
}

// proposal is what a change that waits will bring.
type proposal struct {
	entry     *entry
	order     any       // as it will be ordered again when the change is effective: an AccountOrder or a tenancyOrder
	contactOf uuid.UUID // the merchant who is told
}

// enterChange writes a proposal, tells the old contact and looks whether the board should be
// warned.
func (r *Registry) enterChange(ctx context.Context, tx pgx.Tx, who roles.Principal, c *change, o proposal) error {
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
	if c.proposal, err = r.keys.Seal(ctx, proposalPlace(c.id), plain); err != nil {
		return err
	}
	if a := o.entry.account; a != nil {
		c.bin, c.last4, c.holder = a.BankBIN, seal.Last4(a.AccountNumber), a.HolderName
	}
	c.proposedBy, c.proposedAt, c.needsSecond = who.ActorID, r.now(), who.IsProgram()
	c.due = c.proposedAt.Add(changeWait)
	if c.needsSecond {
		c.due = c.proposedAt.Add(changeLapses)
	}
	if err := r.insertChange(ctx, tx, o.contactOf, c); err != nil {
		return err
	}
	if err := r.step(ctx, tx, c, "proposed", &who.ActorID, c.reason); err != nil {
		return err
	}
	return r.watch(ctx, tx, c)
}

func changeUnderWay() error {
	return problem.New(problem.Conflict, "change_under_way", "Sạp đang có một yêu cầu đổi tài khoản chờ hiệu lực.",
		"A change of the stall's account is under way.")
}

// knownClash turns a second proposal for one stall, made at the same moment, into its refusal.
func knownClash(err error) error {
	if clash(err) == "beneficiary_changes_pending" {
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
	err = tx.QueryRow(ctx, firstAccount, c.tenancy, wanted, uuid.Nil).Scan(&found)
	c.oldAccount = &found
	switch {
	case errors.Is(err, pgx.ErrNoRows) && account != "":
		return problem.Missing("account")
	case errors.Is(err, pgx.ErrNoRows):
		return noAccount()
	case err != nil:
		return fmt.Errorf("find the account to replace: %w", err)
	}
	return nil
}

// firstAccount is SQL for account $2 of tenancy $1 while it receives; for the first that does if $2
// is $3.
const firstAccount = `SELECT account_id FROM tenancy_accounts WHERE tenancy_id = $1
	AND ($2::uuid = $3::uuid OR account_id = $2) AND replaced_at IS NULL
	ORDER BY coalesce(place, since), account_id LIMIT 1`

func noAccount() error {
	return problem.New(problem.Conflict, "no_account", "Sạp chưa có tài khoản nhận tiền.",
		"The stall has no account to receive on.")
}

// further adds an account of the stall's tenant.
func (b *batch) further(at standing, o AccountOrder) *entry {
	e := b.join(at.id, StallOrder{Merchant: &MerchantOrder{ID: at.merchant.String()}, Account: &o})
	e.tenancy, e.newTenancy = at.tenancy, false
	return e
}

// wanted resolves a further account of the stall's tenant.
func (b *batch) wanted(ctx context.Context, tx pgx.Tx, at standing, o AccountOrder) (*entry, error) {
	e := b.further(at, o)
	if err := b.resolve(ctx, tx); err != nil {
		return nil, err
	}
	return e, b.refusal(asWritten)
}

// refuseStanding refuses an account that the tenancy receives on already.
func refuseStanding(ctx context.Context, tx pgx.Tx, tenancy, account uuid.UUID) error {
	var stands bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenancy_accounts WHERE tenancy_id = $1 AND account_id = $2
		AND replaced_at IS NULL)`,
		tenancy, account).Scan(&stands)
	if err != nil {
		return fmt.Errorf("find account of tenancy: %w", err)
	}
	if stands {
		return problem.New(problem.Conflict, "account_stands", "Sạp đã nhận tiền vào tài khoản này.",
			"The stall receives on this account already.")
	}
	return nil
}

// insertChange writes the row with the contact of the merchant whose money it was.
func (r *Registry) insertChange(ctx context.Context, tx pgx.Tx, merchant uuid.UUID, c *change) error {
	var phone []byte
	err := tx.QueryRow(ctx, `SELECT m.phone, m.phone_last3, s.number, k.name, coalesce((SELECT short_name FROM banks
		WHERE bin = $3), 'ví điện tử')
		FROM merchants m, stalls s JOIN markets k ON k.id = s.market_id WHERE m.id = $1 AND s.id = $2`, merchant,
		c.stall, c.bin).
		Scan(&phone, &c.last3, &c.stallNumber, &c.marketName, &c.bankName)
	if err != nil {
		return fmt.Errorf("find who is told: %w", err)
	}
	if phone != nil {
		plain, err := r.keys.Open(ctx, phonePlace(merchant), phone)
		if err != nil {
			return err
		}
		if c.contact, err = r.keys.Seal(ctx, contactPlace(c.id), plain); err != nil {
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

// step records what happened to a change, and tells the old contact of all but an approval, which
// is effective at once.
func (r *Registry) step(ctx context.Context, tx pgx.Tx, c *change, step string, by *uuid.UUID, reason string) error {
	_, err := tx.Exec(ctx, `INSERT INTO beneficiary_change_steps (id, change_id, step, actor_id, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		newID(), c.id, step, by, reason, r.now())
	if err != nil {
		return fmt.Errorf("record step %s of change %s: %w", step, c.id, err)
	}
	if c.contact == nil || step == "approved" {
		return nil
	}
	phone, err := r.keys.Open(ctx, contactPlace(c.id), c.contact)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT m.full_name FROM accounts a JOIN merchants m ON m.id = a.merchant_id
		WHERE a.id = $1 AND EXISTS (SELECT FROM merchants o WHERE o.phone_index = $2 AND o.id <> m.id)`, c.oldAccount,
		r.keys.Index("phone", string(phone))).Scan(&c.addressee)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("find whom change %s concerns: %w", c.id, err)
	}
	return r.messages.Put(ctx, tx, c.message(step, string(phone)))
}
