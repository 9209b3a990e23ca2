package vietqr_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"market40/merchants/vietqr"
)

// obj writes one data object with its length in characters.
func obj(id, value string) string {
	return fmt.Sprintf("%s%02d%s", id, utf8.RuneCountInString(value), value)
}

// sealed appends the CRC, computed bit by bit, independently of the package's table.
func sealed(body string) string {
	body += "6304"
	sum := uint16(0xFFFF)
	for _, c := range []byte(body) {
		for bit := range 8 {
			top := sum>>15 != uint16(c>>(7-bit)&1)
			sum <<= 1
			if top {
				sum ^= 0x1021
			}
		}
	}
	return fmt.Sprintf("%s%04X", body, sum)
}

const (
	begin = "000201010211"
	napas = "38540010A00000072701240006970436011001234567890208QRIBFTTA"
	end   = "53037045802VN"
)

// napasOf is a NAPAS template of a beneficiary and what follows it.
func napasOf(beneficiary, rest string) string {
	return obj("38", obj("00", "A000000727")+obj("01", beneficiary)+rest)
}

// ruleCase is a payload and the code of the fault that the strict reader reports, "" for none.
type ruleCase struct{ name, payload, want string }

const service = "0208QRIBFTTA"

// to is the NAPAS template of an account at one bank, card that of a card.
func to(account string) string { return napasOf(obj("00", "970436")+obj("01", account), service) }

func card(number string) string {
	return napasOf(obj("00", "970436")+obj("01", number), "0208QRIBFTTC")
}

// allowed are read by the strict reader: the list of what must not be refused.
var allowed = []ruleCase{
	{"bare static", sealed(begin + napas + end), ""},
	{"country before currency", sealed(begin + napas + "5802VN5303704"), ""},
	{"amount after country", sealed("000201010212" + napas + end + "54041000"), ""},
	{"bare point", sealed("000201010212" + napas + end + "54055000."), ""},
	{"static with amount", sealed(begin + napas + end + "54041000"), ""},
	{"reserved 79", sealed(begin + napas + end + "7903abc"), ""},
	{"raw 80 and 87", sealed(begin + napas + end + "8003123" + "8704text"), ""},
	{"UnionPay beside", sealed(begin + obj("15", "3156520412345678") + napas + end), ""},
	{"ZaloPay beside", sealed(begin + obj("26", obj("00", "vn.zalopay")+obj("01", "x")) + napas + end), ""},
	{"6304 in a value", sealed(begin + napas + end + obj("62", obj("08", "A6304BCDE"))), ""},
	{"letters in the account", sealed(begin + to("VQRQ0001abcd") + end), ""},
	{"longest account", sealed(begin + to(strings.Repeat("9", 19)) + end), ""},
	{"card of 16", sealed(begin + card("9704031101234567") + end), ""},
	{"card of 19", sealed(begin + card("9704031101234567890") + end), ""},
	{
		"tax id and channel",
		sealed(begin + napas + end + obj("62", obj("10", strings.Repeat("1", 20))+obj("11", "001"))),
		"",
	},
	{"all consumer data", sealed(begin + napas + end + obj("62", obj("09", "EMA"))), ""},
	{"reserved 62.12", sealed(begin + napas + end + obj("62", obj("12", "xyz"))), ""},
	{"system template in 62", sealed(begin + napas + end + obj("62", obj("50", obj("00", "vn.x")+obj("01", "y")))), ""},
	{"raw text in 62.77", sealed(begin + napas + end + obj("62", obj("77", "r"))), ""},
	{"three full texts", sealed(begin + napas + end + obj("62", obj("01", strings.Repeat("a", 25))+
		obj("05", strings.Repeat("b", 25))+obj("08", strings.Repeat("c", 25)))), ""},
	{"push", sealed(begin + napasOf("0006970436"+obj("01", "MERCHANT01"), "0206QRPUSH") + end), ""},
	{"fixed fee", sealed(begin + napas + end + "550202" + obj("56", "5000")), ""},
	{"whole percent", sealed(begin + napas + end + "550203" + obj("57", "5")), ""},
	{"composed letters", sealed(begin + napas + end + obj("64", "0002vi"+obj("01", "Phở Hòa")+
		obj("02", "Hồ Chí Minh"))), ""},
	{"VNPAY without 01", sealed("000201" + obj("26", obj("00", "A000000775")+obj("01", "0108219949")) +
		"520453995303704540410005802VN5905CHO A6005HANOI"), ""},
	{"electricity bill's GUID 00", sealed(begin + obj("26", "000200"+obj("01", "PE01")) + end), ""},
	{"dollars elsewhere", sealed(begin + obj("30", obj("00", "shop@bank")) +
		"520459995303840540410.55802KH5901A6002PP" + obj("99", obj("00", "1700000000000"))), ""},
	{"two account templates", sealed(begin + obj("51", obj("00", "ID.CO.QRIS.WWW")) +
		obj("26", obj("00", "ID.CO.SHOP")) + "53033605802ID"), ""},
}

