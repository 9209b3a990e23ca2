package vietqr

import (
	"fmt"
	"strings"
)

// readValues copies the plain objects of the root and checks the form of each.
func (s *scanner) readValues(root *objects, code *Code) {
	code.POI = s.text(root.spans[1])
	code.MCC = s.text(root.spans[52])
	code.Currency = s.text(root.spans[53])
	code.Amount = s.text(root.spans[54])
	code.TipIndicator = s.text(root.spans[55])
	code.FeeFixed = s.text(root.spans[56])
	code.FeePercent = s.text(root.spans[57])
	code.Country = s.text(root.spans[58])
	code.MerchantName = s.text(root.spans[59])
	code.City = s.text(root.spans[60])
	code.PostalCode = s.text(root.spans[61])

	if root.has(1) && code.POI != "11" && code.POI != "12" {
		s.add("POI_VALUE", int(root.spans[1].from), code.POI)
	}
	s.checkMCC(root.spans[52])
	if root.has(54) {
		s.checkAmount(root.spans[54], code.Currency)
	}
	s.checkTip(root, code)
	s.checkPrintable(root.spans[59], 25, "59")
	s.checkPrintable(root.spans[60], 15, "60")
	s.checkPrintable(root.spans[61], 10, "61")
}

// checkPayment checks currency and country, and that a NAPAS code is for đồng in Vietnam and says
// how often it may be paid.
func (s *scanner) checkPayment(root *objects, code *Code, napas napasTemplate) {
	if napas.tag != 0 && !root.has(1) {
		s.add("MISSING_01", root.missing(), "")
	}
	switch currency := root.spans[53]; {
	case !root.has(53):
		s.add("MISSING_53", root.missing(), "")
	case len(code.Currency) != 3 || !allDigits(code.Currency):
		s.add("CURRENCY_VALUE", int(currency.from), code.Currency)
	case napas.tag != 0 && code.Currency != dong:
		s.add("CURRENCY_NOT_VND", int(currency.from), code.Currency)
	}
	switch country := root.spans[58]; {
	case !root.has(58):
		s.add("MISSING_58", root.missing(), "")
	case !isCountry(code.Country):
		s.add("COUNTRY_VALUE", int(country.from), code.Country)
	case napas.tag != 0 && code.Country != "VN":
		s.add("COUNTRY_NOT_VN", int(country.from), code.Country)
	}
}

// dong is the number of the Vietnamese đồng in ISO 4217, which gives it no decimals.
const dong = "704"

func isCountry(text string) bool {
	return len(text) == 2 && text[0]-'A' < 26 && text[1]-'A' < 26
}

func (s *scanner) checkMCC(sp span) {
	switch mcc := s.text(sp); {
	case mcc == "":
	case s.length(sp) != 4:
		s.add("LEN_52", int(sp.from), mcc)
	case !allDigits(mcc):
		s.add("MCC_VALUE", int(sp.from), mcc)
	}
}

// checkAmount checks 54: at most 13 characters, digits with at most one point that digits precede,
// above zero, and no decimals of a đồng. "50000." is allowed. Amounts in another currency keep
// theirs: which minor unit is in use is that country's business.
func (s *scanner) checkAmount(sp span, currency string) {
	text := s.text(sp)
	if !s.checkLength(sp, 1, 13, "LEN_54") {
		return
	}
	whole, decimals, _ := strings.Cut(text, ".")
	switch {
	case !allDigits(whole) || decimals != "" && !allDigits(decimals):
		s.add("AMOUNT_FORMAT", int(sp.from), text)
	case isZero(whole) && isZero(decimals):
		s.add("AMOUNT_ZERO", int(sp.from), text)
	case currency == dong && decimals != "":
		s.add("AMOUNT_DECIMALS", int(sp.from)+len(whole), text)
		s.faults[len(s.faults)-1].soft = isZero(decimals) // "50000.0" is wrong and yet beyond doubt
	}
}

func isZero(digits string) bool { return strings.Trim(digits, "0") == "" }

// checkTip checks 55 to 57: a fixed fee exactly with indicator 02, a percentage exactly with 03.
func (s *scanner) checkTip(root *objects, code *Code) {
	tip, fixed, percent := root.spans[55], root.spans[56], root.spans[57]
	switch code.TipIndicator {
	case "", "01", "02", "03":
	default:
		s.add("TIP_VALUE", int(tip.from), code.TipIndicator)
	}
	if root.has(56) != (code.TipIndicator == "02") {
		s.add("TIP_56", int(max(tip.at, fixed.at)), "56 goes with 55 = 02")
	}
	if root.has(57) != (code.TipIndicator == "03") {
		s.add("TIP_57", int(max(tip.at, percent.at)), "57 goes with 55 = 03")
	}
	if root.has(56) && s.checkLength(fixed, 1, 13, "LEN_56") {
		whole, decimals, _ := strings.Cut(code.FeeFixed, ".")
		switch {
		case !allDigits(whole) || decimals != "" && !allDigits(decimals):
			s.add("FEE_FORMAT", int(fixed.from), code.FeeFixed)
		case isZero(whole) && isZero(decimals):
			s.add("FEE_ZERO", int(fixed.from), code.FeeFixed)
		case code.Currency == dong && decimals != "":
			s.add("FEE_DECIMALS", int(fixed.from)+len(whole), code.FeeFixed)
		}
	}
	if root.has(57) && s.checkLength(percent, 1, 5, "LEN_57") && !isPercent(code.FeePercent) {
		s.add("FEE_PERCENT", int(percent.from), code.FeePercent)
	}
}

// isPercent accepts 00.01 to 99.99: one or two digits, and up to two behind a point.
func isPercent(text string) bool {
	whole, decimals, _ := strings.Cut(text, ".")
	return allDigits(whole) && len(whole) <= 2 && len(decimals) <= 2 &&
		(decimals == "" || allDigits(decimals)) && !(isZero(whole) && isZero(decimals))
}

// length returns the number of characters of a value.
func (s *scanner) length(sp span) int {
	if s.ascii {
		return int(sp.to - sp.from)
	}
	return s.characters(int(sp.to)) - s.characters(int(sp.from))
}

// checkLength reports whether a value has least to most characters, and records the fault if not.
func (s *scanner) checkLength(sp span, least, most int, code string) bool {
	n := s.length(sp)
	if n >= least && n <= most {
		return true
	}
	s.add(code, int(sp.from), fmt.Sprintf("%d characters, not %d to %d", n, least, most))
	return false
}

// checkASCII refuses what lies outside EMVCo's common character set (printable ASCII).
func (s *scanner) checkASCII(sp span, code string) {
	for at := sp.from; at < sp.to; at++ {
		if c := s.payload[at]; c < ' ' || c > '~' {
			s.add(code, int(at), s.text(sp))
			return
		}
	}
}

// checkPrintable checks an optional text for people: most characters at most, ASCII. The tag names
// the rules.
func (s *scanner) checkPrintable(sp span, most int, tag string) {
	if sp.to == 0 {
		return
	}
	if n := s.length(sp); n > most {
		s.add("LEN_"+tag, int(sp.from), fmt.Sprintf("%d characters, not 1 to %d", n, most))
	}
	if !s.ascii || s.controls {
		s.checkASCII(sp, "CHARSET_"+tag)
	}
}
