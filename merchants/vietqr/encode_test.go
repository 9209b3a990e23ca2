package vietqr_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"market40/merchants/vietqr"
)

func TestEncodeWritesTheStandardsExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		payment vietqr.Payment
		want    string
	}{
		// NAPAS transfer profile v1.0, section 6.1.1, with its length and CRC put right.
		{
			vietqr.Payment{BIN: "970403", Account: "0011012345678"},
			"00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F",
		},
		{
			vietqr.Payment{BIN: "970415", Account: "113366668888", Amount: 79000, Purpose: "Ung Ho Quy Vac Xin"},
			"00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA53037045405790005802VN62220818Ung Ho Quy Vac Xin63043ACF",
		},
		{vietqr.Payment{BIN: "970436", Account: "0000000090"}, // a CRC that begins with zeros
			"00020101021138540010A00000072701240006970436011000000000900208QRIBFTTA53037045802VN6304006A"},
	} {
		if got, err := vietqr.Encode(c.payment); err != nil || got != c.want {
			t.Errorf("%+v:\n%s, %v, want\n%s", c.payment, got, err, c.want)
		}
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*vietqr.Payment){
		"BIN_UNKNOWN":    func(p *vietqr.Payment) { p.BIN = "970499" },
		"ACCOUNT_FORMAT": func(p *vietqr.Payment) { p.Account = strings.Repeat("1", 20) },
		"AMOUNT_FORMAT":  func(p *vietqr.Payment) { p.Amount = vietqr.MaxAmount + 1 },
		"MCC_VALUE":      func(p *vietqr.Payment) { p.MCC = "54x1" },
		"LEN_59":         func(p *vietqr.Payment) { p.MerchantName = strings.Repeat("N", 26) },
		"CHARSET_60":     func(p *vietqr.Payment) { p.City = "Huế" },
		"LEN_62_08":      func(p *vietqr.Payment) { p.Purpose = strings.Repeat("p", 26) },
		"CHARSET_62_03":  func(p *vietqr.Payment) { p.Store = "a\tb" },
	} {
		p := vietqr.Payment{BIN: "970436", Account: "0123456789"}
		spoil(&p)
		_, err := vietqr.Encode(p)
		var fault *vietqr.Error
		if !errors.As(err, &fault) || fault.Code != want || fault.Offset != -1 {
			t.Errorf("%+v: %v, want %s", p, err, want)
		}
	}
}

// payments draws any payment that can be encoded.
func payments() *rapid.Generator[vietqr.Payment] {
	return rapid.Custom(func(t *rapid.T) vietqr.Payment {
		text := func(most int) string {
			return rapid.StringMatching(`([ -~]{1,`+strconv.Itoa(most)+`})?`).Draw(t, "text")
		}
		return vietqr.Payment{
			BIN:          rapid.SampledFrom(vietqr.Banks()).Draw(t, "bank").BIN,
			Account:      rapid.StringMatching(`[!-~]{1,19}`).Draw(t, "account"),
			Amount:       rapid.Int64Range(0, vietqr.MaxAmount).Draw(t, "amount"),
			MCC:          rapid.StringMatching(`([0-9]{4})?`).Draw(t, "category"),
			MerchantName: text(25), City: text(15), Store: text(25), Terminal: text(25), Purpose: text(25),
		}
	})
}

// requested returns the payment in a code.
func requested(t *rapid.T, payload string) vietqr.Payment {
	code, err := vietqr.Decode(payload)
	if err != nil {
		t.Fatalf("%q: %v", payload, err)
	}
	var amount int64
	if code.Amount != "" {
		if amount, err = strconv.ParseInt(code.Amount, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if (code.POI == "12") != (amount > 0) || code.Scheme != vietqr.SchemeAccount {
		t.Fatalf("%q: initiation %s, scheme %s", payload, code.POI, code.Scheme)
	}
	return vietqr.Payment{
		BIN: code.BIN, Account: code.Account, Amount: amount, MCC: code.MCC, MerchantName: code.MerchantName,
		City: code.City, Store: code.Store, Terminal: code.Terminal, Purpose: code.Purpose,
	}
}

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := payments().Draw(t, "payment")
		payload, err := vietqr.Encode(p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if got := requested(t, payload); got != p {
			t.Fatalf("read %+v, want %+v", got, p)
		}
	})
}

func TestEveryChangedCharacterIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload, err := vietqr.Encode(payments().Draw(t, "payment"))
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(payload)-1).Draw(t, "at")
		other := byte(rapid.IntRange(0, 127).Draw(t, "other"))
		changed := payload[:at] + string(rune(other)) + payload[at+1:]
		if _, err := vietqr.Decode(changed); (err == nil) != (changed == payload) {
			t.Fatalf("%q with %q at %d: %v", payload, other, at, err)
		}
	})
}

func TestASCIIStripsVietnamese(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"Phở Hòa", 25, "Pho Hoa"},
		{"CHỢ ĐẦM  –  đường số 1\t", 25, "CHO DAM duong so 1"},
		{"Nguyễn Thị Ánh Tuyết Ngọc Diễm", 25, "Nguyen Thi Anh Tuyet Ngoc"},
		{"Quán 🍜 Bà Bảy", 25, "Quan Ba Bay"},
		{"Sạp A12", 4, "Sap"}, // no blank at the cut
		{"Pho\u031b\u0309", 25, "Pho"},
		{"北京", 25, ""},
		{"x", -1, ""},
	} {
		if got := vietqr.ASCII(c.text, c.limit); got != c.want {
			t.Errorf("%q cut to %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	p := vietqr.Payment{
		BIN: "970436", Account: "0123456789", Amount: 45000, MerchantName: "SAP A12 CHO BEN THANH", City: "HO CHI MINH",
		Store: "CHOBT01", Terminal: "A12", Purpose: "CHOBT01 A12",
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vietqr.Encode(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	const payload = "00020101021138540010A00000072701240006970436011001234567890208QRIBFTTA5204549953037045802VN" +
		"5921SAP A12 CHO BEN THANH6011HO CHI MINH610670000062330307CHOBT010703A120811CHOBT01 A126304DEAE"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vietqr.Decode(payload); err != nil {
			b.Fatal(err)
		}
	}
}
