package vietqr_test

import (
	"testing"

	"market40/merchants/vietqr"
)

func TestBankTableIsWhole(t *testing.T) {
	t.Parallel()
	banks := vietqr.Banks()
	if len(banks) != 72 {
		t.Fatalf("%d banks, want 72", len(banks))
	}
	for i, b := range banks {
		if len(b.BIN) != 6 || b.Code == "" || b.ShortName == "" || b.Name == "" || b.Kind == "" {
			t.Errorf("row %+v has a gap", b)
		}
		if i > 0 && banks[i-1].BIN >= b.BIN {
			t.Errorf("%s follows %s", b.BIN, banks[i-1].BIN)
		}
		if found, ok := vietqr.BankByBIN(b.BIN); !ok || found.Name != b.Name {
			t.Errorf("%s finds %+v", b.BIN, found)
		}
	}
	if b, _ := vietqr.BankByBIN("970415"); b.MemoPrefix != "SEVQR" || b.Code != "ICB" {
		t.Errorf("VietinBank is %+v", b)
	}
	if b, ok := vietqr.BankByBIN("970488"); ok {
		t.Errorf("970488 is no bank's, found %+v", b)
	}
}

func TestEveryBankIsFoundByItsOwnNames(t *testing.T) {
	t.Parallel()
	for _, b := range vietqr.Banks() {
		for _, name := range []string{b.BIN, " " + b.BIN, b.Code, b.ShortName, b.Name} {
			found, ok := vietqr.FindBank(name)
			switch {
			case name == "BVB": // also the stock code of 970454
				if ok {
					t.Errorf("BVB names two banks, found %s", found.BIN)
				}
			case name == "PVDB" || !ok || found.Code != b.Code:
				if found.BIN != b.BIN {
					t.Errorf("%q finds %q (%s), want %s", name, found.ShortName, found.BIN, b.BIN)
				}
			}
		}
	}
}

func TestFindBankKnowsTheSpellingsInUse(t *testing.T) {
	t.Parallel()
	for text, bin := range map[string]string{
		"MB": "970422", "MBBank": "970422", "MB Bank": "970422", "mbb": "970422", "Quân đội": "970422",
		"NH TMCP Quân Đội":        "970422",
		"Ngân hàng Quân đội (MB)": "970422", "MB - Ngân hàng Quân đội": "970422", "970422 - MBBank": "970422",
		"VCB": "970436", "vietcombank": "970436", "Vietcom bank": "970436", "Ngoại thương": "970436",
		"NGOAI THUONG VIET NAM":      "970436",
		"Vietcombank - CN Nha Trang": "970436", "Vietcombank chi nhánh Khánh Hòa": "970436",
		"NH Vietcombank Nha Trang": "970436",
		"Ngân hàng thương mại cổ phần Ngoại thương Việt Nam": "970436",
		"VietinBank": "970415", "Viettinbank": "970415", "CTG": "970415", "ICB": "970415", "Công Thương": "970415",
		"NHTMCP Công Thương VN": "970415",
		"Agribank":              "970405", "NN&PTNT": "970405", "NH NN & PTNT": "970405",
		"Nông nghiệp và PTNT": "970405",
		"VBA":                 "970405", "Nông nghiệp": "970405",
		"BIDV": "970418", "Đầu tư và phát triển": "970418", "TCB": "970407", "Techcombank": "970407",
		"Kỹ thương": "970407",
		"Sacombank": "970403", "STB": "970403", "Sài Gòn Thương Tín": "970403", "SCB": "970429",
		"Ngân hàng Sài Gòn": "970429",
		"Sài Gòn - Hà Nội":  "970443", "SHB": "970443", "Saigonbank": "970400", "SAI GON CONG THUONG": "970400",
		"VPBank": "970432", "VPB": "970432", "Việt Nam Thịnh Vượng": "970432", "PGBank": "970430",
		"Thịnh vượng và Phát triển": "970430",
		"OCB":                       "970448", "ACB": "970416", "Á Châu": "970416", "NH Á CHÂU": "970416",
		"TPBank":     "970423",
		"Tiên Phong": "970423",
		"HDBank":     "970437", "VIB": "970441", "MSB": "970426", "Maritime Bank": "970426",
		"LienVietPostBank": "970449",
		"Đông Á":           "970406",
		"SHBVN":            "970424", "Shinhan Bank": "970424", "Kiên Long": "970452", "KienLongBank": "970452",
		"Nam Á Bank": "970428",
		"Bắc Á":      "970409", "VietABank": "970427", "VietBank": "970433", "Bản Việt": "970454", "BVBank": "970454",
		"Bảo Việt": "970438",
		"CIMB":     "422589", "MoMo": "971025", "Ví MoMo": "971025", "Viettel Money": "971005",
		"Cake by VPBank":    "546034",
		"Timo":              "963388",
		"Chính sách xã hội": "999888", "IBK HN": "970455",
	} {
		if b, ok := vietqr.FindBank(text); !ok || b.BIN != bin {
			t.Errorf("%q finds %q (%s), want %s", text, b.ShortName, b.BIN, bin)
		}
	}
	for _, text := range []string{
		"", " ", "bank", "Ngân hàng", "NH TMCP", "Việt Nam", "BVB", "IBK", "Kookmin", "VCB / ACB", "Sacombank hoặc SCB",
		"SHB VN",
		"Sài Gòn Thươg Tín", "Chợ Đầm", "970499", "Nguyễn Thị Bảy", "0123456789",
	} {
		if b, ok := vietqr.FindBank(text); ok {
			t.Errorf("%q names no one bank, found %s (%s)", text, b.ShortName, b.BIN)
		}
	}
}

func FuzzFindBank(f *testing.F) {
	for _, b := range vietqr.Banks() {
		f.Add(b.Name)
		f.Add(b.ShortName + " - CN Nha Trang")
	}
	f.Add("VCB/ACB")
	f.Fuzz(func(t *testing.T, text string) {
		b, ok := vietqr.FindBank(text)
		if again, known := vietqr.BankByBIN(b.BIN); ok != known || ok && again.Name != b.Name {
			t.Fatalf("%q finds %+v", text, b)
		}
	})
}
