package vietqr_test

import (
	"testing"

	"market40/merchants/vietqr"
)

func TestBeneficiariesOfTransferCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ bin, account, want string }{
		{"970436", "0071000888888", ""},
		{"970436", "1", ""},
		{"970422", "VQRQ0001abcd", ""},
		{"970423", "mynamebvh", ""},
		{"970448", "SEP0001ABCD", ""},
		{"970448", "SEPabcd12345", ""},
		{"970448", "SEP", "account_form"},
		{"970448", "OCB0123456789", "account_form"},
		{"970422", "SEP0001ABCD", "account_form"},
		{"970407", "MS00T00512345", ""},
		{"970418", "V3CAS12345678", ""},
		{"970436", "VCB0071000888892", "account_form"},
		{"970436", "STK0071000888892", "account_form"},
		{"970436", "0071000888892VCB", "account_form"},
		{"970423", "STK00712345", "account_form"},
		{"970423", "TPBank", "account_form"},
		{"970423", "sotaikhoan", "account_form"},
		{"970423", "LanAnNguyen", ""},
		{"970423", "Lan An Nguyen", "account_form"},
		{"970423", "dang cap nhat", "account_form"},
		{"970423", "dangcapnhat", "account_form"},
		{"970423", "chuamo", "account_form"},
		{"970423", "khongbiet", "account_form"},
		{"970423", "CHUACOTK", "account_form"},
		{"970423", "tienmat", "account_form"},
		{"970423", "xemghichu", "account_form"},
		{"970423", "momolan", "account_form"},
		{"970423", "vimomo", "account_form"},
		{"970423", "zalopay", "account_form"},
		{"970423", "payoo", "account_form"},
		{"970423", "VCBLAN", "account_form"},
		{"970423", "lanbidv", "account_form"},
		{"970436", "mynamebvh", "account_form"},
		{"970422", "MB0123456789", "account_form"},
		{"970436", "", "account_form"},
		{"970436", "0071 000", "account_form"},
		{"970436", "００７１", "account_form"},
		{"970436", "12345678901234567890", "account_form"},
		{"970436", "0", "account_form"},
		{"970436", "000000", "account_form"},
		{"970436", "0000001", ""},
		{"971025", "0919300001", "wallet_not_bank"},
		{"971005", "0919300001", "wallet_not_bank"},
		{"971011", "0919300001", "wallet_not_bank"},
		{"970454", "99MM24030M12345678", "wallet_not_bank"},
		{"970454", "99zp240301234567", "wallet_not_bank"},
		{"970454", "9912345678", ""},
	} {
		if got := vietqr.CheckBeneficiary(c.bin, c.account); got != c.want {
			t.Errorf("%s at %s: got %q, want %q", c.account, c.bin, got, c.want)
		}
	}
}

// Blanks group the digits of an account; between words they show that it is none.
func TestBlanksOfAccounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 0071 000\u00a0888 ": "0071000888", "VQRQ 0001 abcd": "VQRQ0001abcd", "mynamebvh ": "mynamebvh",
		"Lan An Nguyen": "Lan An Nguyen", "": "",
	} {
		if got := vietqr.Ungrouped(text); got != want {
			t.Errorf("%q is stored as %q, want %q", text, got, want)
		}
	}
}

func TestWalletsAreNoBanks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"MoMo": true, "Ví MoMo": true, "momo 0919": true, "ZaloPay": true, "Zalo Pay": true, "Ví Zalopay": true,
		"Viettel Money": true, "ViettelPay": true, "VNPT Money": true,
		"VNPT Pay": true, "ShopeePay": true, "Ví điện tử": true, "971025": true, "Mobifone Money": true,
		"SmartPay": true, "Moca": true,
		"Vietcombank": false, "PVcomBank Pay": false, "Timo": false, "Cake by VPBank": false,
		"Agribank - CN Khánh Hòa": false, "MB": false, "": false, "Ngân hàng Việt Á": false,
		"ZaloPay - BVBank": true, "MoMo/BVBank": true, "Ví điện tử (VCB)": true, "ShopeePay MB": true, "Moca/VCB": true,
		"Ví Viettel": true, "Ví VNPT": true,
		"M_Service": true, "MSERVICE": true, "Cty CP Dịch vụ Di động trực tuyến": true,
		"Công ty Cổ phần Dịch vụ Di Động Trực Tuyến (M_Service)": true, "Mobile Money": true,
		"VTMoney": true, "VT Money": true, "VTPay": true, "Viettel Digital": true, "VNPAY": true, "VNPAY-QR": true,
		"VinID Pay": true, "VinID": true, "OneMoney": true, "1Money": true, "PayME": true,
		"ZLP": true, "vi": true, "VI": true, "ví": true, "VNPT": true, "MobiFone": true, "Vimass": true,
		"MoMo Pay":    true,
		"CN Vi Thanh": false, "NH TMCP Việt Á": false, "Vietinbank VNPT Khánh Hòa": false, "Công ty": false,
		"MB Money": false, "Di động": false,
		"VCB - CN Vị Thanh": false, "Techcombank (không dùng ví)": false,
	} {
		if got := vietqr.IsWallet(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for _, bank := range vietqr.Banks() {
		if wallet := bank.Kind == "wallet"; vietqr.IsWallet(bank.BIN) != wallet || vietqr.IsWallet(bank.ShortName) &&
			!wallet {
			t.Errorf("%s: a wallet is %v", bank.ShortName, !wallet)
		}
	}
}

// Letters of Vietnam's languages that Unicode does not decompose have an ASCII letter.
func TestLettersOfAllPeoples(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ðỗ Ngọc Ðức": "Do Ngoc Duc", "Cao Thị Mỹ ƀuôn": "Cao Thi My buon", "H'Blăm Niê": "H'Blam Nie",
		"Y Ƀhăm Êƀan": "Y Bham Eban", "Đinh Ƀênh": "Dinh Benh",
		"Ksor H'Čŭ": "Ksor H'Cu", "Y Ñŏng": "Y Nong", "Rơ̆ Ô": "Ro O", "K'Ɓroh Ɗă": "K'Broh Da", "Siu Hơ̆č": "Siu Hoc",
	} {
		if got := vietqr.ASCII(text, 99); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
