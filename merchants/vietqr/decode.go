package vietqr

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decode reads a payload strictly. The error, an *Error, is the first fault in this order: length,
// CRC, objects of the root, their order, account templates, values, additional data, language
// template. The Code is what could be read in spite of it, for showing to people only.
func Decode(payload string) (Code, error) {
	code, faults := decodePayload(payload)
	if len(faults) > 0 {
		e := faults[0].inCharacters(payload)
		return code, &e
	}
	return code, nil
}

// DecodeLenient reads the code that a trader already has. It accepts what Decode accepts, and
// forgives the faults of codes in circulation: those, and Code.Warnings, come back as warnings. The
// error, an *Error, is the first fault beyond forgiveness.
func DecodeLenient(payload string) (Code, []Warning, error) {
	code, faults := decodePayload(payload)
	var warnings []Warning
	for _, f := range faults {
		e := f.inCharacters(payload)
		if !f.soft {
			return code, nil, &e
		}
		warnings = append(warnings, Warning(e))
	}
	return code, append(warnings, code.Warnings()...), nil
}

// decodePayload reads whatever can be read and returns all faults, in the order in which they are
// reported.
func decodePayload(payload string) (Code, []fault) {
	s := scanner{payload: payload}
	if !s.fits() {
		return Code{Scheme: SchemeUnknown}, s.faults
	}
	s.survey()
	s.checkTail()
	var root objects
	if !s.read(0, len(payload), "", "", &root) {
		return Code{Scheme: SchemeUnknown}, s.faults
	}
	code := Code{crcAt: s.characters(root.missing())}
	s.checkFrame(&root)
	s.checkControls(&root)
	napas := s.readAccounts(&root, &code)
	s.readValues(&root, &code)
	s.checkPayment(&root, &code, napas)
	if napas.tag != 0 {
		code.Scheme = napasScheme(code.Service)
	} else {
		code.Scheme = foreignScheme(&code)
	}
	s.readAdditional(&root, &code)
	s.readLanguage(&root, &code)
	s.storeOthers(&root, &code)
	return code, s.faults
}

// fits refuses what is not worth reading, and notes what is too long.
func (s *scanner) fits() bool {
	switch n := len(s.payload); {
	case n == 0:
		s.add("EMPTY", 0, "")
	case n > maxBytes:
		s.add("TOO_LONG", maxCharacters, fmt.Sprintf("%d bytes", n))
	case !utf8.ValidString(s.payload):
		s.add("NOT_UTF8", len(s.payload)-len(strings.TrimLeftFunc(s.payload,
			func(r rune) bool { return r != utf8.RuneError })), "")
	case n > maxCharacters && utf8.RuneCountInString(s.payload) > maxCharacters:
		s.add("TOO_LONG", offsetAfter(s.payload, 0, maxCharacters), fmt.Sprintf("%d characters",
			utf8.RuneCountInString(s.payload)))
		return true
	default:
		return true
	}
	return false
}

// checkTail checks the CRC of a payload that ends with one.
func (s *scanner) checkTail() {
	body, tail := s.payload, ""
	if at := len(s.payload) - 4; at > 4 {
		body, tail = s.payload[:at], s.payload[at:]
	}
	if !strings.HasSuffix(body, "6304") || tail == "" {
		if !strings.HasSuffix(s.payload, "\n") { // a line break behind a code is a fault of its own
			s.add("CRC_MISSING", len(s.payload), "the last object is not 6304 and four digits")
		}
		return
	}
	want := hexDigits(checksum([]byte(body)))
	if tail == string(want[:]) {
		return
	}
	if strings.EqualFold(tail, string(want[:])) {
		s.add("CRC_LOWERCASE", len(body), tail)
		return
	}
	s.add("CRC_MISMATCH", len(body), fmt.Sprintf("given %q, computed %s", tail, want))
}

// missing returns the byte offset at which an absent object is reported: that of the CRC, or the
// end.
func (o *objects) missing() int {
	if o.has(63) {
		return int(o.spans[63].at)
	}
	last := o.spans[o.ids[o.count-1]]
	return int(last.to)
}

// characters turns a byte offset into characters.
func (s *scanner) characters(at int) int {
	if s.ascii {
		return at
	}
	return utf8.RuneCountInString(s.payload[:at])
}

// checkFrame checks the first, second and last objects.
func (s *scanner) checkFrame(root *objects) {
	if last := root.ids[root.count-1]; root.has(63) && last != 63 {
		s.add("CRC_NOT_LAST", int(root.spans[63].to), "")
	} else if last != 63 && len(s.faults) == 0 {
		s.add("CRC_MISSING", len(s.payload), "")
	}
	if first := root.ids[0]; first != 0 {
		s.add("PFI_NOT_FIRST", 0, fmt.Sprintf("%02d comes first", first))
	}
	if !root.has(0) {
		s.add("MISSING_00", 0, "")
	} else if pfi := s.text(root.spans[0]); pfi != "01" {
		s.add("PFI_VALUE", int(root.spans[0].from), pfi)
	}
}

// checkControls refuses control characters, in any object.
func (s *scanner) checkControls(root *objects) {
	if !s.controls {
		return
	}
	for _, id := range root.ids[:root.count] {
		sp := root.spans[id]
		if at := strings.IndexFunc(s.text(sp), unicode.IsControl); at >= 0 {
			s.add("CONTROL_CHAR", int(sp.from)+at, fmt.Sprintf("in %02d", id))
		}
	}
}

// storeOthers stores the objects that no rule of ours reads.
func (s *scanner) storeOthers(root *objects, code *Code) {
	for _, id := range root.ids[:root.count] {
		if id < 65 {
			continue
		}
		sp := root.spans[id]
		o := Object{s.payload[sp.at : sp.at+2], s.text(sp), s.characters(int(sp.at))}
		if id < 80 {
			code.RFU = append(code.RFU, o)
		} else {
			code.Unreserved = append(code.Unreserved, o)
		}
	}
}
