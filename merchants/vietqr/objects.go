package vietqr

import (
	"fmt"
	"unicode/utf8"
)

const (
	maxCharacters = 512  // EMVCo MPM v1.0, section 4.1: a payload should be no longer
	maxBytes      = 4096 // beyond this a text is refused unread; 512 characters are 2048 bytes at most
)

// span is the position of an object's id and of its value in the payload, in bytes.
type span struct{ at, from, to uint16 }

// objects are the data objects of one level, by id, and their ids in the order of the payload.
type objects struct {
	spans [100]span
	ids   [100]uint8
	count int
}

func (o *objects) has(id int) bool { return o.spans[id].to != 0 }

// scanner reads objects from a payload and collects the faults it meets, the first first.
type scanner struct {
	payload  string
	ascii    bool // every byte is ASCII, so characters are bytes
	controls bool // somewhere there is a control character
	faults   []fault
}

func (s *scanner) add(code string, at int, detail string) {
	s.faults = append(s.faults, fault{code, at, detail, isForgivable(code)})
}

// survey looks once at every byte for what is rare, so that later steps may take the short way.
func (s *scanner) survey() {
	var high, low byte
	for i := range len(s.payload) {
		c := s.payload[i]
		high |= c
		low |= (c - 0x20) & 0x80 & ^c // set for c < 0x20
		if c == 0x7F {
			low = 0x80
		}
	}
	s.ascii = high < utf8.RuneSelf
	s.controls = low != 0 || !s.ascii
}

// text returns the value of an object, or "" if it is absent.
func (s *scanner) text(sp span) string { return s.payload[sp.from:sp.to] }

// read splits payload[from:to] into objects. Prefix is "" at the root and "TPL_" in a template;
// path names the template in details. At the first fault it stops and returns false: what it has
// read until then is of no use.
func (s *scanner) read(from, to int, prefix, path string, into *objects) bool {
	for at := from; at < to; {
		id, value, end, code := s.object(at, to)
		if code == "" && into.has(id) {
			code = "DUPLICATE_ID"
		}
		if code != "" {
			where := at
			if code == "LEN_NOT_NUMERIC" || code == "LEN_ZERO" {
				where += 2
			}
			s.add(prefix+code, where, path+s.head(at, to))
			return false
		}
		into.spans[id] = span{uint16(at), uint16(value), uint16(end)}
		into.ids[into.count] = uint8(id)
		into.count++
		at = end
	}
	return true
}

// object reads the head at a byte offset: two digits of id, two of length, length counted in
// characters.
func (s *scanner) object(at, to int) (id, value, end int, code string) {
	if !s.ascii && utf8.RuneCountInString(s.payload[at:min(to, at+16)]) < 4 || to-at < 4 {
		return 0, 0, 0, "TLV_TRUNCATED"
	}
	id, ok := twoDigits(s.payload, at)
	if !ok {
		return 0, 0, 0, "ID_NOT_NUMERIC"
	}
	length, ok := twoDigits(s.payload, at+2)
	if !ok {
		return 0, 0, 0, "LEN_NOT_NUMERIC"
	}
	if length == 0 {
		return 0, 0, 0, "LEN_ZERO"
	}
	value, end = at+4, at+4+length
	if !s.ascii {
		end = offsetAfter(s.payload, value, length)
	}
	if end > to {
		return 0, 0, 0, "TLV_TRUNCATED"
	}
	return id, value, end, ""
}

// offsetAfter returns the byte offset that is n characters after from, or one past the end if there are
// fewer.
func offsetAfter(text string, from, n int) int {
	for ; n > 0; n-- {
		if from >= len(text) {
			return len(text) + 1
		}
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	return from
}

func twoDigits(text string, at int) (int, bool) {
	tens, units := text[at]-'0', text[at+1]-'0'
	return int(tens)*10 + int(units), tens <= 9 && units <= 9
}

// head shows the first characters of the object at a byte offset.
func (s *scanner) head(at, to int) string {
	return fmt.Sprintf("%q", s.payload[at:min(to, len(s.payload), offsetAfter(s.payload, at, 4))])
}
