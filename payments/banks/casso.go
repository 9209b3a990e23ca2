package banks

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// cassoProbe is the reference of the test call from Casso's dashboard; its id is 0.
const cassoProbe = "MA_GIAO_DICH_THU_NGHIEM"

// cassoV1 is Casso's first webhook: a static Secure-Token and an array of transactions.
// Source: docs of casso.vn and public deliveries (payments/banks/README.md, "Casso").
type cassoV1 struct {
	bankAccounts
	plainSuccess
	plainRefusals
}

// cassoV2 is Casso's second webhook: one transaction, signed by HMAC-SHA512 over the stamp in
// milliseconds and the body written again with sorted keys. Source:
// CassoHQ/casso-webhook-v2-verify-signature.
type cassoV2 struct {
	bankAccounts
	plainSuccess
	plainRefusals
}

func (cassoV1) Name() string { return "casso_v1" }
func (cassoV2) Name() string { return "casso_v2" }

func (cassoV1) SecretForms() [][]string { return [][]string{{"secure_token"}} }
func (cassoV2) SecretForms() [][]string { return [][]string{{"checksum_key"}} }

func (cassoV1) Verify(r Request, secrets []Secrets) error {
	return anyOf(secrets, func(s Secrets) error { return checkToken(r.Header.Get("Secure-Token"), s["secure_token"]) })
}

// cassoEscapings are the ways in which Casso may have escaped the strings that it signed. Casso
// documents none; its own samples in JavaScript, Go, PHP and Python disagree.
var cassoEscapings = [...]escaping{{}, {html: true}, {slash: true, ascii: true}, {ascii: true}}

func (p cassoV2) Verify(r Request, secrets []Secrets) error {
	stamp, signature := p.signatureOf(r.Header.Get("X-Casso-Signature"))
	body, err := readObject(r.Body)
	if err != nil || signature == "" {
		return ErrSignature
	}
	for _, esc := range cassoEscapings {
		sorted, err := body.appendSorted(nil, esc)
		if err != nil {
			return ErrSignature
		}
		err = anyOf(secrets, func(s Secrets) error {
			return checkHex(signature, s["checksum_key"], hmac512(s["checksum_key"], stamp, ".", string(sorted)))
		})
		if err == nil {
			return checkStamp(r, stamp, time.Millisecond)
		}
	}
	return ErrSignature
}

// signatureOf splits "t=<milliseconds>,v1=<hex>".
func (cassoV2) signatureOf(header string) (stamp, signature string) {
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			stamp = value
		case "v1":
			signature = value
		}
	}
	return stamp, signature
}

func (cassoV1) Parse(r Request) ([]Item, error) { return parseCasso(r) }
func (cassoV2) Parse(r Request) ([]Item, error) { return parseCasso(r) }

// parseCasso reads both versions, an array or one object under "data", because senders mix them up.
func parseCasso(r Request) ([]Item, error) {
	body, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	if elements, err := splitArray(body.get("data")); err == nil {
		return readEach(elements, cassoNotice)
	}
	data, err := body.child("data")
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(cassoNotice(data))
}

// cassoNotice reads one transaction: a negative amount is a debit, and a feed that knows the date
// only writes it alone or with 00:00:00.
func cassoNotice(o object) Item {
	way, amount := splitSign(o.amount("amount"))
	n := Notice{
		ExternalID: o.word("id"), BankBIN: bankBIN(o.word("bankAbbreviation")),
		Account:        o.word("accountNumber", "bank_sub_acc_id", "subAccId"),
		VirtualAccount: o.word("virtualAccountNumber", "virtualAccount"),
		Direction:      way, Memo: o.text("description"), Reference: o.word("reference", "tid"),
	}
	if bin := bankBIN(o.word("bankName")); n.BankBIN == "" || n.BankBIN == UnknownBank && bin != "" {
		n.BankBIN = bin
	}
	if n.ExternalID == "0" || n.Reference == cassoProbe {
		n.Ignore = IgnoreProbe
	}
	item := completeItem(n, amount, o.word("transactionDateTime", "when"))
	if item.Err == nil && isMidnight(item.Notice.OccurredAt) {
		item.Notice.Precision = Day
	}
	return item
}

// cassoAmount writes the amount with the sign that is its direction.
func cassoAmount(n Notice) []byte {
	if n.Direction == Out {
		return []byte(n.Amount.Neg().String())
	}
	return []byte(n.Amount.String())
}

func (cassoV1) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	item := jsonObject("id", number(n.ExternalID), "tid", n.Reference, "description", n.Memo, "amount", cassoAmount(n),
		"cusum_balance", number("0"), "when", n.local(), "bank_sub_acc_id", n.Account, "subAccId", n.Account,
		"virtualAccount", n.VirtualAccount, "virtualAccountName", "", "corresponsiveName", "", "corresponsiveAccount",
		"",
		"corresponsiveBankId", "", "corresponsiveBankName", "")
	data := append(append([]byte{'['}, item...), ']')
	r := postJSON("", jsonObject("error", number("0"), "data", data), now)
	r.Header.Set("Secure-Token", s["secure_token"])
	return r, nil
}

func (cassoV2) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	name := bankName(n.BankBIN)
	data := jsonObject("id", number(n.ExternalID), "reference", n.Reference, "description", n.Memo, "amount",
		cassoAmount(n),
		"runningBalance", number("0"), "transactionDateTime", n.local(), "accountNumber", n.Account, "bankName", name,
		"bankAbbreviation", name, "virtualAccountNumber", n.VirtualAccount, "virtualAccountName", "",
		"counterAccountName", "",
		"counterAccountNumber", "", "counterAccountBankId", "", "counterAccountBankName", "")
	r := postJSON("", jsonObject("error", number("0"), "data", data), now)
	body, err := readObject(r.Body)
	if err != nil {
		return r, err
	}
	sorted, err := body.appendSorted(nil, escaping{})
	if err != nil {
		return r, err
	}
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	r.Header.Set("X-Casso-Signature", "t="+stamp+",v1="+hex.EncodeToString(hmac512(s["checksum_key"], stamp, ".",
		string(sorted))))
	return r, nil
}
