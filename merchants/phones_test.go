package merchants_test

import (
	"regexp"
	"strings"
	"testing"

	"market40/merchants"
)

func TestAPhoneHasOneForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0905123456": "0905123456", "+84 905 123 456": "0905123456", "84905123456": "0905123456", "0084905123456": "0905123456",
		"0905.123.456": "0905123456", "(0905) 123-456": "0905123456", "+84(0)905123456": "0905123456",
		"02583822222": "02583822222", "+84 258 3822 222": "02583822222", "0384123456": "0384123456",
		"": "", "905123456": "", "0105123456": "", "09051234567": "", "+1 905 123 4567": "", "090512345a": "", "０９０５１２３４５６": "", "84": "", "+": "",
	} {
		if got, ok := merchants.NormalPhone(text); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
}

func FuzzNormalPhone(f *testing.F) {
	for _, seed := range []string{"0905123456", "+84 905 123 456", "0084258", "84", "8484905123456", "+0", "000"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^0[35789][0-9]{8}$|^02[0-9]{8,9}$`)
	f.Fuzz(func(t *testing.T, text string) {
		phone, ok := merchants.NormalPhone(text)
		if !ok {
			return
		}
		if !form.MatchString(phone) {
			t.Fatalf("%q became %q", text, phone)
		}
		for _, same := range []string{phone, "+84" + phone[1:], "0084" + phone[1:]} {
			if again, ok := merchants.NormalPhone(same); !ok || again != phone {
				t.Fatalf("%q of %q became %q", same, text, again)
			}
		}
	})
}

func FuzzNormalAccount(f *testing.F) {
	f.Add("0101 2345 67890")
	f.Add("mynamebvh\u00a0ſ")
	f.Fuzz(func(t *testing.T, number string) {
		normal := merchants.NormalAccount(number)
		if merchants.NormalAccount(normal) != normal || strings.ContainsAny(normal, " \t\n") {
			t.Fatalf("%q became %q, which is not its own normal form", number, normal)
		}
	})
}
