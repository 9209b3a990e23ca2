package banks

import (
	"strings"
	"time"
)

// pay2s is Pay2S's webhook: a static bearer token and an array of transactions. The recipe of the
// md5 in each is not published, so it is not read. Source: docs.pay2s.vn, webhook page.
type pay2s struct {
	bankAccounts
	plainSuccess
	plainRefusals
}

func (pay2s) Name() string { return "pay2s" }

func (pay2s) SecretForms() [][]string { return [][]string{{"token"}} }

func (pay2s) Verify(r Request, secrets []Secrets) error {
	return anyOf(secrets, func(s Secrets) error { return checkToken(bearerToken(r), s["token"]) })
}

// bearerToken returns the token of "Authorization: Bearer <token>", or "".
func bearerToken(r Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

func (p pay2s) Parse(r Request) ([]Item, error) {
	body, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	elements, err := splitArray(body.get("transactions"))
	if err != nil {
		return unreadableItems(err)
	}
	return readEach(elements, p.notice)
}

func (pay2s) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("id"),
		BankBIN:    bankBIN(o.word("gateway")),
		Account:    o.word("accountNumber"),
		Direction: readDirection(
			o.word("transferType"),
		),
		Memo:      o.text("content"),
		Reference: o.word("transactionNumber"),
	}
	return completeItem(n, o.amount("transferAmount"), o.word("transactionDate"))
}

func (pay2s) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	item := jsonObject("id", n.ExternalID, "gateway", bankName(n.BankBIN), "transactionDate", n.local(),
		"transactionNumber", n.Reference, "accountNumber", n.Account, "content", n.Memo,
		"transferType", strings.ToUpper(string(n.Direction)), "transferAmount", number(n.Amount.String()), "checksum",
		"")
	r := postJSON("", jsonObject("transactions", append(append([]byte{'['}, item...), ']')), now)
	r.Header.Set("Authorization", "Bearer "+s["token"])
	return r, nil
}
