package memo_test

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"market40/merchants/memo"
)

//go:embed testdata/memos.json
var memosJSON []byte

// delivered is a memo as a bank delivered it; braces mark the position of a code in it.
type delivered struct {
	Text   string `json:"text"`
	Cut    int    `json:"cut"` // how many of the code's last characters were lost
	Route  string `json:"route"`
	Source string `json:"source"`
}

func readDelivered(t testing.TB) []delivered {
	t.Helper()
	var file struct {
		Memos []delivered `json:"memos"`
	}
	if err := json.Unmarshal(memosJSON, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Memos) < 56 {
		t.Fatalf("%d memos", len(file.Memos))
	}
	return file.Memos
}

var marked = regexp.MustCompile(`\{([^}]*)\}`)

// asStood is the memo as it was, with the code it held.
func (d delivered) asStood() string { return marked.ReplaceAllString(d.Text, "$1") }

// with returns the memo with codes of ours in the place of others, as broken, re-cased and cut as
// those were.
func (d delivered) with(codes ...memo.Code) string {
	next := 0
	return marked.ReplaceAllStringFunc(d.Text, func(stood string) string {
		code := codes[next].String()
		next++
		return mangledAs(stood[1:len(stood)-1], code[:len(code)-d.Cut])
	})
}

// mangledAs breaks a code where stood is broken and gives each character the case of the one in its
// place.
func mangledAs(stood, code string) string {
	var out strings.Builder
	lower := false
	for _, c := range stood {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			out.WriteRune(c)
			continue
		}
		if unicode.IsLetter(c) {
			lower = unicode.IsLower(c)
		}
		if code != "" {
			out.WriteString(recased(code[:1], lower))
			code = code[1:]
		}
	}
	out.WriteString(recased(code, lower))
	return out.String()
}

func recased(s string, lower bool) string {
	if lower {
		return strings.ToLower(s)
	}
	return s
}

func TestOrdinaryMemosContainNoCode(t *testing.T) {
	t.Parallel()
	for _, d := range readDelivered(t) {
		if found := memo.Find(d.asStood()); found != nil {
			t.Errorf("%q (%s) gives %q", d.asStood(), d.Route, found)
		}
	}
}

func TestOurCodeIsFoundWhereAnotherStood(t *testing.T) {
	t.Parallel()
	places := 0
	for _, d := range readDelivered(t) {
		for range 20 {
			codes := []memo.Code{newCode(t), newCode(t)}
			text := d.with(codes...)
			want := codes[:strings.Count(d.Text, "{")]
			if d.Cut > 0 {
				want = nil
			}
			if found := memo.Find(text); !slices.Equal(found, want) {
				t.Errorf("%q (%s) gives %q, want %q", text, d.Route, found, want)
			}
		}
		places += strings.Count(d.Text, "{")
	}
	if places < 40 {
		t.Errorf("only %d places for a code in the fixtures", places)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const limit = memo.SearchLimit
	for _, test := range []struct {
		name, text string
		want       []memo.Code
	}{
		{"empty", "", nil},
		{"alone", "M4J234567834", []memo.Code{golden}},
		{"letters of the alphabet glued on", "GHXM4J234567834KB", []memo.Code{golden}},
		{"digits glued on", "0903M4J23456783425000", []memo.Code{golden}},
		{"the prefix glued on", "M4JM4M4J234567834M4", []memo.Code{golden}},
		{"title case", "Tien Ca M4j234567834", []memo.Code{golden}},
		{"a line break", "tien ca M4J2345\r\n67834", []memo.Code{golden}},
		{"wrapped inside the prefix", "M4  J234567834", []memo.Code{golden}},
		{"full width", "Ｍ４Ｊ２３４５６７８３４", []memo.Code{golden}},
		{"full width, small", "ｍ４ｊ234567834", []memo.Code{golden}},
		{"marks that are no letters", "M4J\u00a0234\u200b567–834…", []memo.Code{golden}},
		{"Vietnamese around it", "tiền cá chợ M4J234567834 cảm ơn", []memo.Code{golden}},
		{"broken UTF-8", "M4J2345\xff67834\xe1", []memo.Code{golden}},
		{"a Vietnamese letter inside", "M4J2345ạ67834", nil},
		{"a Vietnamese word inside", "M4J2345 cá 67834", nil},
		{"a letter that upper-cases into ASCII", "M4J2345\u017f67834", nil},
		{"twice the same", "M4J234567834 m4j2345-67834", []memo.Code{golden}},
		{"two", "M4J234567834M4J3456789H9", []memo.Code{golden, other}},
		{"two in the other order, one again", "M4J3456789H9 M4J234567834 M4J3456789H9", []memo.Code{other, golden}},
		{"one begun inside another", "M4J2345M4J234567834", []memo.Code{golden}},
		{"a sound one after an unsound one", "M4J234567835 M4J3456789H9", []memo.Code{other}},
		{"unsound", "M4J234567835", nil},
		{"the prefix by chance, then a word", "quay M4 jean, M4 Jollibee", nil},
		{"cut", "tien ca M4J23456783", nil},
		{"cut, and the next word in its place", "tien ca M4J23456783 GD 252995-091922", nil},
		{"read with O for 0 and I for 1", "M4JO3456783I", nil},
		{"at the end of what is searched", strings.Repeat("đ", limit-12) + "M4J234567834", []memo.Code{golden}},
		{"one character past it", strings.Repeat("đ", limit-11) + "M4J234567834", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if found := memo.Find(test.text); !slices.Equal(found, test.want) {
				t.Errorf("Find(%q) = %q, want %q", test.text, found, test.want)
			}
		})
	}
}

