package banks

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// sepay is SePay's webhook and, on the same route, its Bank Hub IPN. Secrets: api_key (static
// header), or hmac_secret (HMAC-SHA256 over "{stamp}.{body}"), or auth "none" with allow_ips for
// feeds that sign nothing. Source: developer.sepay.vn, SePay webhooks, read November 2026.
type sepay struct {
	bankAccounts
	plainSuccess
	plainRefusals
}

func (sepay) Name() string { return "sepay" }

func (sepay) SecretForms() [][]string {
	return [][]string{{"hmac_secret"}, {"api_key"}, {"auth", "allow_ips"}}
}

func (sepay) checkSecrets(s Secrets) error {
	if s["auth"] != "" {
		if s["auth"] != "none" {
			return errors.New(`field "auth" must be "none" or left out`)
		}
		if err := s.need("auth", "allow_ips"); err != nil {
			return err
		}
		networks, err := allowedNetworks(s["allow_ips"])
		if err != nil {
			return err
		}
		return checkNarrow(networks)
	}
	if _, given := s["hmac_secret"]; given {
		return s.need("hmac_secret")
	}
	return s.need("api_key")
}

// allowedNetworks reads a list of addresses and networks, joined by commas. An empty list is refused:
// it would allow no call.
func allowedNetworks(list string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if ip, err := netip.ParseAddr(text); err == nil {
			networks = append(networks, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf(`field "allow_ips": %q is not an address or a network`, cutText(text))
		}
		if bits := network.Bits() - 96; network.Addr().Is4In6() && bits >= 0 { // ::ffff:10.0.0.0/120 is 10.0.0.0/24
			network = netip.PrefixFrom(network.Addr().Unmap(), bits)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// The widest networks of a feed that signs nothing, and the maximum count of them.
const (
	minBits4    = 24
	minBits6    = 56
	maxNetworks = 32
)

// ErrTooWide is a list of networks that is too wide for a feed that signs nothing.
var ErrTooWide = errors.New(`field "allow_ips": each network is /24 or narrower (IPv6 /56), at most 32 of them`)

func checkNarrow(networks []netip.Prefix) error {
	for _, network := range networks {
		widest := minBits6
		switch {
		case network.Addr().Is4():
			widest = minBits4
		case network.Addr().Is4In6(): // all of IPv4 and more
			return ErrTooWide
		}
		if network.Bits() < widest {
			return ErrTooWide
		}
	}
	if len(networks) > maxNetworks {
		return ErrTooWide
	}
	return nil
}

func (p sepay) Verify(r Request, secrets []Secrets) error {
	return anyOf(secrets, func(s Secrets) error {
		switch {
		case s["auth"] == "none":
			return p.verifyAddress(r.RemoteIP.Unmap(), s["allow_ips"])
		case s["hmac_secret"] != "":
			return p.verifyHMAC(r, s["hmac_secret"])
		}
		return p.verifyKey(r.Header.Get("Authorization"), s["api_key"])
	})
}

func (sepay) verifyAddress(ip netip.Addr, list string) error {
	networks, err := allowedNetworks(list)
	if err != nil {
		return ErrSignature
	}
	for _, network := range networks {
		if network.Contains(ip) {
			return nil
		}
	}
	return ErrSignature
}

// verifyKey accepts "Apikey K" and also "Bearer Apikey K", which the sample of SePay's Laravel
// package sends.
func (sepay) verifyKey(header, key string) error {
	scheme, given, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") {
		scheme, given, _ = strings.Cut(given, " ")
	}
	if !strings.EqualFold(scheme, "Apikey") || !sameToken(given, key) {
		return ErrSignature
	}
	return nil
}

func (sepay) verifyHMAC(r Request, secret string) error {
	stamp := r.Header.Get("X-SePay-Timestamp")
	signature, found := strings.CutPrefix(r.Header.Get("X-SePay-Signature"), "sha256=")
	if !found {
		return ErrSignature
	}
	if err := checkHex(signature, secret, hmac256(secret, stamp, ".", string(r.Body))); err != nil {
		return err
	}
	return checkStamp(r, stamp, time.Second)
}

func (p sepay) Parse(r Request) ([]Item, error) {
	o, err := readFields(r)
	if err != nil {
		return unreadableItems(err)
	}
	return itemsOrError(p.notice(o))
}

// bankHub is the Identity of Bank Hub's transactions. Bank Hub numbers them apart from the webhook
// on the same route.
const bankHub = "bank_hub"

// Dialect returns the format in which a provider sent the notice, where one connection may send a
// transfer in several; "": the usual one.
func (n *Notice) Dialect() string {
	if n.Identity == bankHub {
		return bankHub
	}
	return ""
}

// notice reads SePay's camelCase fields or Bank Hub's snake_case ones. The "code" is SePay's guess
// and may be cut, so it is only a hint beside the memo.
func (sepay) notice(o object) Item {
	n := Notice{
		ExternalID: o.word("id"), BankBIN: bankBIN(o.word("gateway")),
		Account: o.word("accountNumber", "account_number"), VirtualAccount: o.word("subAccount", "va"),
		Direction: readDirection(o.word("transferType", "transfer_type")),
		Memo:      o.text("content"), OrderRef: o.text("code", "payment_code"),
		Reference: o.word("referenceCode", "reference_code"),
	}
	if n.ExternalID == "" {
		n.ExternalID, n.Identity = o.word("transaction_id"), bankHub
	}
	item := completeItem(n, o.amount("transferAmount", "amount"), o.word("transactionDate", "transaction_date"))
	sandbox := strings.HasPrefix(item.Notice.Reference, "SB") ||
		strings.HasPrefix(strings.ToUpper(n.VirtualAccount), "SBSEPAY")
	if sandbox {
		item.Notice.Ignore = IgnoreSandbox
	}
	return item
}

func (sepay) Compose(n Notice, s Secrets, now time.Time) (Request, error) {
	body := jsonObject("id", number(n.ExternalID), "gateway", bankName(n.BankBIN), "transactionDate", n.local(),
		"accountNumber", n.Account, "code", orNull(n.OrderRef), "content", n.Memo, "transferType", string(n.Direction),
		"transferAmount", number(n.Amount.String()), "accumulated", number("0"), "subAccount", orNull(n.VirtualAccount),
		"referenceCode", n.Reference, "description", "BankAPINotify "+n.Memo)
	r := postJSON("", body, now)
	if networks, err := allowedNetworks(s["allow_ips"]); err == nil {
		r.RemoteIP = networks[0].Addr() // the address replaces a signature
	}
	switch {
	case s["hmac_secret"] != "":
		stamp := strconv.FormatInt(now.Unix(), 10)
		r.Header.Set("X-SePay-Timestamp", stamp)
		r.Header.Set("X-SePay-Signature", "sha256="+hex.EncodeToString(hmac256(s["hmac_secret"], stamp, ".",
			string(body))))
	case s["api_key"] != "":
		r.Header.Set("Authorization", "Apikey "+s["api_key"])
	}
	return r, nil
}