// frameFaults break the frame of a payload, or its objects.
var frameFaults = []ruleCase{
	{"nothing", "", "EMPTY"},
	{"no CRC", begin + napas + end, "CRC_MISSING"},
	{"CRC swallowed", sealed(begin + napas + end + "6012HANO"), "CRC_MISSING"},
	{"wrong CRC", begin + napas + end + "63040000", "CRC_MISMATCH"},
	{"blank before", sealed(" " + begin + napas + end), "ID_NOT_NUMERIC"},
	{"length +9", sealed(begin + napas + end + "59+9SAP A1234"), "LEN_NOT_NUMERIC"},
	{"length blank 9", sealed(begin + napas + end + "59 9SAP A1234"), "LEN_NOT_NUMERIC"},
	{"no length", sealed(begin + napas + end + "5900"), "LEN_ZERO"},
	{"country twice", sealed(begin + napas + end + "5802VN"), "DUPLICATE_ID"},
	{"CRC twice", sealed(begin + napas + end + "63041234"), "DUPLICATE_ID"},
	{"first is 01", sealed("010211000201" + napas + end), "PFI_NOT_FIRST"},
	{"version 1 digit", sealed("00011010211" + napas + end), "PFI_VALUE"},
	{"initiation 13", sealed("000201010213" + napas + end), "POI_VALUE"},
	{"initiation long", sealed("0002010103011" + napas + end), "POI_VALUE"},
	{
		"too long",
		sealed(begin + napas + end + obj("80", strings.Repeat("x", 99)) + obj("81", strings.Repeat("x", 99)) +
			obj("82", strings.Repeat("x", 99)) + obj("83", strings.Repeat("x", 99)) +
			obj("84", strings.Repeat("x", 20))),
		"TOO_LONG",
	},
	{"much too long", strings.Repeat("9", 5000), "TOO_LONG"},
	{"broken UTF-8", sealed(begin + napas + end + "5902\xff\xfe"), "NOT_UTF8"},
	{"no account", sealed(begin + end), "NO_ACCOUNT"},
}

// templateFaults break a template, at every level.
var templateFaults = []ruleCase{
	{
		"38 twice 00", sealed(begin + obj("38", obj("00", "A000000727")+obj("00", "A000000727")) + end),
		"TPL_DUPLICATE_ID",
	},
	{
		"38.01 twice 00", sealed(begin + napasOf("00069704360006970436"+obj("01", "1"), service) + end),
		"TPL_DUPLICATE_ID",
	},
	{"62 twice 08", sealed(begin + napas + end + obj("62", obj("08", "a")+obj("08", "b"))), "TPL_DUPLICATE_ID"},
	{
		"64 twice 01", sealed(begin + napas + end + obj("64", "0002vi"+obj("01", "a")+obj("01", "b"))),
		"TPL_DUPLICATE_ID",
	},
	{
		"62.50 twice 00", sealed(begin + napas + end + obj("62", obj("50", obj("00", "a")+obj("00", "b")))),
		"TPL_DUPLICATE_ID",
	},
	{"26 twice 00", sealed(begin + obj("26", obj("00", "a")+obj("00", "b")) + napas + end), "TPL_DUPLICATE_ID"},
	{"62 raw", sealed(begin + napas + end + obj("62", "hello")), "TPL_ID_NOT_NUMERIC"},
	{"62 short", sealed(begin + napas + end + obj("62", "08")), "TPL_TLV_TRUNCATED"},
	{"62.08 empty", sealed(begin + napas + end + obj("62", "0800")), "TPL_LEN_ZERO"},
	{"62.08 length letters", sealed(begin + napas + end + obj("62", "08x1a")), "TPL_LEN_NOT_NUMERIC"},
	{"no GUID", sealed(begin + obj("26", obj("01", "x")) + end), "TPL_NO_GUID"},
	{"long GUID", sealed(begin + obj("26", obj("00", strings.Repeat("g", 33))) + end), "LEN_26_00"},
	{"diacritics in 15", sealed(begin + obj("15", "chợ") + end), "CHARSET_15"},
}

