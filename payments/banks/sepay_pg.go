package banks

import (
	"strconv"
	"time"
)

// sepayPG is the IPN of SePay's payment gateway. It signs no body: the secret_key is sent as
// X-Secret-Key. It is the only provider that reports reversals (TRANSACTION_VOID). A void is a
// separate notice ("void:" and the transaction's id) that names what it reverses. Source:
// developer.sepay.vn, payment gateway IPN.
type sepayPG struct {
	walletAccounts
	plainSuccess
	plainRefusals
}

// sepayPGAccount is used as the account, because the gateway names none.
const sepayPGAccount = "SEPAY_PG"

// VoidID returns the external id of the notice that reverses the notice of an id.
func VoidID(id string) string { return "void:" + id }

// ReportsVoids reports whether a provider sends notices of payments that were reversed.
func ReportsVoids(p Provider) bool {
	_, reports := p.(sepayPG)
	return reports
}

func (sepayPG) Name() string { return "sepay_pg" }

func (sepayPG) SecretForms() [][]string { return [][]string{{"secret_key"}} }

func (sepayPG) Verify(r Request, secrets []Secrets) error {
	return anyOf(secrets, func(s Secrets) error { return checkToken(r.Header.Get("X-Secret-Key"), s["secret_key"]) })
}

func (p sepayPG) Parse(r Request) ([]Item, error) {
	body, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	order, err := body.child("order")
	if err != nil {
		return unreadableItems(err)
	}
	transaction, err := body.child("transaction")
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(body, order, transaction))
}

func (sepayPG) notice(body, order, transaction object) Item {
	n := Notice{
		ExternalID: transaction.word("id"), Account: sepayPGAccount, Direction: In,
		Currency: transaction.word("transaction_currency"), Memo: order.text("order_description"),
		OrderRef: order.text("order_invoice_number"), Reference: transaction.word("transaction_id"),
	}
	status := transaction.word("transaction_status")
	switch kind := body.word("notification_type"); kind {
	case "ORDER_PAID":
		if status != "APPROVED" {
			n.Ignore = IgnoreFailed
		}
	case "TRANSACTION_VOID":
		if n.ExternalID != "" {
			n.Reverses, n.ExternalID = n.ExternalID, VoidID(n.ExternalID)
		}
		if status == "DECLINED" || status == "FAILED" || status == "PENDING" {
			n.Ignore = IgnoreFailed
		}
	default:
		n.Ignore = IgnoreFailed
	}
	when := transaction.word("transaction_date")
	if n.AnswerTime = when == ""; n.AnswerTime {
		when = body.word("timestamp")
	}
	item := completeItem(n, transaction.amount("transaction_amount"), when)
	if n.Reverses != "" {
		item.Notice.Identity = item.Notice.Amount.String() // one payment may be reversed in parts
	}
	return item
}

func (sepayPG) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	kind, id := "ORDER_PAID", n.ExternalID
	if n.Reverses != "" {
		kind, id = "TRANSACTION_VOID", n.Reverses
	}
	order := jsonObject("id", id, "order_id", n.OrderRef, "order_status", n.outcome("CAPTURED", "CANCELLED"),
		"order_currency", n.Currency,
		"order_amount", n.Amount.String()+".00", "order_invoice_number", n.OrderRef, "order_description", n.Memo)
	transaction := jsonObject("id", id, "payment_method", "BANK_TRANSFER", "transaction_id", n.Reference,
		"transaction_type", "PAYMENT",
		"transaction_date", n.local(), "transaction_status", n.outcome("APPROVED", "DECLINED"), "transaction_amount",
		n.Amount.String(),
		"transaction_currency", n.Currency)
	stamp := number(strconv.FormatInt(n.OccurredAt.Unix(), 10))
	r := postJSON(
		"",
		jsonObject("timestamp", stamp, "notification_type", kind, "order", order, "transaction", transaction,
			"customer", nothing{}),
		now,
	)
	r.Header.Set("X-Secret-Key", s["secret_key"])
	return r, n.onlyCredits()
}
