package vietqr

import (
	"fmt"
	"strconv"
)

// MaxAmount is the largest amount that fits into a payload, in đồng. One NAPAS transfer stays far
// below it.
const MaxAmount = 9_999_999_999_999

// Payment is the content of a transfer code. Texts are printable ASCII, see ASCII; "" leaves the
// object out.
type Payment struct {
	BIN          string // of the bank, one of Banks
	Account      string // 1 to 19 printable ASCII characters without blanks
	Amount       int64  // đồng, 1 to MaxAmount; 0: the payer types it, and the code may be paid many times
	MCC          string // four digits of ISO 18245
	MerchantName string // at most 25 characters
	City         string // at most 15
	Store        string // 62.03, at most 25
	Terminal     string // 62.07, at most 25
	Purpose      string // 62.08, at most 25: the transfer's memo
}

// Encode writes the payload of a transfer to an account (NAPAS QRIBFTTA): static without an amount,
// for one payment with one. It refuses, with an *Error of offset -1, what Decode would refuse, and
// a bank that is not in the table (BIN_UNKNOWN).
func Encode(p Payment) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	var space [384]byte
	b := append(space[:0], "000201010211"...)
	if p.Amount > 0 {
		b[len(b)-1] = '2'
	}
	beneficiary := 4 + len(p.BIN) + 4 + len(p.Account)
	b = appendHead(b, "38", 14+4+beneficiary+12)
	b = append(b, "0010"+napasGUID...)
	b = appendHead(b, "01", beneficiary)
	b = appendObject(b, "00", p.BIN)
	b = appendObject(b, "01", p.Account)
	b = append(b, "0208QRIBFTTA"...)
	b = appendObject(b, "52", p.MCC)
	b = append(b, "5303"+dong...)
	if p.Amount > 0 {
		var digits [20]byte
		b = appendObject(b, "54", string(strconv.AppendInt(digits[:0], p.Amount, 10)))
	}
	b = append(b, "5802VN"...)
	b = appendObject(b, "59", p.MerchantName)
	b = appendObject(b, "60", p.City)
	if n := p.additional(); n > 0 {
		b = appendHead(b, "62", n)
		b = appendObject(b, "03", p.Store)
		b = appendObject(b, "07", p.Terminal)
		b = appendObject(b, "08", p.Purpose)
	}
	b = append(b, "6304"...)
	sum := hexDigits(checksum(b))
	return string(append(b, sum[:]...)), nil
}

// appendHead appends an object's id and length.
func appendHead(b []byte, id string, length int) []byte {
	return append(b, id[0], id[1], byte('0'+length/10), byte('0'+length%10))
}

// appendObject appends an object, unless it is empty.
func appendObject(b []byte, id, value string) []byte {
	if value == "" {
		return b
	}
	return append(appendHead(b, id, len(value)), value...)
}

// additional returns the length of tag 62.
func (p *Payment) additional() (n int) {
	for _, text := range [...]string{p.Store, p.Terminal, p.Purpose} {
		if text != "" {
			n += 4 + len(text)
		}
	}
	return n
}

func (p *Payment) check() error {
	if _, ok := BankByBIN(p.BIN); !ok {
		return refuseFault("BIN_UNKNOWN", p.BIN)
	}
	if !isAccountNumber(p.Account) {
		return refuseFault("ACCOUNT_FORMAT", p.Account)
	}
	if p.Amount < 0 || p.Amount > MaxAmount {
		return refuseFault("AMOUNT_FORMAT", strconv.FormatInt(p.Amount, 10))
	}
	if p.MCC != "" && (len(p.MCC) != 4 || !allDigits(p.MCC)) {
		return refuseFault("MCC_VALUE", p.MCC)
	}
	for _, text := range [...]struct {
		tag, value string
		most       int
	}{
		{"59", p.MerchantName, 25},
		{"60", p.City, 15},
		{"62_03", p.Store, 25},
		{"62_07", p.Terminal, 25},
		{"62_08", p.Purpose, 25},
	} {
		if !isPrintable(text.value) {
			return refuseFault("CHARSET_"+text.tag, text.value)
		}
		if len(text.value) > text.most {
			return refuseFault("LEN_"+text.tag, fmt.Sprintf("%d characters, not 1 to %d", len(text.value), text.most))
		}
	}
	return nil
}

func refuseFault(code, detail string) error { return &Error{Code: code, Offset: -1, Detail: detail} }

func isPrintable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
