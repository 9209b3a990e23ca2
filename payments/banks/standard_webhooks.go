package banks

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"market40/merchants/platform/bizday"
)

// standard is our own normalised notice under the Standard Webhooks specification
// (standardwebhooks.com): the headers webhook-id, webhook-timestamp and webhook-signature,
// HMAC-SHA256 over "id.stamp.body".
type standard struct {
	anyAccounts
	plainSuccess
	plainRefusals
}

var errNoKey = errors.New(`field "secret" must be base64 behind whsec_`)

func (standard) Name() string { return "standard" }

func (standard) SecretForms() [][]string { return [][]string{{"secret"}} }

func (standard) checkSecrets(s Secrets) error {
	if err := s.need("secret"); err != nil {
		return err
	}
	if len(standardKeys(s["secret"])) == 0 {
		return errNoKey
	}
	return nil
}

// marksKey is the prefix of a secret that is base64.
const marksKey = "whsec_"

// standardKeys returns the keys that a secret may mean. Behind whsec_ it is base64 of the key. Any
// other secret is the key itself, or, as the libraries of the specification read it, base64 of a
// key that is hard to guess.
func standardKeys(secret string) []string {
	encoded, marked := strings.CutPrefix(secret, marksKey)
	var keys []string
	if !marked {
		keys = append(keys, secret)
	}
	for _, form := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if key, err := form.DecodeString(encoded); err == nil && len(key) > 0 &&
			(marked || !isWeak(bytesOf(string(key)))) {
			return append(keys, string(key))
		}
	}
	return keys
}

func (standard) Verify(r Request, secrets []Secrets) error {
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	signatures := strings.Fields(r.Header.Get("Webhook-Signature"))
	return anyOf(secrets, func(s Secrets) error {
		for _, key := range standardKeys(s["secret"]) {
			want := hmac256(key, id, ".", stamp, ".", string(r.Body))
			for _, signature := range signatures {
				encoded, found := strings.CutPrefix(signature, "v1,")
				got, err := base64.StdEncoding.DecodeString(encoded)
				if found && err == nil && hmac.Equal(got, want) {
					return checkStamp(r, stamp, time.Second)
				}
			}
		}
		return ErrSignature
	})
}

func (p standard) Parse(r Request) ([]Item, error) {
	o, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	account, err := o.child("account")
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(r, o, account))
}

func (standard) notice(r Request, o, account object) Item {
	n := Notice{
		ExternalID: cmp.Or(o.word("external_id"), r.Header.Get("Webhook-Id")), BankBIN: account.word("bank_bin"),
		Account: account.word("account_number"), VirtualAccount: o.word("virtual_account"),
		Direction: readDirection(o.word("direction")), Currency: o.word("currency"), Memo: o.text("memo"),
		Reference: o.word("reference"),
	}
	if len(n.BankBIN) != 6 || !allDigits(n.BankBIN) {
		n.BankBIN = bankBIN(n.BankBIN)
	}
	return completeItem(n, o.amount("amount"), o.word("occurred_at"))
}

func (standard) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	account := jsonObject("bank_bin", n.BankBIN, "account_number", n.Account)
	r := postJSON("", jsonObject("external_id", n.ExternalID, "account", account, "virtual_account",
		orNull(n.VirtualAccount),
		"direction", string(n.Direction), "amount", n.Amount.String(), "currency", n.Currency, "memo", n.Memo,
		"reference", n.Reference,
		"occurred_at", n.OccurredAt.In(bizday.Vietnam).Format(time.RFC3339Nano)), now)
	stamp := strconv.FormatInt(now.Unix(), 10)
	keys := standardKeys(s["secret"])
	if len(keys) == 0 {
		return Request{}, errNoKey
	}
	signature := hmac256(keys[0], n.ExternalID, ".", stamp, ".", string(r.Body))
	r.Header.Set("Webhook-Id", n.ExternalID)
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(signature))
	return r, nil
}
