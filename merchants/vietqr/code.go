// Package vietqr reads and writes the payloads of QR codes for payment: EMVCo's merchant-presented
// mode and NAPAS's transfer profile of it (VietQR), with the table of banks that such codes name.
// The strict reader refuses whatever the two documents do not allow, with a code and the place; the
// encoder writes transfer codes only, and nothing that the strict reader would refuse.
package vietqr

// Object is a data object of a payload.
type Object struct {
	ID    string // two digits
	Value string
	// Offset is the position of the object's id, in characters from the start of the payload.
	Offset int
}

// Account is one of the merchant accounts of a payload, tags 02 to 51.
type Account struct {
	ID    string // two digits: 02–25 hold a plain account, 26–51 a template
	GUID  string // who gives the template its meaning, "" for a plain account
	Value string // the object's whole value
	// Objects are the template's parts, its GUID among them, in order; nil for a plain account.
	Objects []Object
}

// Code is what a payload says. Texts are as written; "" is an absent object, since none may be
// empty.
type Code struct {
	Scheme string // one of the Scheme words

	POI      string // 01: "11" static, "12" for one payment
	MCC      string // 52: four digits of ISO 18245
	Currency string // 53: three digits of ISO 4217, "704" for đồng
	Amount   string // 54: decimal digits with at most one point
	Country  string // 58: ISO 3166, "VN"

	// Of a NAPAS template: the bank's number, the account, card or merchant id there, the service.
	BIN, Account, Service string

	MerchantName, City, PostalCode string // 59, 60, 61: ASCII, at most 25, 15, 10 characters

	TipIndicator string // 55: "01" ask for a tip, "02" fixed fee, "03" fee in percent
	FeeFixed     string // 56
	FeePercent   string // 57: "1.50"

	// Of the additional data, tag 62, objects 01 to 11; "***" means that the payer enters it.
	Bill, Mobile, Store, Loyalty, Reference, Customer, Terminal, Purpose string
	ConsumerDataRequest, MerchantTaxID, MerchantChannel                  string

	AltLanguage, AltName, AltCity string // 64: the name in another script, the only place for diacritics

	Accounts   []Account // 02–51 that could be read, in order
	RFU        []Object  // 65–79, reserved by EMVCo
	Unreserved []Object  // 80–99, unchanged

	crcAt int // position of the CRC object, in characters: missing objects are reported there
}

// Warnings returns notes on a payload that breaks no rule of the strict reader: MISSING_52,
// MISSING_59 and MISSING_60 (required by EMVCo, left out in the field), RFU_65 to RFU_79, OPAQUE_80
// to OPAQUE_99 (raw text instead of a template with a GUID).
func (c Code) Warnings() []Warning {
	var notes []Warning
	for _, must := range [...]struct{ code, value string }{
		{"MISSING_52", c.MCC}, {"MISSING_59", c.MerchantName}, {"MISSING_60", c.City},
	} {
		if must.value == "" {
			notes = append(notes, Warning{Code: must.code, Offset: c.crcAt})
		}
	}
	for _, o := range c.RFU {
		notes = append(notes, Warning{Code: "RFU_" + o.ID, Offset: o.Offset, Detail: o.Value})
	}
	for _, o := range c.Unreserved {
		if !isTemplate(o.Value) {
			notes = append(notes, Warning{Code: "OPAQUE_" + o.ID, Offset: o.Offset, Detail: o.Value})
		}
	}
	return notes
}

// isTemplate reports whether a value is well-formed objects with a GUID.
func isTemplate(value string) bool {
	s := scanner{payload: value}
	s.survey()
	var parts objects
	return s.read(0, len(value), "", "", &parts) && parts.has(0)
}
