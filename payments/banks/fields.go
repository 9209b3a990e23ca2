package banks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// field is one member of an object: its name and its value as it was written, so that numbers lose
// nothing.
type field struct {
	key string
	raw []byte
}

// object is a JSON object or a form in the order it was written. A name that comes twice makes the
// body unreadable: two readers could take different values from under one signature.
type object []field

var (
	errNotJSON   = errors.New("not valid JSON")
	errNotObject = errors.New("not a JSON object")
	errRepeated  = errors.New("a field is repeated")
	errTooDeep   = errors.New("nested too deep")
)

// readObject reads a whole JSON text that must be an object.
func readObject(text []byte) (object, error) {
	if !json.Valid(text) {
		return nil, errNotJSON
	}
	return splitObject(bytes.TrimSpace(text))
}

// splitObject splits valid JSON into its fields; nested values stay as they are.
func splitObject(text []byte) (object, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, errNotObject
	}
	fields := make(object, 0, 16)
	for at := skipSpace(text, 1); text[at] != '}'; {
		end := valueEnd(text, at)
		f := field{key: stringText(text[at:end])}
		at = skipSpace(text, skipSpace(text, end)+1) // over the colon
		end = valueEnd(text, at)
		f.raw = text[at:end]
		fields = append(fields, f)
		if at = skipSpace(text, end); text[at] == ',' {
			at = skipSpace(text, at+1)
		}
	}
	return fields, fields.once()
}

// splitArray splits a valid JSON array into its elements.
func splitArray(text []byte) ([][]byte, error) {
	if len(text) == 0 || text[0] != '[' {
		return nil, errors.New("not a JSON array")
	}
	var elements [][]byte
	for at := skipSpace(text, 1); text[at] != ']'; {
		end := valueEnd(text, at)
		elements = append(elements, text[at:end])
		if at = skipSpace(text, end); text[at] == ',' {
			at = skipSpace(text, at+1)
		}
	}
	return elements, nil
}

// once checks that no name comes twice.
func (o object) once() error {
	if len(o) > 32 {
		seen := make(map[string]bool, len(o))
		for _, f := range o {
			if seen[f.key] {
				return errRepeated
			}
			seen[f.key] = true
		}
		return nil
	}
	for i, f := range o {
		for _, g := range o[:i] {
			if g.key == f.key {
				return errRepeated
			}
		}
	}
	return nil
}

func skipSpace(text []byte, at int) int {
	for text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t' {
		at++
	}
	return at
}

// valueEnd is the offset behind the value that begins at an offset of valid JSON.
func valueEnd(text []byte, at int) int {
	depth := 0
	for ; at < len(text); at++ {
		switch c := text[at]; {
		case c == '"':
			for at++; text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
			if depth == 0 {
				return at + 1
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth < 0 {
				return at
			}
			if depth == 0 {
				return at + 1
			}
		case depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			return at
		}
	}
	return at
}

// stringText is the text of a JSON string.
func stringText(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// get is the raw value of a field, nil when it is absent.
func (o object) get(key string) []byte {
	for i := range o {
		if o[i].key == key {
			return o[i].raw
		}
	}
	return nil
}

// text is the first of the named fields that holds text: a string, or a number as it was written.
// null, "" and absent are one thing. Zero bytes, which no database column holds, are dropped.
func (o object) text(keys ...string) string {
	for _, key := range keys {
		if s := plainText(o.get(key)); s != "" {
			return s
		}
	}
	return ""
}

// word is a text that is compared or looked up: spaces around it mean nothing, a whole number has
// one form however JSON writes it, and true and false are none.
func (o object) word(keys ...string) string {
	for _, key := range keys {
		raw := o.get(key)
		if len(raw) == 0 || raw[0] == 't' || raw[0] == 'f' {
			continue
		}
		if s := plainText(raw); s != "" {
			if raw[0] != '"' {
				return wholeNumber(s)
			}
			return strings.TrimSpace(s)
		}
	}
	return ""
}

// maxExponent is the largest exponent of a number that wholeNumber writes out.
const maxExponent = 60

// wholeNumber writes a JSON number that is whole without point and exponent: 18.0 and 1.8e1 are 18.
// Another number stays as it is.
func wholeNumber(text string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	unsigned := strings.TrimPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > maxExponent || shift < -maxExponent {
			return text
		}
	}
	digits, point := whole+fraction, len(whole)+shift
	if point < 0 || strings.Trim(digits[min(point, len(digits)):], "0") != "" {
		return text
	}
	digits = strings.TrimLeft((digits + strings.Repeat("0", max(point-len(digits), 0)))[:point], "0")
	switch {
	case digits == "":
		return "0"
	case unsigned != mantissa:
		return "-" + digits
	}
	return digits
}

// written is an amount as a provider wrote it: as text, or as a number of JSON.
type written struct {
	text   string
	number bool
}

// amount is the first of the named fields that holds anything, exactly as it was written: spaces
// count.
func (o object) amount(keys ...string) written {
	for _, key := range keys {
		raw := o.get(key)
		if s := plainText(raw); s != "" {
			return written{s, raw[0] != '"'}
		}
	}
	return written{}
}

// child is the object in a field.
func (o object) child(key string) (object, error) {
	c, err := splitObject(o.get(key))
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", key, err)
	}
	return c, nil
}

func plainText(raw []byte) string {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' {
		return ""
	}
	if raw[0] == '"' {
		s := stringText(raw)
		if strings.IndexByte(s, 0) >= 0 {
			return strings.ReplaceAll(s, "\x00", "")
		}
		return s
	}
	return string(raw)
}

// readFields reads a body that is a JSON object or a form (application/x-www-form-urlencoded or
// multipart/form-data), which SePay lets a merchant choose and MoMo v1 sends.
func readFields(r Request) (object, error) {
	if text := bytes.TrimSpace(r.Body); len(text) > 0 && text[0] == '{' {
		return readObject(text)
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		return readQuery(string(bytes.TrimSpace(r.Body)))
	case "multipart/form-data":
		return readMultipart(r.Body, params["boundary"])
	}
	return nil, errNotJSON
}

// readQuery reads an url-encoded form; values are kept as JSON strings.
func readQuery(query string) (object, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("not a valid form")
	}
	fields := make(object, 0, len(values))
	for key, list := range values {
		if len(list) != 1 {
			return nil, errRepeated
		}
		fields = append(fields, field{key, quoted(list[0])})
	}
	return fields.sorted(), nil
}

func readMultipart(body []byte, boundary string) (object, error) {
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	var fields object
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, fields.once()
		}
		if err != nil {
			return nil, errors.New("not a valid form")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, errors.New("not a valid form")
		}
		fields = append(fields, field{part.FormName(), quoted(string(value))})
	}
}

// quoted is s as a JSON string.
func quoted(s string) []byte { return appendString(nil, s, escaping{}) }
