package roster

import (
	"strings"

	"market40/merchants/vietqr"
)

func (r *rowReader) readMerchant() {
	r.FullName = r.takeName(fieldName)
	if saysVacant(r.FullName) {
		r.FullName = ""
	}
	r.HouseholdName = r.takeName(fieldHousehold)
	if r.FullName == "" && !r.failed(fieldName) {
		r.FullName = r.HouseholdName
	}
	if text := r.take(fieldPhone); text != "" {
		phone, ok := phoneOf(text)
		if !ok {
			r.fail(fieldPhone, "phone_form", "Số điện thoại chưa đúng: cần một số có 10 chữ số, bắt đầu bằng 0.", "The phone number is wrong: one number of 10 digits that begins with 0 is wanted.")
		}
		r.Phone = phone
	}
	if text := r.take(fieldTax); text != "" {
		code, ok := taxCodeOf(text)
		if !ok {
			r.fail(fieldTax, "tax_code_form", "Mã số thuế chưa đúng: cần 10 hoặc 12 chữ số, hoặc 10 chữ số và -3 chữ số.", "The tax code is wrong: 10 or 12 digits, or 10 digits and -3 digits are wanted.")
		}
		r.TaxCode = code
	}
}

// failed says whether a field has an error already.
func (r *rowReader) failed(field string) bool {
	for _, e := range r.Errors {
		if e.Name == field {
			return true
		}
	}
	return false
}

func (r *rowReader) readAccount() {
	bank, number := r.take(fieldBank), r.take(fieldAccount)
	if bank != "" {
		found, ok := vietqr.FindBank(bank)
		if !ok {
			r.fail(fieldBank, "unknown_bank", "Không biết ngân hàng này: hãy ghi tên thường gọi hoặc mã BIN 6 số.", "This bank is unknown: write its usual name or its BIN of 6 digits.")
		}
		r.BankBIN = found.BIN
	}
	if number != "" {
		r.AccountNumber = r.readAccountNumber(number)
	}
	switch {
	case bank == "" && number != "" && !r.failed(fieldBank):
		r.fail(fieldBank, "required", "Có số tài khoản mà thiếu ngân hàng.", "There is an account number, and the bank is missing.")
	case bank != "" && number == "" && !r.failed(fieldAccount):
		r.fail(fieldAccount, "required", "Có ngân hàng mà thiếu số tài khoản.", "There is a bank, and the account number is missing.")
	}
	r.readHolder(number != "")
	if r.FullName == "" && (r.Phone != "" || r.TaxCode != "" || number != "") && !r.failed(fieldName) {
		r.fail(fieldName, "required", "Thiếu họ tên tiểu thương.", "The merchant's name is missing.")
	}
	if r.BankBIN == "" || r.AccountNumber == "" { // half an account is none
		r.BankBIN, r.AccountNumber, r.HolderName, r.HolderKind = "", "", "", ""
	}
}

func (r *rowReader) readAccountNumber(text string) string {
	number, ok := accountOf(text)
	switch {
	case rounded.MatchString(text):
		r.fail(fieldAccount, "account_rounded",
			"Excel đã làm tròn số tài khoản ("+cut(text, 30)+"): hãy định dạng cột là Văn bản (Text) và nhập lại.",
			"Excel has rounded the account number ("+cut(text, 30)+"): format the column as Text and enter it again.")
	case !ok:
		r.fail(fieldAccount, "account_form", "Số tài khoản chưa đúng: cần 1 đến 19 chữ số hoặc chữ cái không dấu.", "The account number is wrong: 1 to 19 digits or plain letters are wanted.")
	}
	return number
}

// readHolder reads whose account it is; the full name, and the kind that the holder's name tells, stand in for what is not said.
func (r *rowReader) readHolder(hasAccount bool) {
	r.HolderName = r.takeName(fieldHolder)
	if r.HolderName == "" && !r.failed(fieldHolder) {
		r.HolderName = r.FullName
	}
	if !hasAccount {
		return
	}
	r.HolderKind = r.readWord(fieldHolderIs, holderKinds, holderKindOf(r.HolderName, r.HouseholdName))
}

func (r *rowReader) readSince() {
	text := r.take(fieldSince)
	if text == "" {
		return
	}
	day, ok := dayOf(text, r.date1904)
	if !ok {
		r.fail(fieldSince, "date_form", "Ngày chưa đúng: cần ngày/tháng/năm, thí dụ 15/03/2021.", "The date is wrong: day/month/year is wanted, such as 15/03/2021.")
	}
	r.Since = day
}

// holderKindOf tells the kind of an account's holder from the name.
func holderKindOf(holder, household string) string {
	folded := strings.Fields(strings.ToLower(vietqr.ASCII(holder, len(holder))))
	begins := strings.Join(folded[:min(len(folded), 3)], " ") + " "
	for _, word := range [...]string{"cong ty ", "cty ", "hop tac xa ", "htx ", "doanh nghiep ", "dntn "} {
		if strings.HasPrefix(begins, word) {
			return "to_chuc"
		}
	}
	if strings.HasPrefix(begins, "ho kinh doanh ") || strings.HasPrefix(begins, "hkd ") || household != "" && fold(holder) == fold(household) {
		return "ho_kinh_doanh"
	}
	return "ca_nhan"
}
