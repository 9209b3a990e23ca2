package banks

import (
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"market40/merchants/platform/bizday"
)

// vnPay is VNPAY's IPN: a GET with a query signed by HMAC-SHA512 over its sorted, URL-encoded
// fields. Amounts are a hundred times the đồng. Source: sandbox.vnpayment.vn API documents.
type vnPay struct{ walletAccounts }

func (vnPay) Name() string { return "vnpay" }

func (vnPay) SecretForms() [][]string { return [][]string{{"hash_secret"}} }

func (p vnPay) Verify(r Request, secrets []Secrets) error {
	o, err := readQuery(r.RawQuery)
	if err != nil {
		return ErrSignature
	}
	// First the values as PHP encodes them, then as they were sent, for a sender that encodes
	// differently.
	for _, query := range []string{vnPayQuery(o), sentQuery(r.RawQuery)} {
		err := anyOf(secrets, func(s Secrets) error {
			return checkHex(o.text("vnp_SecureHash"), s["hash_secret"], hmac512(s["hash_secret"], query))
		})
		if err == nil {
			return nil
		}
	}
	return ErrSignature
}

// vnPaySigned reports whether a field is signed.
func vnPaySigned(key string) bool {
	return strings.HasPrefix(key, "vnp_") && key != "vnp_SecureHash" && key != "vnp_SecureHashType"
}

// vnPayQuery joins the signed fields that are not empty; o is sorted.
func vnPayQuery(o object) string {
	var pairs []string
	for _, f := range o {
		if value := stringText(f.raw); vnPaySigned(f.key) && value != "" {
			pairs = append(pairs, url.QueryEscape(f.key)+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// sentQuery sorts the signed pairs as they were sent.
func sentQuery(query string) string {
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(pair, "="); vnPaySigned(key) && value != "" {
			pairs = append(pairs, pair)
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func (p vnPay) Parse(r Request) ([]Item, error) {
	o, err := readQuery(r.RawQuery)
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(o, r.Now))
}

// notice reads the query. Success needs both codes 00. A failure may have no transaction number; the
// order identifies it then. vnp_BankCode is the payer's bank and is not read. VNPAY's table of the
// IPN calls vnp_PayDate optional: without it the time of receipt is used.
func (vnPay) notice(o object, received time.Time) Item {
	n := Notice{
		ExternalID: o.word("vnp_TransactionNo"), Account: o.word("vnp_TmnCode"), Direction: In,
		Currency: o.word("vnp_CurrCode"),
		Memo:     o.text("vnp_OrderInfo"), OrderRef: o.word("vnp_TxnRef"), Reference: o.word("vnp_BankTranNo"),
	}
	if o.word("vnp_ResponseCode") != "00" || o.word("vnp_TransactionStatus") != "00" {
		n.Ignore = IgnoreFailed
		if n.ExternalID == "" || n.ExternalID == "0" {
			n.ExternalID = n.OrderRef
		}
	}
	when := o.word("vnp_PayDate")
	if n.AnswerTime = when == ""; n.AnswerTime {
		when = strconv.FormatInt(received.UnixMilli(), 10)
	}
	return completeItem(n, written{text: hundredth(o.text("vnp_Amount"))}, when)
}

// hundredth writes a count of hundredths as a decimal: "1000000" becomes "10000.00".
func hundredth(amount string) string {
	if len(amount) < 3 || !allDigits(amount) {
		return ""
	}
	return amount[:len(amount)-2] + "." + amount[len(amount)-2:]
}

func (vnPay) Accepted([]Item, []string) Answer {
	return jsonAnswer(`{"RspCode":"00","Message":"Confirm Success"}`)
}

// Refused returns code 97 with status 200 for a bad signature: VNPAY reads only the body.
func (vnPay) Refused(err error) (Answer, bool) {
	if !errors.Is(err, ErrSignature) && !errors.Is(err, ErrStale) {
		return Answer{}, false
	}
	return jsonAnswer(`{"RspCode":"97","Message":"Invalid signature"}`), true
}

func (vnPay) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	if err := n.onlyCredits(); err != nil {
		return Request{}, err
	}
	values := url.Values{}
	for _, pair := range [][2]string{
		{"vnp_Amount", n.Amount.String() + "00"},
		{"vnp_BankCode", "NCB"},
		{"vnp_BankTranNo", n.Reference},
		{"vnp_CardType", "QRCODE"},
		{"vnp_OrderInfo", n.Memo},
		{"vnp_PayDate", n.OccurredAt.In(bizday.Vietnam).Format(compactForm)},
		{"vnp_ResponseCode", n.outcome("00", "24")},
		{"vnp_TmnCode", n.Account},
		{"vnp_TransactionNo", n.ExternalID},
		{"vnp_TransactionStatus", n.outcome("00", "02")},
		{"vnp_TxnRef", n.OrderRef},
	} {
		if pair[1] != "" {
			values.Set(pair[0], pair[1])
		}
	}
	query := values.Encode()
	query += "&vnp_SecureHash=" + hex.EncodeToString(hmac512(s["hash_secret"], query))
	return Request{Method: http.MethodGet, RawQuery: query, Header: http.Header{}, Now: now}, nil
}
