package beneficiary

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
)

// Sentence is a sentence about a change on the stall's page.
type Sentence struct{ Vi, En string }

// Sentences returns up to three sentences about a stall's changes: those that wait, and those of
// the last 30 days. They show only the last digits of account numbers.
func (cs *Changes) Sentences(ctx context.Context, stall uuid.UUID) ([]Sentence, error) {
	rows, err := cs.db.Pool.Query(ctx, `SELECT c.kind, c.state, c.needs_second, c.due_at, coalesce(c.decided_at,
		c.proposed_at), a.role = 'merchant',
			coalesce(o.last4, ''), c.last4, c.bank_bin
		FROM beneficiary_changes c JOIN actors a ON a.id = c.proposed_by LEFT JOIN accounts o ON o.id = c.old_account
		WHERE c.stall_id = $1 AND (c.state = 'pending' OR (c.state = 'effective' AND c.decided_at > $2))
		ORDER BY c.state = 'pending' DESC, c.decided_at DESC, c.id DESC LIMIT 3`, stall, cs.now().Add(-recentFor))
	if err != nil {
		return nil, fmt.Errorf("find changes of stall %s: %w", stall, err)
	}
	sentences, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Sentence, error) {
		var kind, state, old, last, bin string
		var second, owner bool
		var due, at time.Time
		if err := row.Scan(&kind, &state, &second, &due, &at, &owner, &old, &last, &bin); err != nil {
			return Sentence{}, err
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
	return sentences, nil
}

// pending is a change that waits.
type pending struct {
	kind          string
	owner, second bool // who proposed it, and whether a second person has to approve
	wallet        bool // of a wallet: it was proposed before wallets were refused
	due           time.Time
}

func pendingSentence(c pending) Sentence {
	by := Sentence{"Ban quản lý", "The market's board"}
	if c.owner {
		by = Sentence{"Chủ sạp", "The stall's owner"}
	}
	wish := map[string]Sentence{
		replacement: {"đổi tài khoản nhận tiền", "another account"},
		addition:    {"thêm tài khoản nhận tiền", "a further account"},
		newTenant:   {"đổi người thuê sạp", "another tenant"},
	}[c.kind]
	begin := Sentence{by.Vi + " đã yêu cầu " + wish.Vi + ", ", by.En + " asked for " + wish.En}
	if c.wallet {
		return Sentence{begin.Vi + "nhưng ví điện tử không phải là ngân hàng nên tài khoản giữ nguyên.", begin.En +
			"; a wallet is not a bank account, so the account stays."}
	}
	if c.second {
		return Sentence{begin.Vi + "đang chờ người thứ hai duyệt.", begin.En + "; a second person has to approve."}
	}
	return Sentence{begin.Vi + "hiệu lực lúc " + bizday.ShowTime(c.due) + ".", begin.En + ", effective at " +
		bizday.ShowTime(c.due) + "."}
}

func recentSentence(kind, day, old, last string) Sentence {
	switch kind {
	case addition:
		return Sentence{"Sạp có thêm tài khoản nhận tiền " + last + " từ ngày " + day + ".", "A further account " +
			last + " since " + day + "."}
	case newTenant:
		return Sentence{
			"Sạp đổi người thuê và tài khoản nhận tiền ngày " + day + ".",
			"Another tenant, with another account, since " + day + ".",
		}
	}
	return Sentence{
		"Tài khoản nhận tiền đổi ngày " + day + ", từ " + old + " sang " + last + ".",
		"The account was changed on " + day + ", from " + old + " to " + last + ".",
	}
}
