package web_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"market40/merchants/platform/web"
)

// FuzzHalfPair: in an accepted text the reader replaced nothing: it contains U+FFFD
// only where it was sent.
func FuzzHalfPair(f *testing.F) {
	for _, seed := range []string{
		`"\ud83d\ude00"`, `"\ud83d"`, `"\\ud83d"`, `"\ude00\ud83d"`, `"\ufffd"`, `"\u12"`,
		`"\`, `"\ud83d\u`, `"\uD83D\uDE00\uDE00"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		half := web.HalfPair(body)
		var read string
		if json.Unmarshal(body, &read) != nil || !utf8.Valid(body) {
			return
		}
		sent := strings.Contains(strings.ToLower(string(body)), `\ufffd`) || strings.ContainsRune(string(body),
			utf8.RuneError)
		if replaced := strings.ContainsRune(read, utf8.RuneError); !sent && replaced != half {
			t.Fatalf("%s is half a pair: %v, and read as %q", body, half, read)
		}
	})
}
