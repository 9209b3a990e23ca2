package roster_test

import (
	"strings"
	"testing"

	"market40/merchants/roster"
)

func TestOneStallNumberHasOneKey(t *testing.T) {
	t.Parallel()
	for key, spellings := range map[string][]string{
		"a1": {
			"A 01", "A01", "a 01", "a1", "A-1", "A.01", "A_1", "A/1", "A–1", "A\u200b1", "A\u00a001", "Ａ１", " a  1 ",
			"a\ufeff1", "#A1", "'A1", "'A1'", `"A1"`, "“A1”", "(A1)", "A\u28001", "A\uffa01", "A\U000E00311",
			"A1\U000E0001",
			"A・1", "A⋅1", "A⁄ 1", "A∕01", "A⁃1", "A˗1", "A➖1", "A~1", "A∼1", "A«1»", "«A1»", "‹A1›", "【A1】", "A─1",
			"А1", "Α1", "а1",
		},
		"a1'":  {"A1'", "a-01’", "A1′", "A1 `", "Ａ１＇"},
		"a1''": {"A1''", `A1"`, "A1″", "A1”"},
		"a1+":  {"A1+", "a 01 +", "A1＋"},
		"a1*":  {"A1*"},
		"a^2":  {"A²", "A^2", "a ²", "A₂"},
		"a2":   {"A2", "Ａ２"},
		"1+2":  {"1+2", "1+02"},
		"1-12": {"1-12", "1.12", "1/12", "1 12", "01-12", "1\u00a0–\u00a012"},
		"11-2": {"11-2", "11.2"},
		"112":  {"112", "0112", "1\u200b12"},
		"ô1":   {"Ô-1", "ô-1", "Ô\u200b-1", "O\u0302-1", "ô 01"},
		"đ12b": {"Đ12B", "Ð-12b", "đ 12-B"},
		"đ1":   {"Đ1", "Ð1", "Ɖ1", "ɖ 01"},
		"hòa1": {"Hoà 1", "Hòa 1", "HOÀ 1", "HÒA1", "hoa\u0300-1"},
		"hỏe2": {"Hoẻ 2", "Hỏe 2"},
		"qúy3": {"Quý 3", "Qúy 3", "QUÝ 3"},
		"ủy":   {"Uỷ", "ỦY"},
		"hoa1": {"Hoa 1"},
		"họă1": {"Hoặ 1", "Họă 1"},
		"kiốt": {"Ki-ốt"},
		"0":    {"0", "00", "000"},
		"-":    {"-"},
	} {
		for _, number := range spellings {
			if got := roster.NumberKey(number); got != key {
				t.Errorf("%q: got %q, want %q", number, got, key)
			}
		}
	}
}

func FuzzNumberKey(f *testing.F) {
	for _, seed := range []string{"A 01", "1-12", "Ô\u200b-1", "\u00a8", "--", "①", "0-0-0", "ﬁ1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, number string) {
		if len(number) > 200 {
			return
		}
		number = strings.ToValidUTF8(number, "")
		key := roster.NumberKey(number)
		if roster.NumberKey(key) != key && strings.ContainsAny(key, "0123456789abc") {
			t.Fatalf("%q has key %q, which has key %q", number, key, roster.NumberKey(key))
		}
		if spaced := roster.NumberKey(" " + strings.ToUpper(key) + "\u200b"); strings.Trim(key,
			"0123456789-abcdefghijklmnopqrstuvwxyz") == "" && key != "" && spaced != key &&
			strings.ContainsAny(key, "0123456789abc") {
			t.Fatalf("%q and its other spelling have keys %q and %q", number, key, spaced)
		}
	})
}
