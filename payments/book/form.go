package book

import (
	"strings"

	"market40/payments/money"
)

// form is a filled form S1a-HKD, with the words of Circular 152/2025/TT-BTC of 31 December 2025.
type form struct {
	household, address, taxCode, place, period string
	lines                                      []line
	total                                      money.Amount
}

// line is a line of the form: columns A, B and 1.
type line struct {
	day, text string
	amount    money.Amount
}

const (
	formName   = "Mẫu số S1a-HKD"
	formTitle  = "SỔ DOANH THU BÁN HÀNG HÓA, DỊCH VỤ"
	formUnit   = "Đơn vị tính: đồng"
	formTotal  = "Tổng cộng"
	formDate   = "Ngày ..... tháng ..... năm ........"
	formSigned = "(Ký, ghi rõ họ tên, đóng dấu (nếu có))"
)

var (
	formSource = []string{
		"(Kèm theo Thông tư số 152/2025/TT-BTC", "ngày 31 tháng 12 năm 2025",
		"của Bộ trưởng Bộ Tài chính)",
	}
	formColumns = [][3]string{{"Ngày tháng", "Diễn giải", "Số tiền"}, {"A", "B", "1"}}
	formSigner  = []string{"NGƯỜI ĐẠI DIỆN HỘ KINH DOANH/", "CÁ NHÂN KINH DOANH"}
)

// newForm returns the form of a book that has turnover only. The owner fills in date and signature by
// hand.
func newForm(b *Book) *form {
	f := &form{household: b.Household, address: b.Address, taxCode: b.TaxCode, place: b.Place}
	f.period = "từ ngày " + dayText(b.From) + " đến ngày " + dayText(b.To)
	for _, e := range b.Entries {
		text := e.Text
		if e.StallNumber != nil {
			text += ", sạp " + *e.StallNumber
		}
		f.lines = append(f.lines, line{dayText(e.Day), text, e.Amount})
		f.total = f.total.Add(e.Amount)
	}
	return f
}

// head returns the lines above the title.
func (f *form) head() []string {
	return []string{"HỘ, CÁ NHÂN KINH DOANH: " + f.household, "Địa chỉ: " + f.address, "Mã số thuế: " + f.taxCode}
}

// below returns the lines between the title and the table.
func (f *form) below() []string {
	return []string{"Địa điểm kinh doanh: " + f.place, "Kỳ kê khai: " + f.period}
}

// dayText returns 2026-11-22 as 22/11/2026.
func dayText(day string) string {
	parts := strings.Split(day, "-")
	return parts[2] + "/" + parts[1] + "/" + parts[0]
}

// amountText returns an amount without its unit, which is above the table: "1.234.567".
func amountText(a money.Amount) string { return strings.TrimSuffix(a.Format(), " đ") }
