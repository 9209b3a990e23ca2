package banks

import (
	"encoding/hex"
	"net/http"
	"time"
)

// moMo is MoMo's IPN in three formats under one secret_key. v2 signs 13 fields in a fixed order,
// with the access_key that is not in the body. The notification of a printed store QR signs sorted
// fields. v1 signs a fixed order, in a form or JSON. Source: developers.momo.vn, result handling,
// and its archived pages.
type moMo struct {
	walletAccounts
	plainRefusals
}

// momoV2Fields and momoV1Fields are the signed fields in the order of their string.
var (
	momoV2Fields = []string{
		"accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType",
		"requestId", "responseTime", "resultCode", "transId",
	}
	momoV1Fields = []string{
		"partnerCode", "accessKey", "requestId", "amount", "orderId", "orderInfo", "orderType", "transId", "message",
		"localMessage", "responseTime", "errorCode", "payType", "extraData",
	}
)

func (moMo) Name() string { return "momo" }

func (moMo) SecretForms() [][]string {
	return [][]string{{"partner_code", "access_key", "secret_key"}}
}

func (p moMo) Verify(r Request, secrets []Secrets) error {
	o, err := readFields(r)
	if err != nil {
		return ErrSignature
	}
	return anyOf(secrets, func(s Secrets) error {
		return checkHex(o.text("signature"), s["secret_key"], hmac256(s["secret_key"], p.signedText(o, s)))
	})
}

// signedText returns the string that MoMo signs for the format of this body.
func (moMo) signedText(o object, s Secrets) string {
	switch {
	case isStoreQR(o):
		var names []string
		for _, f := range o.sorted() {
			if f.key != "signature" {
				names = append(names, f.key)
			}
		}
		return joinFields(o, names, "")
	case o.get("errorCode") != nil:
		return joinFields(o, momoV1Fields, "")
	}
	return joinFields(o, momoV2Fields, s["access_key"])
}

// joinFields returns "name=value&…"; a given accessKey replaces that of the body.
func joinFields(o object, names []string, accessKey string) string {
	var dst []byte
	for i, name := range names {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(dst, name...), '=')
		if name == "accessKey" && accessKey != "" {
			dst = append(dst, accessKey...)
			continue
		}
		dst = append(dst, o.text(name)...)
	}
	return string(dst)
}

func isStoreQR(o object) bool { return o.get("momoTransId") != nil }

func (p moMo) Parse(r Request) ([]Item, error) {
	o, err := readFields(r)
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(o))
}

// notice reads any format. Only result 0 is a payment: 9000 is an authorisation, the others are
// failures. A failure may have no transaction id; the request's id identifies it then.
func (moMo) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("momoTransId", "transId"), Account: o.word("partnerCode"), VirtualAccount: o.word("storeId"),
		Direction: In, Memo: o.text("orderInfo"), OrderRef: o.text("orderId", "partnerRefId"),
		Reference:  o.word("momoTransId", "transId"),
		AnswerTime: true, // responseTime is of each answer
	}
	result := o.word("resultCode", "errorCode")
	if isStoreQR(o) {
		result = o.word("status")
	}
	if result != "0" {
		n.Ignore = IgnoreFailed
		if n.ExternalID == "" || n.ExternalID == "0" || n.ExternalID == "-1" {
			n.ExternalID = o.word("requestId", "orderId", "partnerRefId")
		}
	}
	return completeItem(n, o.amount("amount"), o.word("responseTime"))
}

// Accepted returns 204 without a body, which MoMo expects within 15 seconds.
func (moMo) Accepted([]Item, []string) Answer { return Answer{Status: http.StatusNoContent} }

// Compose writes v2, or the format of the printed store QR for a notice with a store id.
func (p moMo) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	if err := n.onlyCredits(); err != nil {
		return Request{}, err
	}
	amount, id := number(n.Amount.String()), number(n.ExternalID)
	pairs := []any{
		"partnerCode", n.Account, "orderId", n.OrderRef, "requestId", n.OrderRef, "amount", amount, "orderInfo", n.Memo,
		"orderType", "momo_wallet", "transId", id, "resultCode", number(n.outcome("0", "1006")), "message",
		"Successful.",
		"payType", "qr", "responseTime", n.millis(), "extraData", "",
	}
	if n.VirtualAccount != "" {
		pairs = []any{
			"partnerCode", n.Account, "accessKey", s["access_key"], "amount", amount, "partnerRefId", n.OrderRef,
			"partnerTransId", "", "transType", "momo_wallet", "momoTransId", n.ExternalID, "status",
			number(n.outcome("0", "1006")),
			"message", "Successful.", "responseTime", n.millis(), "storeId", n.VirtualAccount,
		}
	}
	o, err := splitObject(jsonObject(pairs...))
	if err != nil {
		return Request{}, err
	}
	signature := hex.EncodeToString(hmac256(s["secret_key"], p.signedText(o, s)))
	return postJSON("", jsonObject(append(pairs, "signature", signature)...), now), nil
}
