package vietqr

import (
	"fmt"
	"strings"
)

// readAdditional reads tag 62 (EMVCo MPM v1.0, section 4.8; objects 10 and 11 are of v1.1).
func (s *scanner) readAdditional(root *objects, code *Code) {
	var parts objects
	if !root.has(62) || !s.readTemplate(root.spans[62], "62", &parts) {
		return
	}
	for id, into := range [...]*string{
		1: &code.Bill, 2: &code.Mobile, 3: &code.Store, 4: &code.Loyalty, 5: &code.Reference, 6: &code.Customer,
		7: &code.Terminal, 8: &code.Purpose, 9: &code.ConsumerDataRequest, 10: &code.MerchantTaxID,
		11: &code.MerchantChannel,
	} {
		if into != nil && parts.has(id) {
			*into = s.text(parts.spans[id])
		}
	}
	for _, id := range parts.ids[:parts.count] {
		s.checkAdditional(int(id), parts.spans[id])
	}
}

// checkAdditional checks one object of tag 62.
func (s *scanner) checkAdditional(id int, sp span) {
	switch {
	case id >= 1 && id <= 8:
		s.checkPrintable(sp, 25, additionalTags[id])
	case id == 9:
		if !isConsumerData(s.text(sp)) {
			s.add("CONSUMER_DATA_VALUE", int(sp.from), s.text(sp))
		}
	case id == 10:
		s.checkPrintable(sp, 20, additionalTags[id])
	case id == 11:
		s.checkLength(sp, 3, 3, "LEN_62_11")
		s.checkASCII(sp, "CHARSET_62_11")
	case id >= 50 && strings.HasPrefix(s.text(sp), "00"):
		// Templates of payment systems, if they look like one: then their objects must be right.
		// What looks like raw text is left alone, as in tags 80 to 99.
		var parts objects
		s.readTemplate(sp, fmt.Sprintf("62/%02d", id), &parts)
	}
}

var additionalTags = [...]string{
	1: "62_01", "62_02", "62_03", "62_04", "62_05", "62_06", "62_07", "62_08", "62_09",
	"62_10", "62_11",
}

// isConsumerData reports whether a request names A (address), M (mobile) and E (e-mail), each at
// most once.
func isConsumerData(text string) bool {
	var seen [256]bool
	for i := range len(text) {
		c := text[i]
		if c != 'A' && c != 'M' && c != 'E' || seen[c] {
			return false
		}
		seen[c] = true
	}
	return text != ""
}

// readLanguage reads tag 64 (EMVCo MPM v1.0, section 4.9).
func (s *scanner) readLanguage(root *objects, code *Code) {
	var parts objects
	sp := root.spans[64]
	if !root.has(64) || !s.readTemplate(sp, "64", &parts) {
		return
	}
	code.AltLanguage = s.text(parts.spans[0])
	code.AltName = s.text(parts.spans[1])
	code.AltCity = s.text(parts.spans[2])
	if !parts.has(0) || !parts.has(1) {
		s.add("TPL64_MISSING", int(sp.from), "language (00) and name (01) are both wanted")
	}
	if parts.has(0) && s.checkLength(parts.spans[0], 2, 2, "LEN_64_00") && !isLanguage(code.AltLanguage) {
		s.add("CHARSET_64_00", int(parts.spans[0].from), code.AltLanguage)
	}
	if parts.has(1) {
		s.checkLength(parts.spans[1], 1, 25, "LEN_64_01")
	}
	if parts.has(2) {
		s.checkLength(parts.spans[2], 1, 15, "LEN_64_02")
	}
	s.checkTexts(&parts)
}

// isLanguage reports whether a text is two letters, of either case: EMVCo's own example writes ZH.
func isLanguage(text string) bool {
	return len(text) == 2 && (text[0]|0x20)-'a' < 26 && (text[1]|0x20)-'a' < 26
}
