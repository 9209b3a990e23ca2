package vietqr

import "strings"

// Scheme words: the scheme of a code. NAPAS codes are recognised by its GUID and the service, the
// others by the GUID of an account template. Tag 38 alone proves nothing, since Laos uses it too.
const (
	SchemeAccount       = "vietqr-ibft-account" // NAPAS QRIBFTTA: transfer to an account
	SchemeCard          = "vietqr-ibft-card"    // NAPAS QRIBFTTC: transfer to a card
	SchemePush          = "napas-push"          // NAPAS QRPUSH: payment to a merchant id that an acquirer issued
	SchemeCash          = "napas-cash"          // NAPAS QRCASH: cash from a machine
	SchemeNAPAS         = "napas-other"         // NAPAS with no service, or an unknown one
	SchemeVNPAY         = "vnpay"
	SchemeMoMo          = "momo"
	SchemeZaloPay       = "zalopay"
	SchemeShopeePay     = "shopeepay"
	SchemePromptPay     = "promptpay"
	SchemePromptPayBill = "promptpay-bill"
	SchemeKHQR          = "khqr"
	SchemeLaoQR         = "laoqr"
	SchemeDuitNow       = "duitnow"
	SchemeQRIS          = "qris"
	SchemePayNow        = "paynow"
	SchemeQRPh          = "qrph"
	SchemePix           = "pix"
	SchemeOther         = "emv-other" // an EMVCo payload of a scheme that we do not know
	SchemeUnknown       = "unknown"   // no EMVCo payload: its objects cannot be read
)

// napasGUID is NAPAS's application id (NAPAS transfer profile v1.0, section 5.1).
const napasGUID = "A000000727"

// schemeGUIDs are the GUIDs of other schemes. Application ids are registered under ISO 7816-5; the
// names are reverse domains, which are compared without regard to case.
var schemeGUIDs = [...]struct{ guid, scheme string }{
	{"A000000775", SchemeVNPAY},
	{"vn.momo", SchemeMoMo},
	{"vn.zalopay", SchemeZaloPay},
	{"vn.airpay.www", SchemeShopeePay},
	{"A000000677010111", SchemePromptPay},
	{"A000000677010112", SchemePromptPayBill},
	{"A000000677010113", SchemePromptPayBill},
	{"A005266284662577", SchemeLaoQR},
	{"A0000006150001", SchemeDuitNow},
	{"ID.CO.QRIS.WWW", SchemeQRIS},
	{"SG.PAYNOW", SchemePayNow},
	{"com.p2pqrpay", SchemeQRPh},
	{"br.gov.bcb.pix", SchemePix},
}

// foreignScheme returns the scheme of a payload without a NAPAS template.
func foreignScheme(c *Code) string {
	for _, account := range c.Accounts {
		for _, known := range schemeGUIDs {
			if strings.EqualFold(account.GUID, known.guid) {
				return known.scheme
			}
		}
		// Bakong ids are name@bank, under 29 for persons and 30 for merchants.
		if c.Country == "KH" && (account.ID == "29" || account.ID == "30") && strings.Contains(account.GUID, "@") {
			return SchemeKHQR
		}
	}
	return SchemeOther
}

// Wallet returns the wallet that receives a transfer code's money, "momo" or "zalopay", and "" for
// a bank. Their codes name a partner bank (970454) or the wallet's own number. We cannot make them:
// a trader's own code is imported.
func (c Code) Wallet() string {
	switch {
	case c.BIN == "971025",
		c.BIN == "970454" && (strings.HasPrefix(c.Account, "99MM") || strings.HasPrefix(c.Reference, "MOMOW2W")):
		return SchemeMoMo
	case c.BIN == "970454" && strings.HasPrefix(c.Account, "99ZP"):
		return SchemeZaloPay
	}
	return ""
}
