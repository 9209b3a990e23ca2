package vietqr

import (
	"fmt"

	"golang.org/x/text/unicode/norm"
)

// napasTemplate is where the NAPAS template of a payload was found.
type napasTemplate struct {
	tag   int // 0: there is none
	parts objects
}

// readAccounts reads the merchant accounts, tags 02 to 51, and the NAPAS template among them.
func (s *scanner) readAccounts(root *objects, code *Code) (napas napasTemplate) {
	found := false
	for _, id := range root.ids[:root.count] {
		if id < 2 || id > 51 {
			continue
		}
		found = true
		sp := root.spans[id]
		account := Account{ID: s.payload[sp.at : sp.at+2], Value: s.text(sp)}
		if id < 26 {
			if !s.ascii || s.controls {
				s.checkASCII(sp, "CHARSET_"+account.ID)
			}
			code.Accounts = append(code.Accounts, account)
			continue
		}
		var parts objects
		if !s.readTemplate(sp, account.ID, &parts) {
			continue
		}
		if !parts.has(0) {
			s.add("TPL_NO_GUID", int(sp.from), account.ID)
			continue
		}
		s.checkTexts(&parts)
		account.GUID = s.text(parts.spans[0])
		account.Objects = s.list(&parts)
		if s.length(parts.spans[0]) > 32 {
			s.add("LEN_"+account.ID+"_00", int(parts.spans[0].from), account.GUID)
		}
		code.Accounts = append(code.Accounts, account)
		if account.GUID == napasGUID && (napas.tag == 0 || id == 38) {
			napas = napasTemplate{int(id), parts}
		}
		if account.GUID == napasGUID && id != 38 {
			s.add("NAPAS_TAG", int(sp.at), account.ID)
		}
	}
	if !found {
		s.add("NO_ACCOUNT", root.missing(), "none of 02 to 51")
	}
	if napas.tag != 0 {
		s.readNAPAS(root, &napas, code)
	}
	return napas
}

// readTemplate reads the objects of a template; path names it in details.
func (s *scanner) readTemplate(sp span, path string, into *objects) bool {
	return s.read(int(sp.from), int(sp.to), "TPL_", path, into)
}

// list returns the objects of a template in order.
func (s *scanner) list(parts *objects) []Object {
	list := make([]Object, 0, parts.count)
	for _, id := range parts.ids[:parts.count] {
		sp := parts.spans[id]
		list = append(list, Object{s.payload[sp.at : sp.at+2], s.text(sp), s.characters(int(sp.at))})
	}
	return list
}

// checkTexts refuses values that are not precomposed: format S requires Unicode's form C (EMVCo MPM
// v1.0, section 4.4).
func (s *scanner) checkTexts(parts *objects) {
	if s.ascii {
		return
	}
	for _, id := range parts.ids[:parts.count] {
		sp := parts.spans[id]
		if at := norm.NFC.QuickSpanString(s.text(sp)); at < int(sp.to-sp.from) && !norm.NFC.IsNormalString(s.text(sp)) {
			s.add("NOT_PRECOMPOSED", int(sp.from)+at, s.text(sp))
		}
	}
}

// readNAPAS reads bank, account and service (NAPAS transfer profile v1.0, section 5.1; QRPUSH and
// QRCASH from the members' specification).
func (s *scanner) readNAPAS(root *objects, napas *napasTemplate, code *Code) {
	at := int(root.spans[napas.tag].at)
	if beneficiary := napas.parts.spans[1]; !napas.parts.has(1) {
		s.add("BIN_FORMAT", at, "no beneficiary")
	} else {
		s.readBeneficiary(beneficiary, code)
	}
	code.Service = s.text(napas.parts.spans[2])
	switch code.Service {
	case "":
		s.add("SERVICE_MISSING", at, "")
	case "QRIBFTTA", "QRPUSH", "QRCASH":
	case "QRIBFTTC":
		if n := len(code.Account); n != 16 && n != 19 || !allDigits(code.Account) {
			s.add("CARD_FORMAT", at, code.Account)
		}
	default:
		s.add("SERVICE_VALUE", int(napas.parts.spans[2].from), code.Service)
	}
}

// readBeneficiary reads 38.01: the bank's number, and the account there.
func (s *scanner) readBeneficiary(sp span, code *Code) {
	var parts objects
	if !s.readTemplate(sp, "beneficiary", &parts) {
		return
	}
	for _, id := range parts.ids[:parts.count] {
		if id > 1 {
			s.add("NAPAS_EXTRA_SUBTAG", int(parts.spans[id].at), fmt.Sprintf("01 holds %02d", id))
		}
	}
	code.BIN, code.Account = s.text(parts.spans[0]), s.text(parts.spans[1])
	if len(code.BIN) != 6 || !allDigits(code.BIN) {
		s.add("BIN_FORMAT", int(max(parts.spans[0].from, sp.from)), code.BIN)
	}
	if !isAccountNumber(code.Account) {
		s.add("ACCOUNT_FORMAT", int(max(parts.spans[1].from, sp.from)), code.Account)
	}
}

// isAccountNumber reports whether a text is 1 to 19 printable ASCII characters. The standard's
// "ans" would let blanks through; no bank's accounts have any.
func isAccountNumber(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= 19
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return text != ""
}

// napasScheme returns the scheme of a NAPAS template by its service.
func napasScheme(service string) string {
	switch service {
	case "QRIBFTTA":
		return SchemeAccount
	case "QRIBFTTC":
		return SchemeCard
	case "QRPUSH":
		return SchemePush
	case "QRCASH":
		return SchemeCash
	}
	return SchemeNAPAS
}
