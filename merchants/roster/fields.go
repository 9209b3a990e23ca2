package roster

import (
	"strings"

	"market40/merchants/encodings"
	"market40/merchants/phones"
	"market40/merchants/vietqr"
)

func (r *rowReader) readMerchant() {
	r.FullName = r.readName(fieldName)
	if isVacant(r.FullName) {
		r.FullName = ""
	}
	r.HouseholdName = r.readName(fieldHousehold)
	if r.FullName == "" && !r.failed(fieldName) {
		r.FullName = r.HouseholdName
	}
	if text := r.readShown(fieldPhone, "phone_form"); text != "" {
		phone, ok := phones.FromSheet(text)
		if !ok {
			phone = ""
			r.fail(fieldPhone, "phone_form", "Số điện thoại chưa đúng: cần một số có 10 chữ số, bắt đầu bằng 0.",
				"The phone number is not valid: expected 10 digits that begin with 0.")
		}
		r.Phone = phone
	}
	if text := r.readShown(fieldTax, "tax_code_form"); text != "" {
		code, ok := taxCodeOf(text)
		if !ok {
			r.fail(fieldTax, "tax_code_form",
				"Mã số thuế chưa đúng: cần 10 hoặc 12 chữ số, hoặc 10 chữ số và -3 chữ số.",
				"The tax code is not valid: expected 10 or 12 digits, or 10 digits and -3 digits.")
		}
		r.TaxCode = code
		// A bare number of 10 or 12 digits may be a personal number (001087012345) or a branch's
		// code without its zeros; of other lengths only one code is possible, which taxCodeOf has
		// made whole.
		switch whole := strings.HasPrefix(code, "0") || strings.Contains(code, "-"); {
		case !ok, whole:
		case r.header.losable && lacksZeros(code):
			r.warnOfZeros(fieldTax, code)
		default:
			r.warnIfBare(fieldTax, code)
		}
	}
}

// failed reports whether a field has an error already.
func (r *rowReader) failed(field string) bool {
	for _, e := range r.Errors {
		if e.Name == field {
			return true
		}
	}
	return false
}

func (r *rowReader) readAccount() {
	bank, number := r.readText(fieldBank), r.readShown(fieldAccount, "account_form")
	if bank != "" && !r.refuseOldText(fieldBank, bank) {
		r.BankBIN = r.readBank(bank)
	}
	if number != "" {
		r.AccountNumber = r.readAccountNumber(number)
	}
	switch {
	case bank == "" && number != "" && !r.failed(fieldBank):
		r.fail(fieldBank, "required", "Có số tài khoản mà thiếu ngân hàng.",
			"The account number is given, but the bank is missing.")
	case bank != "" && number == "" && !r.failed(fieldAccount):
		r.fail(fieldAccount, "required", "Có ngân hàng mà thiếu số tài khoản.",
			"The bank is given, but the account number is missing.")
	}
	r.readHolder(number != "")
	if r.FullName == "" && (r.Phone != "" || r.TaxCode != "" || number != "") && !r.failed(fieldName) {
		r.fail(fieldName, "required", "Thiếu họ tên tiểu thương.", "The merchant's name is missing.")
	}
	if r.BankBIN == "" || r.AccountNumber == "" { // half an account is not an account
		r.BankBIN, r.AccountNumber, r.HolderName, r.HolderKind = "", "", "", ""
	}
}

// readBank returns the number of the bank that a text names. A wallet is not a bank, because it
// makes its own codes.
func (r *rowReader) readBank(text string) string {
	if vietqr.IsWallet(text) {
		r.fail(
			fieldBank,
			"wallet_not_bank",
			"Ví điện tử không phải là ngân hàng nên không làm được mã VietQR: hãy ghi tài khoản ngân hàng, hoặc để trống.",
			"A wallet is not a bank account, so no VietQR code can be made: give an account at a bank, or leave it empty.",
		)
		return ""
	}
	found, ok := vietqr.FindBank(text)
	if !ok {
		r.fail(fieldBank, "unknown_bank", "Không biết ngân hàng này: hãy ghi tên thường gọi hoặc mã BIN 6 số.",
			"This bank is unknown: write its usual name or its BIN of 6 digits.")
	}
	return found.BIN
}

