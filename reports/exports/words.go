package exports

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"market40/reports"
	"market40/reports/figures"
	"market40/reports/indicators"
)

// The units of a figure's value.
const (
	share       = string(indicators.Share)
	points      = string(indicators.Points)
	perMerchant = string(indicators.PerMerchant)
	dong        = string(indicators.Dong)
	bands       = string(indicators.InBands)
	perPayments = string(indicators.PerPayments)
	hours       = "hours" // of a part; no indicator has this unit
)

// formerNames are the names of indicators in files from before reports contained definitions. Add
// nothing here: indicators with a definition get their name from it.
var formerNames = map[string]string{
	"I01": "Tỷ lệ tiểu thương đăng ký",
	"I02": "Tỷ lệ đã đối chiếu tên chủ tài khoản",
	"I03": "Tỷ lệ sẵn sàng mã QR",
	"I04": "Tỷ lệ có giao dịch trong 7 ngày",
	"I05": "Tỷ lệ có giao dịch trong 30 ngày",
	"I06": "Khoảng cách giữa trang bị và sử dụng",
	"I07": "Tỷ trọng số lượt thanh toán không tiền mặt",
	"I08": "Tỷ trọng doanh thu không tiền mặt",
	"I09": "Số giao dịch trên một tiểu thương hoạt động",
	"I10": "Cơ cấu giao dịch theo mức tiền",
	"I11": "Tỷ lệ phí chợ nộp bằng chuyển khoản",
	"I12": "Tỷ lệ thu phí chợ",
	"I13": "Độ phủ chợ thí điểm",
	"I14": "Tỷ lệ được tập huấn",
	"I15": "Tỷ lệ sử dụng sau tập huấn",
	"I16": "Tỷ lệ được tổ công nghệ số cộng đồng hỗ trợ",
	"I17": "Tỷ lệ duy trì sau 3 tháng",
	"I18": "Tỷ lệ có mã nhưng không giao dịch",
	"I19": "Tỷ lệ mã QR được kiểm tra trong 7 ngày",
	"I20": "Số sự cố trên 10.000 giao dịch",
	"I21": "Mức sẵn sàng",
	"I22": "Mức bao trùm",
	"I23": "Chi phí trên một tiểu thương hoạt động",
	"I24": "Tỷ lệ báo cáo đúng hạn",
}

// define returns an indicator as in the document's own definitions.
func (d *Document) define(code string) Definition {
	found := Definition{Code: code}
	for _, definition := range d.Definitions {
		if definition.Code == code {
			found = definition
		}
	}
	if found.Name == "" {
		found.Name = formerNames[code]
	}
	if row, known := indicators.Find(code); found.Unit == "" && known {
		found.Unit = string(row.Unit)
	}
	return found
}

// partName returns the name of a further value of an indicator, or its key if it has no name.
func (d Definition) partName(key string) string {
	for _, part := range d.Parts {
		if part.Key == key && part.Name != "" {
			return part.Name
		}
	}
	return key
}

// The words in cells.
const (
	HiddenText  = "ẩn" // never "<5": a hidden number may be large
	unknownText = "–"  // unknown
	noDataText  = "chưa có dữ liệu"
	demoText    = "dữ liệu minh họa"
)

// hiddenLegend is the footnote of hidden cells: a hidden number need not be small itself.
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

// valueText returns a figure's value in Vietnamese notation, such as 58,3 % or 152.341 đ, without a
// line break before the unit.
func valueText(f figures.Figure, unit string) string {
	switch {
	case f.Suppressed:
		return HiddenText
	case f.Value == nil:
		return noDataText
	}
	return figureText(f, unit)
}

// groupDigits writes 1234567.8 as 1.234.567,8.
func groupDigits(s string) string {
	minus := strings.HasPrefix(s, "-")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	var b strings.Builder
	if minus {
		b.WriteByte('-')
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("," + fraction)
	}
	return b.String()
}