// napasFaults break the NAPAS template.
var napasFaults = []ruleCase{
	{"under 27", sealed(begin + obj("27", napas[4:]) + end), "NAPAS_TAG"},
	{"under 26 and 38", sealed(begin + obj("26", napas[4:]) + napas + end), "NAPAS_TAG"},
	{"no beneficiary", sealed(begin + obj("38", obj("00", "A000000727")+service) + end), "BIN_FORMAT"},
	{"five digits", sealed(begin + napasOf(obj("00", "97043")+obj("01", "1"), service) + end), "BIN_FORMAT"},
	{"account of 20", sealed(begin + to(strings.Repeat("9", 20)) + end), "ACCOUNT_FORMAT"},
	{"blank in the account", sealed(begin + to("0123 456") + end), "ACCOUNT_FORMAT"},
	{"no account in 38", sealed(begin + napasOf(obj("00", "970436"), service) + end), "ACCOUNT_FORMAT"},
	{
		"service swallowed", sealed(begin + napasOf(obj("00", "970436")+obj("01", "123")+service, "") + end),
		"NAPAS_EXTRA_SUBTAG",
	},
	{
		"service unknown", sealed(begin + napasOf(obj("00", "970436")+obj("01", "123"), "0203XYZ") + end),
		"SERVICE_VALUE",
	},
	{"card of 17", sealed(begin + card("97040311012345678") + end), "CARD_FORMAT"},
	{"card with a letter", sealed(begin + card("970403110123456A") + end), "CARD_FORMAT"},
	{"no initiation", sealed("000201" + napas + end), "MISSING_01"},
}

