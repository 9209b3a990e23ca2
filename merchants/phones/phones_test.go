package phones_test

import (
	"regexp"
	"testing"

	"market40/merchants/phones"
)

func TestAPhoneHasOneForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0905123456": "0905123456", "+84 905 123 456": "0905123456", "84905123456": "0905123456",
		"0084905123456": "0905123456",
		"0905.123.456":  "0905123456", "(0905) 123-456": "0905123456", "+84(0)905123456": "0905123456",
		"02583822222": "02583822222", "+84 258 3822 222": "02583822222", "0084 (0) 905 123 456": "0905123456",
		"84 0 905 123 456": "0905123456", "\u202d0905\u00a0123\u200b456\u202c": "0905123456",
		"84-905-123-456": "0905123456",
		"0905−123−456":   "0905123456", "0905—123—456": "0905123456", "0905·123·456": "0905123456",
		"0905/123/456": "0905123456", "0905_123_456": "0905123456", "'0905123456": "0905123456",
		"’0905123456":           "0905123456",
		"0905123456/0914222333": "", "0905123456/457": "", "0905'123456": "", "²905123456": "",
		"01682123456": "", "025838222": "", "0384123456": "0384123456",
		"": "", "905123456": "", "0105123456": "", "09051234567": "", "+1 905 123 4567": "", "090512345a": "",
		"０９０５１２３４５６": "0905123456", "＋８４ 905 123 456": "0905123456", "84": "", "+": "",
	} {
		if got, ok := phones.Normalize(text); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
}

func FuzzNormalPhone(f *testing.F) {
	for _, seed := range []string{"0905123456", "+84 905 123 456", "0084258", "84", "8484905123456", "+0", "000"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^0[35789][0-9]{8}$|^02[0-9]{9}$`)
	f.Fuzz(func(t *testing.T, text string) {
		phone, ok := phones.Normalize(text)
		if !ok {
			return
		}
		if !form.MatchString(phone) {
			t.Fatalf("%q became %q", text, phone)
		}
		for _, same := range []string{phone, "+84" + phone[1:], "0084" + phone[1:]} {
			if again, ok := phones.Normalize(same); !ok || again != phone {
				t.Fatalf("%q of %q became %q", same, text, again)
			}
		}
	})
}

// A cell of a list is read as a form is, and gets back the zero that a spreadsheet dropped.
func TestASheetLosesTheZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"905123456": "0905123456", "842345678": "0842345678", "0842345678": "0842345678", "2583822123": "02583822123",
		"912345678.0":   "0912345678",
		"0084905123456": "0905123456", "84905123456": "0905123456", "+84 (0) 905123456": "0905123456",
		"+905123456": "", "9.1E+08": "", "1682123456": "", "0905123456/0914222333": "", "12": "",
	} {
		if got, ok := phones.FromSheet(text); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
}
