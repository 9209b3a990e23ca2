package document

import (
	"cmp"
	"strings"

	"market40/reports"
	"market40/reports/exports/notation"
	"market40/reports/indicators"
)

// DemoText marks everything that is made of invented markets.
const DemoText = "dữ liệu minh họa"

// DemoSuffix returns the mark of invented markets for the end of a title, or "".
func (d *Document) DemoSuffix() string {
	if d.Demo {
		return " – " + DemoText
	}
	return ""
}

// Legends are the footnotes of hidden cells, of the evidence, and of the coverage.
var Legends = []string{hiddenLegend, evidenceLegend, coverageLegend}

// hiddenLegend explains hidden cells: a hidden number need not be small itself.
var hiddenLegend = "“ẩn”: số liệu nói về dưới 5 người, hoặc giúp tính ra số liệu như vậy; " +
	"chỉ số tính bằng tiền (" + amountCodes() +
	") chỉ nêu khi có từ 10 tiểu thương, doanh thu (I08) chỉ khi không ai chiếm quá 50 %. " +
	"So sánh hai ngày, trước và sau khi danh sách tiểu thương thay đổi, vẫn có thể cho biết một người có giao dịch hay không."

// amountCodes lists the indicators that are amounts of money.
func amountCodes() string {
	var codes []string
	for _, row := range indicators.Rows {
		if row.Amount {
			codes = append(codes, row.Code)
		}
	}
	return strings.Join(codes, ", ")
}

// evidenceLegend explains the four levels.
const evidenceLegend = "Bằng chứng: A – thông báo hoặc sao kê ngân hàng; B – tiểu thương xác nhận; C – khai báo; D – quan sát tại chợ. Mỗi tiểu thương chỉ tính một lần, theo nguồn mạnh nhất; “ẩn”: một trong bốn số nói về 1 đến 4 tiểu thương."

// coverageLegend explains the coverage beside figures of activity.
const coverageLegend = "Độ phủ: số tiểu thương có tài khoản mà hệ thống nhận được thông báo ngân hàng, trên tổng số; tiểu thương ngoài độ phủ là chưa quan sát được, không phải không hoạt động."

// statuses are a unit's states in words. The code of the first one was chua_du_du_lieu until
// December 2026.
var statuses = map[string]string{
	"khong_du_du_lieu": "Chưa đủ dữ liệu", "chua_du_du_lieu": "Chưa đủ dữ liệu", "can_chu_y": "Cần chú ý",
	"chua_den_han": "Chưa đến hạn",
	"dat":          "Đạt", "chua_dat": "Chưa đạt",
}

// reasons are the reasons why a unit has no status, for frozen reports that do not contain them in
// words.
var reasons = map[string]string{
	"no_merchants": "Chưa có tiểu thương", "hidden": "Ẩn",
	"no_target": "Chưa giao chỉ tiêu",
}

// StatusWords returns the status of a unit and the reason for it, each empty where there is none.
func StatusWords(row reports.Row) (status, reason string) {
	if code := row.Status.Code; code != nil {
		status = cmp.Or(statuses[*code], *code)
	}
	return status, cmp.Or(row.Status.Reason, reasons[row.StatusReason])
}

// statusText returns a status with its reason.
func statusText(row reports.Row) string {
	status, reason := StatusWords(row)
	switch {
	case row.Exempt != nil:
		return "Miễn"
	case status == "":
		return cmp.Or(reason, notation.Unknown)
	case row.Status.Reason != "":
		return status + ": " + row.Status.Reason
	}
	return status
}

// bases are the reporting bases in words.
var bases = map[string]string{
	"districts_2024":        "đơn vị hành chính cấp huyện (tháng 5/2024)",
	"communes_2025":         "đơn vị hành chính cấp xã (từ 01/7/2025)",
	"districts_2024_merged": "16 đơn vị hành chính cấp huyện cũ của Khánh Hòa và Ninh Thuận (tháng 5/2024)",
	"current":               "đơn vị hành chính hiện tại",
}

// basisText returns the name of the report's units. It mentions if they are districts that ended
// before the report.
func (d *Document) basisText() string {
	text := cmp.Or(bases[d.Basis], d.Basis)
	if strings.HasPrefix(d.Basis, "districts_") && d.AsOf > districtsEnded {
		text += " (đơn vị cấp huyện đã kết thúc hoạt động từ 01/07/2025)"
	}
	return text
}

// periodText returns "tháng 10 năm 2026" or "quý III năm 2026".
func (c Content) periodText() string {
	if _, rest, _ := strings.Cut(c.Period, "-"); rest == "" {
		return "đến ngày " + notation.Day(c.AsOf)
	}
	return notation.Period(c.Period, " năm ")
}
