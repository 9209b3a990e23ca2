package banks

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"time"
)

// The paths below a VietQR.vn connection's webhook path.
const (
	TokenPath = "/api/token_generate"
	SyncPath  = "/bank/api/transaction-sync"
)

// tokenLife is how long a token that we issue is valid. VietQR.vn requests one before every call.
const tokenLife = 300 * time.Second

// errPath is a path that VietQR.vn does not call.
var errPath = errors.New("unknown path")

// vietQRVN is the partner API of VietQR.vn (BlueCom): we issue a bearer token for user name and
// password, and it posts transactions with that token. Nothing signs the body ("sign" is our own
// value echoed back). Source: VietQR.vn partner API and duchieupham/vietqr_server.
type vietQRVN struct {
	bankAccounts
	plainRefusals
}

func (vietQRVN) Name() string { return "vietqr_vn" }

func (vietQRVN) SecretForms() [][]string { return [][]string{{"username", "password"}} }

// Token answers a request for a token. It stores nothing: the token is an expiry and an HMAC under
// the secrets.
func (p vietQRVN) Token(r Request, secrets []Secrets) (Answer, error) {
	user, password, _ := (&http.Request{Header: r.Header}).BasicAuth()
	var token string
	err := anyOf(secrets, func(s Secrets) error {
		// Both are compared in any case, so that the time needed reveals nothing.
		userOK, passwordOK := sameToken(user, s["username"]), sameToken(password, s["password"])
		if !userOK || !passwordOK {
			return ErrSignature
		}
		token = p.token(s, r.Now.Add(tokenLife))
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return jsonAnswer(string(jsonObject("access_token", token, "token_type", "Bearer", "expires_in", number("300")))),
		nil
}

func (p vietQRVN) token(s Secrets, expires time.Time) string {
	stamp := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(stamp, p.seal(s, stamp)...))
}

func (vietQRVN) seal(s Secrets, stamp []byte) []byte {
	return hmac256(s["password"], "vietqr_vn token\n", s["username"], "\n", string(stamp))
}

func (p vietQRVN) Verify(r Request, secrets []Secrets) error {
	token, err := base64.RawURLEncoding.DecodeString(bearerToken(r))
	if err != nil || len(token) != 8+32 {
		return ErrSignature
	}
	stamp, seal := token[:8], token[8:]
	err = anyOf(secrets, func(s Secrets) error {
		if s["password"] == "" || !hmac.Equal(seal, p.seal(s, stamp)) {
			return ErrSignature
		}
		return nil
	})
	if err == nil && r.Now.Unix() >= int64(binary.BigEndian.Uint64(stamp)) {
		return ErrStale
	}
	return err
}

func (p vietQRVN) Parse(r Request) ([]Item, error) {
	if r.SubPath != SyncPath && r.SubPath != "" {
		return unreadableItems(errPath)
	}
	o, err := readObject(r.Body)
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(o))
}

// notice reads the lower-case names of the present API and the camelCase ones of the older. The two
// legs of a transfer between accounts of one feed share a transactionid. The debit is ignored, so
// the id identifies one credit. A notice without the id is identified by its reference.
func (vietQRVN) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("transactionid", "transactionId"),
		Account:    o.word("bankaccount", "bankAccount"), VirtualAccount: o.word("terminalCode", "subTerminalCode"),
		Direction: readDirection(o.word("transType")), Memo: o.text("content"), OrderRef: o.text("orderId"),
		Reference: o.word("referencenumber", "referenceNumber"),
	}
	byReference := n.ExternalID == ""
	if byReference {
		n.ExternalID = n.Reference
	}
	item := completeItem(n, o.amount("amount"), o.word("transactiontime", "transactionTime"))
	if byReference {
		item.identifyByReference()
	}
	return item
}

// Accepted returns our own id of the notice, which VietQR.vn stores as its proof of delivery.
func (vietQRVN) Accepted(_ []Item, ids []string) Answer {
	object := jsonObject("reftransactionid", strings.Join(ids, ","))
	return jsonAnswer(string(jsonObject("error", []byte("false"), "errorReason", nothing{}, "toastMessage", "Success",
		"object", object)))
}

func (p vietQRVN) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	way := "C"
	if n.Direction == Out {
		way = "D"
	}
	body := jsonObject("bankaccount", n.Account, "amount", number(n.Amount.String()), "transType", way, "content",
		n.Memo,
		"transactionid", n.ExternalID, "transactiontime", n.millis(), "referencenumber", n.Reference, "orderId",
		n.OrderRef,
		"terminalCode", n.VirtualAccount, "subTerminalCode", "", "serviceCode", "", "urlLink", "", "sign", "")
	r := postJSON(SyncPath, body, now)
	r.Header.Set("Authorization", "Bearer "+p.token(s, now.Add(tokenLife)))
	return r, nil
}
