package memo_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"market40/merchants/memo"
)

const (
	symbols = "23456789BCFGHJKNPQRSTVX"              // what a code's body is made of
	written = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" // what a memo is made of
	golden  = memo.Code("M4J234567834")              // first body that a counting reader draws
	other   = memo.Code("M4J3456789H9")              // the next
)

// newCode draws a code from the system's randomness.
func newCode(t testing.TB) memo.Code {
	t.Helper()
	code, err := memo.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestNewIsOfTheForm(t *testing.T) {
	t.Parallel()
	seen := map[memo.Code]bool{}
	for range 2000 {
		code := newCode(t)
		body, found := strings.CutPrefix(code.String(), memo.Prefix)
		if !found || len(code) != memo.Length || strings.Trim(body, symbols) != "" {
			t.Fatalf("%q is not of the form", code)
		}
		if strings.ContainsAny(body, "0O1IL") {
			t.Fatalf("%q holds a character that is misread", code)
		}
		if back, err := memo.Parse(code.String()); err != nil || back != code {
			t.Fatalf("Parse(%q) = %q, %v", code, back, err)
		}
		seen[code] = true
	}
	if len(seen) < 1990 {
		t.Errorf("only %d distinct codes in 2000", len(seen))
	}
}

// Printed codes hang at stalls for years: what was sound stays sound.
func TestFormIsPinned(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]memo.Code{
		"\x00\x01\x02\x03\x04\x05\x06":         golden,
		"\x01\x02\x03\x04\x05\x06\x07":         other,
		"\xff\xfd\x00\x01\x02\x03\x04\x05\x06": golden, // bytes past 252 would favour some symbols: drawn again
	} {
		if got, err := memo.New(strings.NewReader(source)); err != nil || got != want {
			t.Errorf("New(%q) = %q, %v; want %q", source, got, err, want)
		}
	}
}

func TestNewFailsWithItsReader(t *testing.T) {
	t.Parallel()
	if code, err := memo.New(bytes.NewReader([]byte{1, 2, 3})); code != "" || !errors.Is(err, io.EOF) {
		t.Errorf("New of a dry reader = %q, %v", code, err)
	}
}

func TestNewFavoursNoSymbol(t *testing.T) {
	t.Parallel()
	const draws = 20_000
	counts := map[rune]int{}
	for range draws {
		for _, c := range newCode(t).String()[len(memo.Prefix):] {
			counts[c]++
		}
	}
	mean := draws * (memo.Length - len(memo.Prefix)) / len(symbols)
	for _, c := range symbols {
		if n := counts[c]; n < mean*9/10 || n > mean*11/10 {
			t.Errorf("%c drawn %d times, about %d expected", c, n, mean)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"as written", "M4J234567834", nil},
		{"lower case", "m4j234567834", nil},
		{"grouped", "M4J2 3456 7834", nil},
		{"hyphens and spaces anywhere", " -m-4 J2--3456 7834- ", nil},
		{"empty", "", memo.ErrForm},
		{"separators only", " - ", memo.ErrForm},
		{"cut", "M4J23456783", memo.ErrForm},
		{"one too many", "M4J2345678342", memo.ErrForm},
		{"two codes", "M4J234567834M4J234567834", memo.ErrForm},
		{"something in front", "XM4J234567834", memo.ErrForm},
		{"prefix twice", "M4JM4J234567834", memo.ErrForm},
		{"another prefix", "CHO234567834", memo.ErrForm},
		{"a symbol of no code", "M4J2345678O4", memo.ErrForm},
		{"other separators", "M4J2.3456.7834", memo.ErrForm},
		{"a line's end", "M4J234567834\n", memo.ErrForm},
		{"full width", "Ｍ4J234567834", memo.ErrForm},
		{"no UTF-8", "M4J2345678\xff4", memo.ErrForm},
		{"wrong check", "M4J234567832", memo.ErrCheck},
		{"one symbol all along", "M4J222222222", memo.ErrCheck},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, err := memo.Parse(test.text)
			if !errors.Is(err, test.want) {
				t.Fatalf("Parse(%q) = %q, %v; want %v", test.text, code, err, test.want)
			}
			if test.want == nil && code != golden || test.want != nil && code != "" {
				t.Errorf("Parse(%q) = %q", test.text, code)
			}
		})
	}
}

// Every character of a code replaced by every other letter or digit.
func TestEverySubstitutionIsCaught(t *testing.T) {
	t.Parallel()
	for range 100 {
		code := newCode(t)
		for i := range memo.Length {
			for _, c := range []byte(written) {
				if c == code[i] {
					continue
				}
				want := memo.ErrForm
				if i >= len(memo.Prefix) && strings.IndexByte(symbols, c) >= 0 {
					want = memo.ErrCheck
				}
				wrong := code.String()[:i] + string(c) + code.String()[i+1:]
				if _, err := memo.Parse(wrong); !errors.Is(err, want) {
					t.Fatalf("%q read as %q: %v, want %v", code, wrong, err, want)
				}
			}
		}
	}
}

// Any two characters of a code in each other's place, neighbours among them.
func TestEverySwapIsCaught(t *testing.T) {
	t.Parallel()
	for range 2000 {
		code := newCode(t)
		for i := range memo.Length {
			for j := i + 1; j < memo.Length; j++ {
				if code[i] == code[j] {
					continue
				}
				wrong := []byte(code)
				wrong[i], wrong[j] = wrong[j], wrong[i]
				if _, err := memo.Parse(string(wrong)); err == nil {
					t.Fatalf("%q accepted for %q", wrong, code)
				}
			}
		}
	}
}

// Every two symbols of the body replaced by every other two: so a code that lost its last two to
// whatever follows it in a memo is never another's. The checks are linear, so one code would do for
// all.
func TestEveryDoubleSubstitutionIsCaught(t *testing.T) {
	t.Parallel()
	code := newCode(t)
	tried := 0
	for i := len(memo.Prefix); i < memo.Length; i++ {
		for j := i + 1; j < memo.Length; j++ {
			wrong := []byte(code)
			for _, a := range []byte(symbols) {
				for _, b := range []byte(symbols) {
					wrong[i], wrong[j] = a, b
					if string(wrong) == code.String() {
						continue
					}
					tried++
					if _, err := memo.Parse(string(wrong)); !errors.Is(err, memo.ErrCheck) {
						t.Fatalf("%q accepted for %q: %v", wrong, code, err)
					}
				}
			}
		}
	}
	if tried != 36*528 {
		t.Errorf("%d errors tried", tried)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "M4J234567834", "m4j2 3456-7834", "M4J23456783", "M4J234567832", "MM4J234567834",
		"CHO7K2M9XQ4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := memo.Parse(s)
		if err != nil {
			if code != "" || !errors.Is(err, memo.ErrForm) && !errors.Is(err, memo.ErrCheck) {
				t.Fatalf("Parse(%q) = %q, %v", s, code, err)
			}
			return
		}
		plain := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
		if code.String() != plain || len(code) != memo.Length {
			t.Fatalf("Parse(%q) = %q", s, code)
		}
		if len(s) <= memo.SearchLimit {
			if found := memo.Find(s); len(found) != 1 || found[0] != code {
				t.Fatalf("Find(%q) = %q", s, found)
			}
		}
	})
}
