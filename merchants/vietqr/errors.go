package vietqr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a fault in a payload, or in the fields of a payment that cannot be encoded.
type Error struct {
	// Code names the rule, one of
	//
	// EMPTY, TOO_LONG, NOT_UTF8, CRC_MISSING, CRC_MISMATCH, CRC_LOWERCASE, CRC_NOT_LAST;
	// TLV_TRUNCATED, ID_NOT_NUMERIC, LEN_NOT_NUMERIC, LEN_ZERO, DUPLICATE_ID, and the same with
	// TPL_ in a template; PFI_NOT_FIRST, PFI_VALUE, POI_VALUE, MISSING_xx, CONTROL_CHAR,
	// NO_ACCOUNT, TPL_NO_GUID, TPL64_MISSING, NOT_PRECOMPOSED, LEN_xx and CHARSET_xx with the tag
	// (54, 62_08); NAPAS_TAG, NAPAS_EXTRA_SUBTAG, BIN_FORMAT, BIN_UNKNOWN (Encode only),
	// ACCOUNT_FORMAT, CARD_FORMAT, SERVICE_MISSING, SERVICE_VALUE; MCC_VALUE, CURRENCY_VALUE,
	// CURRENCY_NOT_VND, COUNTRY_VALUE, COUNTRY_NOT_VN, AMOUNT_FORMAT, AMOUNT_ZERO, AMOUNT_DECIMALS,
	// TIP_VALUE, TIP_56, TIP_57, FEE_FORMAT, FEE_ZERO, FEE_DECIMALS, FEE_PERCENT,
	// CONSUMER_DATA_VALUE.
	Code string
	// Offset is the place of the fault in characters (code points) from the start of the payload,
	// from 0 to its length; what is missing is missed before the CRC. It is -1 for a payment that
	// was not encoded.
	Offset int
	// Detail is for a person who repairs the code: what was found, or what was expected.
	Detail string
}

// Error names the rule, the place and the detail in one line.
func (e *Error) Error() string {
	text := "vietqr: " + e.Code
	if e.Offset >= 0 {
		text += fmt.Sprintf(" at %d", e.Offset)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Warning is what a reader noticed in a payload that it accepted: a rule that the lenient reader
// forgave, or a note such as MISSING_59, RFU_65 or OPAQUE_80. Its fields are those of Error.
type Warning Error

// isForgivable reports whether the lenient reader accepts a payload in spite of a fault. It forgives
// what codes in circulation get wrong and what leaves payee, amount and structure beyond doubt: the
// letter case of the CRC, the version, the absent point of initiation or service, a foreign
// currency, texts for people that are too long or not ASCII. It never forgives broken TLV, a wrong
// CRC, or a doubtful bank, account, amount, fee or country.
func isForgivable(code string) bool {
	switch code {
	case "CRC_LOWERCASE", "PFI_VALUE", "MISSING_01", "TPL_NO_GUID", "SERVICE_MISSING", "CURRENCY_NOT_VND",
		"CONSUMER_DATA_VALUE", "NOT_PRECOMPOSED":
		return true
	}
	for _, kind := range [...]string{"LEN_", "CHARSET_"} {
		if tag, ok := strings.CutPrefix(code, kind); ok {
			switch tag[:2] {
			case "59", "60", "61", "62", "64":
				return true
			}
		}
	}
	return false
}

// fault is an Error with its offset in bytes. The lenient reader ignores a soft one.
type fault struct {
	code   string
	at     int
	detail string
	soft   bool
}

// inCharacters turns the byte offset into the characters before it.
func (f fault) inCharacters(payload string) Error {
	at := min(max(f.at, 0), len(payload))
	return Error{Code: f.code, Offset: utf8.RuneCountInString(payload[:at]), Detail: f.detail}
}