// quantityText returns a numerator or a denominator as text, or missing if it is not published.
func quantityText(q *figures.Quantity, missing string) string {
	switch {
	case q == nil:
		return missing
	case q.Money:
		return groupDigits(q.StringFixed(0)) + "\u00a0đ"
	}
	return groupDigits(q.String())
}

// carriesMix reports whether an indicator or a part has an evidence mix. Events and hours have
// none.
func carriesMix(code, part string) bool {
	row, known := indicators.Find(code)
	return (!known || row.HasEvidence()) && part != "swapped" && !strings.HasPrefix(part, hoursPrefix)
}

// mixText returns the evidence as A 7 · B 0 · C 0 · D 0. Lines may break between the levels only.
func mixText(f figures.Figure, code, part string) string {
	e := f.Evidence
	switch {
	case f.Suppressed, f.Value == nil:
		return unknownText
	case e != nil:
		return fmt.Sprintf("A\u00a0%s\u00a0· B\u00a0%s\u00a0· C\u00a0%s\u00a0· D\u00a0%s", formatCount(e.A), formatCount(e.B),
			formatCount(e.C), formatCount(e.D))
	case carriesMix(code, part) && f.Numerator != nil:
		return "ẩn"
	}
	return unknownText
}

func formatCount(n int) string { return groupDigits(fmt.Sprint(n)) }

// intervalText returns the 95 % interval of the true share: 31,2 – 44,2 %.
func intervalText(i *figures.Interval, unit string) string {
	if i == nil {
		return ""
	}
	low, _, _ := strings.Cut(numberText(i.Low, unit), "\u00a0")
	return low + "\u00a0–\u00a0" + numberText(i.High, unit)
}

// coverageText returns a coverage with its numerator and denominator: 83,3 % (10/12).
func coverageText(c *figures.Share) string {
	switch {
	case c == nil:
		return unknownText
	case c.Numerator == nil:
		return HiddenText
	case c.Value == nil:
		return noDataText
	}
	exact := figureText(figures.Figure{
		Value: c.Value, Numerator: figures.Count(*c.Numerator),
		Denominator: figures.Count(c.Denominator),
	}, share)
	return fmt.Sprintf("%s (%s/%s)", exact, formatCount(*c.Numerator), formatCount(c.Denominator))
}

// countText returns a step of the funnel as text; nil is hidden.
func countText(n *int) string {
	if n == nil {
		return HiddenText
	}
	return formatCount(*n)
}

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

// statusText returns a status with its reason.
func statusText(row reports.Row) string {
	switch {
	case row.Exempt != nil:
		return "Miễn"
	case row.Status.Code != nil:
		text := cmp.Or(statuses[*row.Status.Code], *row.Status.Code)
		if row.Status.Reason != "" {
			text += ": " + row.Status.Reason
		}
		return text
	}
	return cmp.Or(row.Status.Reason, reasons[row.StatusReason], unknownText)
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

// dayText writes 2026-11-01 as 01/11/2026.
func dayText(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return at.Format("02/01/2006")
}

// romans are the numbers of quarters.
var romans = map[string]string{"1": "I", "2": "II", "3": "III", "4": "IV"}

// periodText returns "tháng 10 năm 2026" or "quý III năm 2026".
func (c Content) periodText() string {
	year, rest, _ := strings.Cut(c.Period, "-")
	if quarter, is := strings.CutPrefix(rest, "Q"); is {
		return "quý " + romans[quarter] + " năm " + year
	}
	if rest != "" {
		return "tháng " + strings.TrimPrefix(rest, "0") + " năm " + year
	}
	return "đến ngày " + dayText(c.AsOf)
}

// monthText returns the period of a figure: 2026-10 is tháng 10/2026, 2026-Q3 is quý III/2026.
func monthText(period string) string {
	year, rest, _ := strings.Cut(period, "-")
	if quarter, is := strings.CutPrefix(rest, "Q"); is {
		return "quý " + romans[quarter] + "/" + year
	}
	if rest != "" {
		return "tháng " + strings.TrimPrefix(rest, "0") + "/" + year
	}
	return period
}
