package merchants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/outbox"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
)

// refusals are why a change was refused, by the code, as its owner is told.
var refusals = map[string]string{
	vietqr.WalletNotBank: "ví điện tử không phải là ngân hàng",
	"change_lapsed":      "đã quá hạn duyệt",
	"tenancy_ended":      "sạp đã đổi người thuê",
	"account_in_use":     "người khác đang nhận tiền vào tài khoản này",
	"account_stands":     "sạp đã có tài khoản này",
}

// message is what the old contact is told of a step. It names the new account by its last digits
// only: a phone is read by others too. Of several who share the phone it names the one whom it
// concerns.
func (c *change) message(step, phone string) outbox.Message {
	where := fmt.Sprintf("sạp %s, %s", c.stallNumber, c.marketName)
	to := fmt.Sprintf("%s %s", c.bankName, seal.Mask(c.last4))
	text := ""
	switch {
	case step == "proposed" && c.needsSecond:
		text = fmt.Sprintf(
			"có yêu cầu %s, đang chờ người thứ hai duyệt. Nếu không phải bạn, hãy báo ban quản lý chợ hủy ngay.",
			c.wish(where, to),
		)
	case step == "proposed":
		text = fmt.Sprintf("có yêu cầu %s, hiệu lực lúc %s. Nếu không phải bạn, hãy báo ban quản lý chợ hủy ngay.",
			c.wish(where, to), bizday.ShowTime(c.due))
	case step == changeEffective && c.kind == addition:
		text = fmt.Sprintf("%s vừa có thêm tài khoản nhận tiền %s. Nếu không phải bạn, hãy báo ban quản lý chợ ngay.",
			where, to)
	case step == changeEffective && c.kind == newTenant:
		text = fmt.Sprintf(
			"%s đã đổi người thuê, mã nhận tiền của bạn tại sạp này đã thu hồi. Nếu không đúng, hãy báo ban quản lý chợ ngay.",
			where,
		)
	case step == changeEffective:
		text = fmt.Sprintf(
			"tài khoản nhận tiền của %s đã đổi sang %s. Nếu không phải bạn, hãy báo ban quản lý chợ ngay.",
			where,
			to,
		)
	case c.state == changeEffective: // an addition that is taken back
		text = fmt.Sprintf("tài khoản %s vừa thêm cho %s đã được gỡ.", to, where)
	default:
		because := ""
		if reason := refusals[c.why]; reason != "" {
			because = " vì " + reason
		}
		text = fmt.Sprintf("yêu cầu %s đã dừng%s, tài khoản cũ giữ nguyên.", c.wish(where, to), because)
	}
	from := "Chợ 4.0: "
	if c.addressee != "" {
		from = "Chợ 4.0, gửi " + c.addressee + ": "
	}
	return outbox.Message{Purpose: "beneficiary_" + step, About: c.id, Phone: phone, Text: from + text}
}

// wish is what a change asks for, as part of a sentence.
func (c *change) wish(where, to string) string {
	switch {
	case c.kind == addition:
		return fmt.Sprintf("thêm tài khoản nhận tiền %s cho %s", to, where)
	case c.kind == newTenant && c.last4 == "":
		return fmt.Sprintf("đổi người thuê %s", where)
	case c.kind == newTenant:
		return fmt.Sprintf("đổi người thuê %s, tiền sẽ về tài khoản %s", where, to)
	}
	return fmt.Sprintf("đổi tài khoản nhận tiền của %s sang %s", where, to)
}

// former is who received at a stall before a change of tenant.
type former struct {
	merchant, account uuid.UUID
}

// formerReceiver is the stall's tenant with the account that its code pays, or the last one if the
// stall was emptied lately: closing it first must not hide a change. Nil: nobody received here.
func (r *Registry) formerReceiver(ctx context.Context, tx pgx.Tx, stall uuid.UUID) (*former, error) {
	f := &former{}
	err := tx.QueryRow(ctx, `SELECT t.merchant_id, ta.account_id FROM tenancies t
		JOIN tenancy_accounts ta ON ta.tenancy_id = t.id AND ta.replaced_at IS NULL
		WHERE t.stall_id = $1 AND (upper_inf(t.valid) OR upper(t.valid) > $2)
		ORDER BY upper(t.valid) DESC NULLS FIRST, coalesce(ta.place, ta.since), ta.account_id LIMIT 1`, stall,
		r.now().Add(-recentFor)).
		Scan(&f.merchant, &f.account)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find who received at stall %s: %w", stall, err)
	}
	return f, nil
}