// valueFaults break a value, or miss one.
var valueFaults = []ruleCase{
	{"no currency", sealed(begin + napas + "5802VN"), "MISSING_53"},
	{"no country", sealed(begin + napas + "5303704"), "MISSING_58"},
	{"currency VND", sealed(begin + napas + "5303VND5802VN"), "CURRENCY_VALUE"},
	{"currency 70", sealed(begin + napas + "5302705802VN"), "CURRENCY_VALUE"},
	{"country vn", sealed(begin + napas + "53037045802vn"), "COUNTRY_VALUE"},
	{"country VNM", sealed(begin + napas + "53037045803VNM"), "COUNTRY_VALUE"},
	{"country KH", sealed(begin + napas + "53037045802KH"), "COUNTRY_NOT_VN"},
	{"category letters", sealed(begin + napas + end + "5204ABCD"), "MCC_VALUE"},
	{"category of 5", sealed(begin + napas + end + "520512345"), "LEN_52"},
	{"amount 0", sealed("000201010212" + napas + end + "54010"), "AMOUNT_ZERO"},
	{"amount 0.", sealed("000201010212" + napas + end + "54020."), "AMOUNT_ZERO"},
	{"two points", sealed("000201010212" + napas + end + "54051.0.0"), "AMOUNT_FORMAT"},
	{"minus", sealed("000201010212" + napas + end + "5405-5000"), "AMOUNT_FORMAT"},
	{"blank in amount", sealed("000201010212" + napas + end + "540650 000"), "AMOUNT_FORMAT"},
	{"full-width amount", sealed("000201010212" + napas + end + obj("54", "５０００")), "AMOUNT_FORMAT"},
	{"decimals", sealed("000201010212" + napas + end + "54075000.50"), "AMOUNT_DECIMALS"},
	{"decimals of zero", sealed("000201010212" + napas + end + "540750000.0"), "AMOUNT_DECIMALS"},
	{"name of 26", sealed(begin + napas + end + obj("59", strings.Repeat("N", 26))), "LEN_59"},
	{"name with diacritics", sealed(begin + napas + end + obj("59", "CHỢ")), "CHARSET_59"},
	{"postal code of 11", sealed(begin + napas + end + obj("61", "12345678901")), "LEN_61"},
	{"purpose of 26", sealed(begin + napas + end + obj("62", obj("08", strings.Repeat("p", 26)))), "LEN_62_08"},
	{"đ in the bill", sealed(begin + napas + end + obj("62", obj("01", "đ1"))), "CHARSET_62_01"},
	{"tax id of 21", sealed(begin + napas + end + obj("62", obj("10", strings.Repeat("1", 21)))), "LEN_62_10"},
	{"channel of 2", sealed(begin + napas + end + obj("62", obj("11", "10"))), "LEN_62_11"},
	{"consumer data X", sealed(begin + napas + end + obj("62", obj("09", "X"))), "CONSUMER_DATA_VALUE"},
	{"consumer data of 4", sealed(begin + napas + end + obj("62", obj("09", "AMEA"))), "CONSUMER_DATA_VALUE"},
	{"control in opaque", sealed(begin + napas + end + obj("80", "a\x01")), "CONTROL_CHAR"},
	{"delete in name", sealed(begin + napas + end + obj("59", "a\x7f")), "CONTROL_CHAR"},
	{"fee without indicator", sealed(begin + napas + end + obj("56", "5000")), "TIP_56"},
	{"percent without indicator", sealed(begin + napas + end + obj("57", "5")), "TIP_57"},
	{"indicator without percent", sealed(begin + napas + end + "550203"), "TIP_57"},
	{"fee words", sealed(begin + napas + end + "550202" + obj("56", "5k")), "FEE_FORMAT"},
	{"fee zero", sealed(begin + napas + end + "550202" + obj("56", "0")), "FEE_ZERO"},
	{"percent 100", sealed(begin + napas + end + "550203" + obj("57", "100")), "FEE_PERCENT"},
	{"percent sign", sealed(begin + napas + end + "550203" + obj("57", "5%")), "FEE_PERCENT"},
	{"percent zero", sealed(begin + napas + end + "550203" + obj("57", "00.00")), "FEE_PERCENT"},
	{"language alone", sealed(begin + napas + end + obj("64", "0002vi")), "TPL64_MISSING"},
	{"name alone", sealed(begin + napas + end + obj("64", obj("01", "Chợ"))), "TPL64_MISSING"},
	{"language of 3", sealed(begin + napas + end + obj("64", "0003vie"+obj("01", "a"))), "LEN_64_00"},
	{
		"other city of 16", sealed(begin + napas + end + obj("64", "0002vi0101a"+obj("02", strings.Repeat("ồ", 16)))),
		"LEN_64_02",
	},
	{
		"decomposed letters", sealed(begin + napas + end + obj("64", "0002vi"+obj("01", "Pho\u031b\u0309"))),
		"NOT_PRECOMPOSED",
	},
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(allowed, frameFaults, templateFaults, napasFaults, valueFaults) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := vietqr.Decode(c.payload)
			var fault *vietqr.Error
			if errors.As(err, &fault); err == nil && c.want != "" || err != nil && fault.Code != c.want {
				t.Errorf("%q: %v, want %q", c.payload, err, c.want)
			}
		})
	}
}

func TestOffsetIsThePlaceOfTheFaultInCharacters(t *testing.T) {
	t.Parallel()
	alt := obj("64", "0002vi"+obj("01", "Chợ Đầm"))
	for _, c := range []struct {
		payload string
		want    int
	}{
		{begin + napas + end + "63040000", 12 + 58 + 13 + 4}, // the CRC's digits
		{sealed(begin + napas + "5303704"), 12 + 58 + 7},     // missed before the CRC
		// the tabulator, behind letters of several bytes
		{sealed(begin + napas + end + alt + obj("59", "A\tB")), 83 + 21 + 5},
		{sealed(begin + napas + end + "5802VN"), 83}, // the second of two
		{sealed(begin + napas + end + "59x1A"), 85},  // the length
	} {
		_, err := vietqr.Decode(c.payload)
		var fault *vietqr.Error
		if !errors.As(err, &fault) || fault.Offset != c.want {
			t.Errorf("%q: %v, want offset %d", c.payload, err, c.want)
		}
	}
}

