package banks

import (
	"encoding/hex"
	"errors"
	"time"
)

// zaloPay is ZaloPay's callback: "data" is JSON inside a string, and "mac" is HMAC-SHA256 under
// key2 over that string as it was sent. Only successful payments are reported. Source:
// docs.zalopay.vn, callback.
type zaloPay struct{ walletAccounts }

func (zaloPay) Name() string { return "zalopay" }

func (zaloPay) SecretForms() [][]string { return [][]string{{"key2"}} }

func (zaloPay) Verify(r Request, secrets []Secrets) error {
	body, err := readObject(r.Body)
	if err != nil {
		return ErrSignature
	}
	data := body.text("data")
	return anyOf(secrets, func(s Secrets) error {
		return checkHex(body.text("mac"), s["key2"],
			hmac256(s["key2"], data))
	})
}

func (p zaloPay) Parse(r Request) ([]Item, error) {
	body, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	data, err := readObject([]byte(body.text("data")))
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(data))
}

func (zaloPay) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("zp_trans_id"), Account: o.word("app_id"), Direction: In, OrderRef: o.text("app_trans_id"),
		Reference: o.word("zp_trans_id"),
	}
	return completeItem(n, o.amount("amount"), o.word("server_time"))
}

// Accepted returns code 1, for a repeat too. Code 2 would mean a repeat, which ZaloPay does not need.
func (zaloPay) Accepted([]Item, []string) Answer {
	return jsonAnswer(`{"return_code":1,"return_message":"success"}`)
}

// Refused returns code -1 with status 200 for a bad mac: ZaloPay reads only the body.
func (zaloPay) Refused(err error) (Answer, bool) {
	if !errors.Is(err, ErrSignature) && !errors.Is(err, ErrStale) {
		return Answer{}, false
	}
	return jsonAnswer(`{"return_code":-1,"return_message":"mac not equal"}`), true
}

// Compose writes a payment. ZaloPay's callback has no field for a memo or a store.
func (zaloPay) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	if n.Direction != In || n.Ignore == IgnoreFailed {
		return Request{}, ErrNotSupported
	}
	data := jsonObject("app_id", number(n.Account), "app_trans_id", n.OrderRef, "app_time", n.millis(), "app_user", "",
		"amount",
		number(n.Amount.String()), "embed_data", "{}", "item", "[]", "zp_trans_id", number(n.ExternalID), "server_time",
		n.millis(),
		"channel", number("38"), "merchant_user_id", "", "user_fee_amount", number("0"), "discount_amount", number("0"))
	mac := hex.EncodeToString(hmac256(s["key2"], string(data)))
	return postJSON("", jsonObject("data", string(data), "mac", mac, "type", number("1")), now), nil
}
