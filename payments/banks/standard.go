package banks

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// standard is our own normalised notice under the Standard Webhooks specification (standardwebhooks.com): the
// headers webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256 over "id.stamp.body".
type standard struct {
	plainSuccess
	plainRefusals
}

func (standard) Name() string { return "standard" }

func (standard) CheckSecrets(s Secrets) error {
	if err := s.need("secret"); err != nil {
		return err
	}
	if len(standardKey(s["secret"])) == 0 {
		return errors.New(`field "secret" must be base64 behind whsec_`)
	}
	return nil
}

// standardKey is the key in a secret: base64, with or without whsec_ in front. A secret without whsec_ that is
// no base64 is the key as it stands.
func standardKey(secret string) string {
	encoded, marked := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil && !marked {
		return secret
	}
	if err != nil {
		return ""
	}
	return string(key)
}

func (standard) Verify(r Request, secrets []Secrets) error {
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	signatures := strings.Fields(r.Header.Get("Webhook-Signature"))
	return anyOf(secrets, func(s Secrets) error {
		key := standardKey(s["secret"])
		want := hmac256(key, id, ".", stamp, ".", string(r.Body))
		for _, signature := range signatures {
			encoded, found := strings.CutPrefix(signature, "v1,")
			got, err := base64.StdEncoding.DecodeString(encoded)
			if found && err == nil && key != "" && hmac.Equal(got, want) {
				return checkStamp(r, stamp, time.Second)
			}
		}
		return ErrSignature
	})
}

func (p standard) Parse(r Request) ([]Item, error) {
	o, err := readObject(r.Body)
	if err != nil {
		return unreadable(err)
	}
	account, err := o.child("account")
	if err != nil {
		return unreadable(err)
	}
	return whole(p.notice(r, o, account))
}

func (standard) notice(r Request, o, account object) Item {
	n := Notice{
		ExternalID: cmp.Or(o.word("external_id"), r.Header.Get("Webhook-Id")), BankBIN: account.word("bank_bin"),
		Account: account.word("account_number"), VirtualAccount: o.word("virtual_account"),
		Direction: direction(o.word("direction")), Currency: o.word("currency"), Memo: o.text("memo"), Reference: o.word("reference"),
	}
	if len(n.BankBIN) != 6 || !allDigits(n.BankBIN) {
		n.BankBIN = bankBIN(n.BankBIN)
	}
	return settle(n, o.amount("amount"), o.word("occurred_at"))
}

func (standard) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	account := jsonObject("bank_bin", n.BankBIN, "account_number", n.Account)
	r := post("", jsonObject("external_id", n.ExternalID, "account", account, "virtual_account", orNull(n.VirtualAccount),
		"direction", string(n.Direction), "amount", n.Amount.String(), "currency", n.Currency, "memo", n.Memo, "reference", n.Reference,
		"occurred_at", n.OccurredAt.In(vietnam).Format(time.RFC3339Nano)), now)
	stamp := strconv.FormatInt(now.Unix(), 10)
	signature := hmac256(standardKey(s["secret"]), n.ExternalID, ".", stamp, ".", string(r.Body))
	r.Header.Set("Webhook-Id", n.ExternalID)
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(signature))
	return r, nil
}