func TestLenientReaderRefusesDoubtfulCodes(t *testing.T) {
	t.Parallel()
	for payload, accepted := range map[string]bool{
		sealed("000201010212" + napas + end + "540750000.0"):             true, // what Odoo wrote for a while
		sealed("000201010212" + napas + end + "54075000.50"):             false,
		sealed(begin + napas + end + obj("59", strings.Repeat("N", 31))): true,
		sealed(begin + napas + end + obj("62", obj("08", "đ"))):          true,
		sealed(begin + napas + end + obj("59", "a\x7f")):                 false,
		sealed(begin + napas + "53037045802KH"):                          false,
		begin + napas + end + "63040000":                                 false,
	} {
		if _, _, err := vietqr.DecodeLenient(payload); (err == nil) != accepted {
			t.Errorf("%q: %v, want accepted %v", payload, err, accepted)
		}
	}
}

func TestSchemesAreKnownByTheirGUID(t *testing.T) {
	t.Parallel()
	for want, account := range map[string]string{
		vietqr.SchemeVNPAY:     obj("26", obj("00", "A000000775")+obj("01", "0108219949")),
		vietqr.SchemeZaloPay:   obj("26", obj("00", "vn.zalopay")),
		vietqr.SchemeShopeePay: obj("26", obj("00", "vn.airpay.www")),
		vietqr.SchemePromptPay: obj("29", obj("00", "A000000677010111")+obj("01", "0066899999999")),
		vietqr.SchemePromptPayBill: obj("30", obj("00", "A000000677010112")+obj("01", "099999999999990")+
			obj("02", "1")),
		vietqr.SchemeLaoQR:   obj("38", obj("00", "A005266284662577")+obj("01", "27710418")+obj("02", "001")),
		vietqr.SchemePix:     obj("26", obj("00", "BR.GOV.BCB.PIX")),
		vietqr.SchemeOther:   obj("26", obj("00", "com.example")),
		vietqr.SchemeAccount: obj("26", obj("00", "vn.zalopay")) + napas,
		vietqr.SchemePush:    napasOf("0006970436"+obj("01", "M1"), "0206QRPUSH"),
		vietqr.SchemeCash:    napasOf("0006970436"+obj("01", "M1"), "0206QRCASH"),
	} {
		if code, err := vietqr.Decode(sealed(begin + account + end)); err != nil || code.Scheme != want {
			t.Errorf("%s: %q, %v; want %s", account, code.Scheme, err, want)
		}
	}
	khqr, err := vietqr.Decode(sealed(begin + obj("29", obj("00", "sok@aclb")) + "53031165802KH"))
	if err != nil || khqr.Scheme != vietqr.SchemeKHQR {
		t.Errorf("%q, %v; want khqr", khqr.Scheme, err)
	}
}

func TestWalletsAreKnownByTheirNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ bin, account, want string }{
		{"971025", "PSP0123456789", vietqr.SchemeMoMo},
		{"970454", "99MM23330M0123", vietqr.SchemeMoMo},
		{"970454", "99ZP23330M0123", vietqr.SchemeZaloPay},
		{"970454", "8007041012345", ""},
		{"970436", "99MM1", ""},
	} {
		code, err := vietqr.Decode(sealed(begin + napasOf(obj("00", c.bin)+obj("01", c.account), "0208QRIBFTTA") + end))
		if err != nil || code.Wallet() != c.want {
			t.Errorf("%s %s: %q, %v; want %q", c.bin, c.account, code.Wallet(), err, c.want)
		}
	}
}

func TestWarningsNameWhatIsLeftOutAndWhatIsOpaque(t *testing.T) {
	t.Parallel()
	payload := sealed(begin + napas + end + obj("60", "HUE") + obj("66", "x") + obj("80", "123") +
		obj("81", obj("00", "guid")))
	code, err := vietqr.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range code.Warnings() {
		got = append(got, fmt.Sprintf("%s@%d", w.Code, w.Offset))
	}
	if want := []string{"MISSING_52@114", "MISSING_59@114", "RFU_66@90", "OPAQUE_80@95"}; !slices.Equal(got, want) {
		t.Errorf("warnings %v, want %v", got, want)
	}
}