// tellAtOnce records a change that needs no waiting: an account beside those that stand, or another
// tenant. Its old contact is told, the stall's page shows it, the board is warned.
func (r *Registry) tellAtOnce(ctx context.Context, tx pgx.Tx, who roles.Principal, kind string, e *entry,
	from former,
) error {
	now := r.now()
	c := &change{
		id: newID(), kind: kind, state: changeEffective, market: e.market, stall: e.stall, tenancy: e.tenancy,
		oldAccount: &from.account, proposedBy: who.ActorID, proposedAt: now, due: now, decidedAt: &now,
	}
	if e.account != nil {
		c.newAccount, c.bin, c.last4, c.holder = &e.accountID, e.account.BankBIN, seal.Last4(e.account.AccountNumber),
			e.account.HolderName
	}
	if err := r.insertChange(ctx, tx, from.merchant, c); err != nil {
		return err
	}
	if err := r.step(ctx, tx, c, changeEffective, &who.ActorID, ""); err != nil {
		return err
	}
	return r.watch(ctx, tx, c)
}

// ToldChange is a sentence of the stall's page.
type ToldChange struct{ Vi, En string }

// ToldChanges are the sentences about a stall's changes: what waits, and what happened within 30
// days. They show no more of a number than its last digits.
func (r *Registry) ToldChanges(ctx context.Context, stall uuid.UUID) ([]ToldChange, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT c.kind, c.state, c.needs_second, c.due_at, coalesce(c.decided_at,
		c.proposed_at), a.role = 'merchant',
			coalesce(o.last4, ''), c.last4, c.bank_bin
		FROM beneficiary_changes c JOIN actors a ON a.id = c.proposed_by LEFT JOIN accounts o ON o.id = c.old_account
		WHERE c.stall_id = $1 AND (c.state = 'pending' OR (c.state = 'effective' AND c.decided_at > $2))
		ORDER BY c.state = 'pending' DESC, c.decided_at DESC, c.id DESC LIMIT 3`, stall, r.now().Add(-recentFor))
	if err != nil {
		return nil, fmt.Errorf("find changes of stall %s: %w", stall, err)
	}
	told, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ToldChange, error) {
		var kind, state, old, last, bin string
		var second, owner bool
		var due, at time.Time
		if err := row.Scan(&kind, &state, &second, &due, &at, &owner, &old, &last, &bin); err != nil {
			return ToldChange{}, err
		}
		if state == changePending {
			return pendingSentence(pending{
				kind: kind, owner: owner, second: second, wallet: vietqr.IsWallet(bin),
				due: due,
			}), nil
		}
		return recentSentence(kind, bizday.ShowDay(at), seal.Mask(old), seal.Mask(last)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("find changes of stall %s: %w", stall, err)
	}
	return told, nil
}

// pending is a change that waits.
type pending struct {
	kind          string
	owner, second bool // who asked, and whether a second person has to approve
	wallet        bool // it asks for a wallet: it was proposed before wallets were refused
	due           time.Time
}

func pendingSentence(c pending) ToldChange {
	by := ToldChange{"Ban quản lý", "The market's board"}
	if c.owner {
		by = ToldChange{"Chủ sạp", "The stall's owner"}
	}
	wish := map[string]ToldChange{
		replacement: {"đổi tài khoản nhận tiền", "another account"},
		addition:    {"thêm tài khoản nhận tiền", "a further account"},
		newTenant:   {"đổi người thuê sạp", "another tenant"},
	}[c.kind]
	begin := ToldChange{by.Vi + " đã yêu cầu " + wish.Vi + ", ", by.En + " asked for " + wish.En}
	if c.wallet {
		return ToldChange{begin.Vi + "nhưng ví điện tử không phải là ngân hàng nên tài khoản giữ nguyên.", begin.En +
			"; a wallet is no bank, so the account stays."}
	}
	if c.second {
		return ToldChange{begin.Vi + "đang chờ người thứ hai duyệt.", begin.En + "; a second person has to approve."}
	}
	return ToldChange{begin.Vi + "hiệu lực lúc " + bizday.ShowTime(c.due) + ".", begin.En + ", effective at " +
		bizday.ShowTime(c.due) + "."}
}

func recentSentence(kind, day, old, last string) ToldChange {
	switch kind {
	case addition:
		return ToldChange{"Sạp có thêm tài khoản nhận tiền " + last + " từ ngày " + day + ".", "A further account " +
			last + " since " + day + "."}
	case newTenant:
		return ToldChange{
			"Sạp đổi người thuê và tài khoản nhận tiền ngày " + day + ".",
			"Another tenant, with another account, since " + day + ".",
		}
	}
	return ToldChange{
		"Tài khoản nhận tiền đổi ngày " + day + ", từ " + old + " sang " + last + ".",
		"The account was changed on " + day + ", from " + old + " to " + last + ".",
	}
}
