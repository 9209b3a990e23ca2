package banks

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// escaping is how a language writes strings in JSON, beyond what JSON demands.
// JavaScript: nothing more. Go: html. PHP: slash and ascii. Python: ascii.
type escaping struct {
	html  bool // & < > U+2028 U+2029 as \uXXXX
	slash bool // / as \/
	ascii bool // everything past ASCII as \uXXXX
}

// maxDepth is how deep a signed body may nest.
const maxDepth = 32

// appendSorted writes the object again, compactly and with the keys of every object in it sorted;
// numbers stay as they were written.
func (o object) appendSorted(dst []byte, esc escaping) ([]byte, error) {
	return o.appendLevel(dst, esc, 0)
}

func (o object) appendLevel(dst []byte, esc escaping, depth int) (_ []byte, err error) {
	dst = append(dst, '{')
	for i, f := range o.sorted() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, f.key, esc), ':')
		if dst, err = appendValue(dst, f.raw, esc, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendValue(dst, raw []byte, esc escaping, depth int) ([]byte, error) {
	switch {
	case depth > maxDepth:
		return nil, errTooDeep
	case raw[0] == '{':
		o, err := splitObject(raw)
		if err != nil {
			return nil, err
		}
		return o.appendLevel(dst, esc, depth)
	case raw[0] == '[':
		elements, err := splitArray(raw)
		dst = append(dst, '[')
		for i, e := range elements {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendValue(dst, e, esc, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), err
	case raw[0] == '"':
		return appendString(dst, stringText(raw), esc), nil
	}
	return append(dst, raw...), nil
}

// sorted returns a copy in the order of the keys.
func (o object) sorted() object {
	return slices.SortedFunc(slices.Values(o), func(a, b field) int { return strings.Compare(a.key, b.key) })
}

// short are the two-character escapes that all four languages write.
var short = map[rune]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

func appendString(dst []byte, s string, esc escaping) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		mark, isShort := short[c]
		switch {
		case isShort:
			dst = append(dst, '\\', mark)
		case c == '/' && esc.slash:
			dst = append(dst, '\\', '/')
		case c < 0x20, esc.html && strings.ContainsRune("&<>\u2028\u2029", c), esc.ascii && c > 0x7e && c < 0x10000:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		case esc.ascii && c >= 0x10000:
			c -= 0x10000
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}
