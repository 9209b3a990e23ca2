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

// field is one member of an object: its name, and its value as written, so that numbers stay exact.
type field struct {
	key string
	raw []byte
}

// object is a JSON object or a form in the order it was written. A repeated name makes the body
// unreadable: two readers could read different values under one signature.
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

// once refuses an object with a repeated name.
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

// valueEnd returns the offset behind the value that begins at an offset of valid JSON.
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

// stringText returns the text of a JSON string.
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

// get returns the raw value of a field, nil when it is absent.
func (o object) get(key string) []byte {
	for i := range o {
		if o[i].key == key {
			return o[i].raw
		}
	}
	return nil
}

// text returns the first of the named fields that holds text: a string, or a number as written.
// null, "" and absent are equal. Zero bytes are dropped, because no database column stores them.
func (o object) text(keys ...string) string {
	for _, key := range keys {
		if s := plainText(o.get(key)); s != "" {
			return s
		}
	}
	return ""
}

// word returns a text that is compared or looked up. Spaces around it are cut, a whole number has
// one form however JSON writes it, and true and false count as absent.
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

// wholeNumber writes a whole JSON number without point and exponent: 18.0 and 1.8e1 become 18. It
// returns any other number unchanged.
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

// amount returns the first of the named fields that is not empty, exactly as written, with spaces.
func (o object) amount(keys ...string) written {
	for _, key := range keys {
		raw := o.get(key)
		if s := plainText(raw); s != "" {
			return written{s, raw[0] != '"'}
		}
	}
	return written{}
}

// child returns the object in a field.
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

// readQuery reads a URL-encoded form and stores its values as JSON strings.
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

// quoted returns s as a JSON string.
func quoted(s string) []byte { return appendString(nil, s, escaping{}) }