// wrapped is a text as a bank with narrow lines keeps it: cut every width characters, the lines
// joined.
func wrapped(text string, width int, joint string) string {
	var lines []string
	for len(text) > width {
		lines = append(lines, text[:width])
		text = text[width:]
	}
	return strings.Join(append(lines, text), joint)
}

func TestFoundHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	code := newCode(t)
	for _, width := range []int{25, 33, 35, 40} {
		for front := range 2 * width {
			text := strings.Repeat("mua rau", width)[:front] + code.String() + " - Ma giao dich/ Trace 401309"
			for _, joint := range []string{" ", "  ", "\n", "\r\n", "/"} {
				delivered := wrapped(text, width, joint)
				if found := memo.Find(delivered); !slices.Equal(found, []memo.Code{code}) {
					t.Fatalf("%q gives %q, want %q", delivered, found, code)
				}
			}
		}
	}
}

// A code without its last one or two characters is not found, whatever the bank writes after it.
func TestCutCodesAreNotFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := drawCode(t)
		cut := code.String()[:memo.Length-rapid.IntRange(1, 2).Draw(t, "lost")]
		text := cut + rapid.StringOfN(rapid.RuneFrom([]rune(written+" -./")), 0, 40, -1).Draw(t, "behind")
		for _, found := range memo.Find(text) {
			if found != code && strings.HasPrefix(found.String(), cut) {
				t.Fatalf("%q gives %q", text, found)
			}
		}
	})
}

func drawCode(t *rapid.T) memo.Code {
	bytes := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "randomness")
	code, err := memo.New(strings.NewReader(string(bytes) + strings.Repeat("\x07", memo.Length)))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A code is found with any words around it and any marks inside it.
func TestFoundInAnyMemo(t *testing.T) {
	t.Parallel()
	marks := rapid.StringOfN(rapid.RuneFrom([]rune(" -_./,:;|\n\t\u00a0")), 0, 3, -1)
	words := rapid.StringOfN(rapid.RuneFrom([]rune(written+"abcmjxyz đạ0123456789 .-/")), 0, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		code := drawCode(t)
		var text strings.Builder
		text.WriteString(words.Draw(t, "in front"))
		for _, c := range code.String() {
			text.WriteString(recased(string(c), rapid.Bool().Draw(t, "lower")) + marks.Draw(t, "mark"))
		}
		text.WriteString(words.Draw(t, "behind"))
		if found := memo.Find(text.String()); !slices.Contains(found, code) {
			t.Fatalf("%q gives %q, want %q", text.String(), found, code)
		}
	})
}

// findSlowly says what Find must give, window by window over the squashed text.
func findSlowly(text string) []memo.Code {
	squashed := []rune{}
	for i, c := range []rune(text) {
		if i == memo.SearchLimit {
			break
		}
		if c >= 0xff01 && c <= 0xff5e {
			c -= 0xfee0
		}
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			squashed = append(squashed, c)
		}
	}
	var found []memo.Code
	for i := 0; i+memo.Length <= len(squashed); i++ {
		code, err := memo.Parse(string(squashed[i : i+memo.Length]))
		if err == nil && !slices.Contains(found, code) {
			found = append(found, code)
		}
	}
	return found
}

func FuzzFind(f *testing.F) {
	for _, d := range readDelivered(f) {
		f.Add(d.with(golden, other))
	}
	f.Add("M4JM4J234567834M4J3456789H9")
	f.Add("Ｍ４Ｊ234567834 tiền cá \xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		found := memo.Find(text)
		if want := findSlowly(text); !slices.Equal(found, want) {
			t.Fatalf("Find(%q) = %q, want %q", text, found, want)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	const wrapper = "TKThe :0091000000123, tai VCB. MBVCB.6988293532.235166.tien ca va rau CODE.CT tu 0091000000123 NGUYEN THI HA TRAN " +
		"toi 1261122666 CHO DAM tai BIDV -CTLNHIDI000009811425241-1/1-CRE-002"
	for name, text := range map[string]string{
		"a code":  strings.Replace(wrapper, "CODE", "M4J2345 67834", 1),
		"no code": strings.Replace(wrapper, "CODE", "cho chi Lan", 1),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				memo.Find(text)
			}
		})
	}
}
