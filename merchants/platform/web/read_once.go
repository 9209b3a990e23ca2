package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
)

// maxDepth is how deep a JSON body may be nested.
const maxDepth = 64

// readOnce reads a JSON body and refuses one in which an object has the same name twice: of
// {"role":"team","role":"admin"} one reader uses the first and another the last (RFC 8259, section
// 4). It also refuses text that would be stored as something else: bytes that are not UTF-8, and
// half of a surrogate pair (sections 8.1, 8.2). Webhooks are stored whatever their bytes; uploads
// are read by their handlers.
func readOnce(c *gin.Context) {
	if !readsJSON(c.Request) {
		return
	}
	body, err := io.ReadAll(c.Request.Body) // from memory
	switch {
	case err != nil:
		err = problem.New(problem.Malformed, "unreadable", "Không đọc được nội dung JSON.",
			"The JSON body could not be read.")
	case !utf8.Valid(body) || halfPair(body):
		err = problem.New(problem.Malformed, "unreadable", "Nội dung JSON có ký tự hỏng: cần UTF-8.",
			"The JSON body is not valid text: expected UTF-8.")
	default:
		err = refuseDuplicateNames(body)
	}
	if err != nil {
		problem.Write(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
}

func readsJSON(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody || strings.HasPrefix(r.URL.Path, "/webhooks/") {
		return false
	}
	kind := strings.ToLower(r.Header.Get("Content-Type"))
	return kind == "" || strings.Contains(kind, "json")
}

// jsonLevel is where in a JSON text one is.
type jsonLevel struct {
	names map[string]bool // of the object so far; nil: a list
	name  string          // of the value that is read, in an object
	named bool            // that name has been read and its value has not
	n     int             // of the value that is read, in a list
}

// refuseDuplicateNames returns nil for a JSON text without a name twice in one object, and for what is not
// JSON: its reader refuses that.
func refuseDuplicateNames(body []byte) error {
	text := json.NewDecoder(bytes.NewReader(body))
	text.UseNumber()
	var way []*jsonLevel
	for {
		token, err := text.Token()
		if err != nil {
			return nil //nolint:nilerr // the end, or what the reader of the body refuses
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			way = way[:len(way)-1]
			continue
		}
		if len(way) > 0 {
			if twice := way[len(way)-1].addToken(token); twice {
				return duplicateName(way)
			}
		}
		switch token {
		case json.Delim('{'):
			way = append(way, &jsonLevel{names: map[string]bool{}})
		case json.Delim('['):
			way = append(way, &jsonLevel{})
		}
		if len(way) > maxDepth {
			return problem.New(problem.Malformed, "too_deep", "Nội dung JSON lồng quá sâu.",
				"The JSON body is nested too deep.")
		}
	}
}

// addToken adds a name or a value, and reports whether it is a name that occurred before.
func (p *jsonLevel) addToken(token json.Token) (twice bool) {
	name, _ := token.(string)
	switch {
	case p.names == nil:
		p.n++
	case p.named:
		p.named = false
	default:
		twice = p.names[name]
		p.names[name], p.name, p.named = true, name, true
	}
	return twice
}

func duplicateName(way []*jsonLevel) error {
	var path []string
	for _, p := range way {
		if p.names == nil {
			path = append(path, strconv.Itoa(p.n-1))
		} else {
			path = append(path, p.name[:min(len(p.name), maxKeyLength)])
		}
	}
	return problem.Of(strings.ToValidUTF8(strings.Join(path, "."), ""), "duplicate_key",
		"Trường này xuất hiện hai lần.", "This field appears twice.")
}

// halfPair reports whether a JSON text escapes one half of a surrogate pair without the other. A
// backslash occurs in texts only.
func halfPair(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 || at+1 >= len(body) {
			return false
		}
		body = body[at:]
		unit, escaped := unitOf(body)
		switch {
		case !escaped:
			body = body[2:]
		case unit&0xFC00 == 0xD800:
			if low, ok := unitOf(body[6:]); !ok || low&0xFC00 != 0xDC00 {
				return true
			}
			body = body[12:]
		case unit&0xFC00 == 0xDC00:
			return true
		default:
			body = body[6:]
		}
	}
}

// unitOf returns the UTF-16 unit at the beginning of a JSON text, escaped by four hexadecimal
// digits.
func unitOf(body []byte) (uint64, bool) {
	if len(body) < 6 || body[0] != '\\' || body[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(body[2:6]), 16, 16)
	return unit, err == nil
}