func (r *rowReader) readAccountNumber(text string) string {
	number, ok := accountOf(text)
	if rounded.MatchString(text) {
		shown := cutText(text, 30)
		r.fail(fieldAccount, "account_rounded",
			"Excel đã làm tròn số tài khoản ("+shown+"): hãy định dạng cột là Văn bản (Text) và nhập lại.",
			"Excel has rounded the account number ("+shown+"): format the column as Text and enter it again.")
		return ""
	}
	switch fault := vietqr.CheckBeneficiary(r.BankBIN, number); {
	case fault == vietqr.WalletNotBank:
		r.fail(fieldAccount, fault,
			"Đây là tài khoản của ví điện tử, không làm được mã VietQR: hãy ghi tài khoản ngân hàng.",
			"This account belongs to a wallet, so no VietQR code can be made: give an account at a bank.")
		return ""
	case !ok, fault != "":
		r.fail(fieldAccount, "account_form",
			"Số tài khoản chưa đúng: chỉ ghi 1 đến 19 chữ số, không ghi tên ngân hàng hay chữ nào khác.",
			"The account number is not valid: write only 1 to 19 digits, without a bank's name or other words.")
		return ""
	}
	_, isNumber := r.header.numeric(r.line, fieldAccount)
	switch {
	case !isNumber && r.header.lost && !strings.HasPrefix(number, "0") && strings.Trim(number, "0123456789") == "":
		r.warnOfZeros(fieldAccount, number)
	case vietqr.IsWords(number):
		r.warn(fieldAccount, "account_letters",
			"Số tài khoản chỉ có chữ ("+cutText(number, 30)+
				"): hãy so với giấy tờ: đó phải là tên tài khoản, không phải lời ghi chú.",
			"The account number has only letters ("+cutText(number, 30)+
				"): compare it with the papers: it must be an account's name, not a note.")
	}
	r.warnIfBare(fieldAccount, number)
	return number
}

// readHolder reads the holder of the account. By default it is the merchant's full name, and the
// kind follows from the holder's name.
func (r *rowReader) readHolder(hasAccount bool) {
	r.HolderName = r.readName(fieldHolder)
	if r.HolderName != "" && r.FullName != "" && r.failOldEncoding(fieldName, encodings.GuessBeside(r.FullName,
		r.HolderName)) {
		r.FullName = ""
	}
	if r.HolderName == "" && !r.failed(fieldHolder) {
		r.HolderName = r.FullName
	}
	if !hasAccount {
		return
	}
	r.HolderKind = r.readWord(fieldHolderIs, holderKinds, holderKindOf(r.HolderName, r.HouseholdName))
}

func (r *rowReader) readSince() {
	text := r.readText(fieldSince)
	if text == "" {
		return
	}
	day, ok := dayOf(text, r.date1904)
	if !ok {
		r.fail(fieldSince, "date_form", "Ngày chưa đúng: cần ngày/tháng/năm, thí dụ 15/03/2021.",
			"The date is not valid: expected day/month/year, such as 15/03/2021.")
	}
	r.Since = day
}

// holderKindOf returns the kind of an account's holder by the name.
func holderKindOf(holder, household string) string {
	folded := strings.Fields(strings.ToLower(vietqr.ASCII(holder, len(holder))))
	begins := strings.Join(folded[:min(len(folded), 3)], " ") + " "
	for _, word := range [...]string{"cong ty ", "cty ", "hop tac xa ", "htx ", "doanh nghiep ", "dntn "} {
		if strings.HasPrefix(begins, word) {
			return "to_chuc"
		}
	}
	if strings.HasPrefix(begins, "ho kinh doanh ") || strings.HasPrefix(begins, "hkd ") || household != "" &&
		foldText(holder) == foldText(household) {
		return "ho_kinh_doanh"
	}
	return "ca_nhan"
}
