package banks

import (
	"encoding/hex"
	"time"
)

// payOS is payOS's webhook. The signature is in the body: HMAC-SHA256 over "key=value&…" of "data",
// keys sorted, values as raw text. Source: payos.vn docs and the payOSHQ libraries.
type payOS struct {
	bankAccounts
	plainSuccess
	plainRefusals
}

func (payOS) Name() string { return "payos" }

func (payOS) SecretForms() [][]string { return [][]string{{"checksum_key"}} }

func (payOS) Verify(r Request, secrets []Secrets) error {
	body, err := readObject(r.Body)
	if err != nil {
		return ErrSignature
	}
	data, err := body.child("data")
	if err != nil {
		return ErrSignature
	}
	query, err := payOSQuery(data)
	if err != nil {
		return ErrSignature
	}
	return anyOf(secrets, func(s Secrets) error {
		return checkHex(body.text("signature"), s["checksum_key"], hmac256(s["checksum_key"], query))
	})
}

// payOSQuery returns the string that payOS signs. Nothing is URL-encoded; null and the words "null"
// and "undefined" are empty; arrays and objects are JSON with sorted keys.
func payOSQuery(data object) (string, error) {
	var dst []byte
	for i, f := range data.sorted() {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(dst, f.key...), '=')
		switch value := string(f.raw); {
		case value == `null`, value == `"null"`, value == `"undefined"`:
		case f.raw[0] == '"':
			dst = append(dst, stringText(f.raw)...)
		default:
			var err error
			if dst, err = appendValue(dst, f.raw, escaping{}, 1); err != nil {
				return "", err
			}
		}
	}
	return string(dst), nil
}

func (p payOS) Parse(r Request) ([]Item, error) {
	body, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	data, err := body.child("data")
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(data))
}

func (payOS) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("reference"), Account: o.word("accountNumber"),
		VirtualAccount: o.word("virtualAccountNumber"),
		Direction:      In, Currency: o.word("currency"), Memo: o.text("description"), OrderRef: o.word("orderCode"),
		Reference: o.word("reference"),
	}
	if code := o.word("code"); code != "" && code != "00" {
		n.Ignore = IgnoreFailed
	}
	if isPayOSSample(o) {
		n.Ignore = IgnoreProbe
	}
	item := completeItem(n, o.amount("amount"), o.word("transactionDateTime"))
	item.identifyByReference()
	return item
}

// isPayOSSample reports whether this is the sample that payOS posts when a merchant confirms a
// webhook address: order 123 with the reference, payment link or account of the sample. Order 123
// alone may be a real one.
func isPayOSSample(o object) bool {
	return o.word("orderCode") == "123" &&
		(o.word("reference") == "TF230204212323" || o.word("paymentLinkId") == "124c33293c43417ab7879e14c8d9eb18" ||
			o.word("description") == "VQRIO123")
}

func (payOS) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	if err := n.onlyCredits(); err != nil {
		return Request{}, err
	}
	code := n.outcome("00", "01")
	data := jsonObject("orderCode", number(n.OrderRef), "amount", number(n.Amount.String()), "description", n.Memo,
		"accountNumber", n.Account, "reference", n.ExternalID, "transactionDateTime", n.local(), "currency", n.Currency,
		"paymentLinkId", "", "code", code, "desc", "success", "counterAccountBankId", "", "counterAccountBankName", "",
		"counterAccountName", nothing{}, "counterAccountNumber", "", "virtualAccountName", "", "virtualAccountNumber",
		n.VirtualAccount)
	fields, err := splitObject(data)
	if err != nil {
		return Request{}, err
	}
	query, err := payOSQuery(fields)
	if err != nil {
		return Request{}, err
	}
	signature := hex.EncodeToString(hmac256(s["checksum_key"], query))
	return postJSON(
		"",
		jsonObject("code", code, "desc", "success", "success", []byte("true"), "data", data, "signature",
			signature),
		now,
	), nil
}
