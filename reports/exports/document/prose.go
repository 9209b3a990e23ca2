package document

import (
	"fmt"
	"slices"
	"strings"

	"market40/merchants/platform/bizday"
	"market40/reports/exports/notation"
	"market40/reports/figures"
)

// Paragraph is a paragraph of the draft of a report, or a table with its caption.
type Paragraph struct {
	Style, Text string

	Caption string
	Table   *Table // nil: a paragraph of text
}

// captioned returns the table as a part of the draft.
func (t Table) captioned(caption string) Paragraph { return Paragraph{Caption: caption, Table: &t} }

// Body returns the text of the draft. Where only the office knows something, it leaves a blank to
// fill in.
func (d *Document) Body() []Paragraph {
	a, out := d.Agency(), []Paragraph{}
	add := func(style string, texts ...string) {
		for _, text := range texts {
			out = append(out, Paragraph{Style: style, Text: text})
		}
	}
	show := func(t Table, caption string) { out = append(out, t.captioned(caption+d.DemoSuffix())) }
	add("Text", d.opening(a))
	add("Part", "I. PHẠM VI VÀ PHƯƠNG PHÁP TỔNG HỢP SỐ LIỆU")
	add("Text", d.method()...)
	add("Part", "II. KẾT QUẢ THỰC HIỆN")
	add("Section", "1. Kết quả chung")
	add("Text", d.sentences()...)
	show(d.FigureTable("", d.Report.Total), "Bảng 1. Các chỉ số chung tại ngày "+notation.Day(d.AsOf))
	add("Note", Legends...)
	add("Section", "2. Kết quả theo địa phương")
	add("Text", d.comparison()...)
	show(d.UnitTable(), "Bảng 2. Kết quả theo địa phương tại ngày "+notation.Day(d.AsOf))
	if funnel, known := d.FunnelTable(); known {
		show(funnel, "Bảng 3. "+funnel.Title)
	}
	add("Part", "III. KHÓ KHĂN, VƯỚNG MẮC VÀ NGUYÊN NHÂN")
	add("ToFill", "[Cơ quan báo cáo bổ sung.]")
	add("Part", "IV. NHIỆM VỤ, GIẢI PHÁP TRỌNG TÂM KỲ TỚI")
	add("ToFill", "[Cơ quan báo cáo bổ sung.]")
	add("Part", "V. KIẾN NGHỊ, ĐỀ XUẤT")
	add("ToFill", "[Cơ quan báo cáo bổ sung.]")
	add("Text", "Trên đây là báo cáo "+lowerFirst(d.Title())+"; "+a.Name+" kính báo cáo./.")
	return out
}

func (d *Document) opening(a Agency) string {
	basis := ""
	if d.Campaign != nil && d.Campaign.LegalRef != "" {
		basis = "Thực hiện " + d.Campaign.LegalRef + ", "
	}
	return upperFirst(basis + a.Name + " báo cáo " + lowerFirst(d.Title()) + a.ground + " như sau:")
}

func upperFirst(s string) string {
	letters := []rune(s)
	if len(letters) == 0 {
		return s
	}
	return strings.ToUpper(string(letters[0])) + string(letters[1:])
}

// method returns what the figures are about and how they were counted.
func (d *Document) method() []string {
	markets := 0
	for _, row := range d.Report.Rows {
		markets += len(row.Markets)
	}
	frozen := "Số liệu chưa chốt, có thể thay đổi."
	if d.Seal != nil {
		frozen = fmt.Sprintf(
			"Số liệu được chốt lúc %s (phiên bản %d); mã băm (SHA-256) và chữ ký số nêu tại Phụ lục IV.",
			bizday.ShowTime(d.Frozen.At),
			d.Frozen.Version,
		)
	}
	left := ""
	if text := d.Report.Outside.Named(); text != "" {
		left = " Số tổng không gồm " + text + "."
	}
	if text := d.Report.Revised.Text(); text != "" {
		left += " Số liệu của ngày này " + text + "."
	}
	return []string{
		fmt.Sprintf(
			"1. Phạm vi: %s chợ tại %s địa phương, theo %s; danh sách chợ nêu tại Phụ lục I.%s",
			notation.Count(markets),
			notation.Count(len(d.Report.Rows)),
			d.basisText(),
			left,
		),
		"2. Thời điểm: trạng thái lúc 00 giờ 00 phút ngày " + notation.Day(d.AsOf) +
			" (giờ Việt Nam); các chỉ số về giao dịch tính trong 30 ngày liền trước, trừ khi định nghĩa nêu khác.",
		"3. Nguồn: hệ thống Chợ 4.0 tổng hợp từ sổ đăng ký điểm kinh doanh, thông báo của ngân hàng và ghi nhận tại chợ; định nghĩa từng chỉ số nêu tại Phụ lục III. " + frozen,
	}
}

// sentences returns the main figures of all units together, in words.
func (d *Document) sentences() []string {
	out := []string{}
	for _, code := range []string{"I01", "I02", "I03", "I05", "I06", "I18"} {
		if f, has := d.Report.Total[code]; has {
			out = append(out, d.sentence(code, f))
		}
	}
	return out
}

func (d *Document) sentence(code string, f figures.Figure) string {
	definition := d.define(code)
	name := "- " + definition.Name + " (" + code + ")"
	switch {
	case f.Suppressed:
		return name + ": không nêu số liệu theo quy tắc bảo mật (“" + notation.Hidden + "”)."
	case f.Value == nil:
		return name + ": " + notation.NoData + "."
	}
	text := name + ": " + notation.Value(f, definition.Unit)
	if f.Numerator != nil && f.Denominator != nil && definition.Unit == notation.Share {
		text += fmt.Sprintf(", tương ứng %s trên %s tiểu thương", notation.Quantity(f.Numerator, notation.Unknown),
			notation.Quantity(f.Denominator, notation.Unknown))
	}
	if f.Evidence != nil {
		text += "; bằng chứng: " + notation.Mix(f, code, "")
	}
	if f.Coverage != nil {
		text += "; độ phủ " + notation.Coverage(f.Coverage)
	}
	return text + "."
}

// comparison returns which units lead. Equal units are named together.
func (d *Document) comparison() []string {
	counts := map[string]int{}
	best, names := figures.Figure{}, []string{}
	shown, units := 0, 0
	for _, row := range d.Report.Rows {
		if row.Exempt == nil {
			units++
		}
		if row.Status.Code != nil {
			counts[statuses[*row.Status.Code]]++
		}
		f := row.Indicators["I05"]
		if f.Suppressed || f.Value == nil {
			continue
		}
		shown++
		switch {
		case best.Value == nil ||
			// four decimals and one digit before them, so they compare as texts
			*f.Value > *best.Value:
			best, names = f, []string{row.Locality.Name}
		case *f.Value == *best.Value:
			names = append(names, row.Locality.Name)
		}
	}
	out := []string{}
	if shown > 0 && units > 1 { // a single unit cannot be compared
		out = append(out, fmt.Sprintf(
			"Có %s/%s địa phương có số liệu công bố về tỷ lệ có giao dịch trong 30 ngày (I05); cao nhất là %s, đạt %s.",
			notation.Count(
				shown,
			),
			notation.Count(units),
			strings.Join(names, ", "),
			notation.Value(best, notation.Share),
		))
	}
	parts := []string{}
	for _, code := range []string{"dat", "chua_dat", "chua_den_han", "can_chu_y", "khong_du_du_lieu"} {
		if n := counts[statuses[code]]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s địa phương %s", notation.Count(n), strings.ToLower(statuses[code])))
		}
	}
	if len(parts) > 0 {
		out = append(out, "Phân loại theo chỉ tiêu và chất lượng dữ liệu: "+strings.Join(parts, ", ")+".")
	}
	return out
}

// Annex is an annex of the draft.
type Annex struct {
	Number, Title, Of string
	Body              []Paragraph
}

// Annexes returns the annexes of the draft.
func (d *Document) Annexes() []Annex {
	a := d.Agency()
	of := "(Kèm theo Báo cáo số        /BC-" + a.Sign + " ngày       tháng       năm          của " + a.Name + ")"
	details := Annex{Number: "II", Title: "SỐ LIỆU CHI TIẾT THEO ĐỊA PHƯƠNG", Of: of}
	for _, row := range d.Report.Rows {
		if len(row.Markets) > 0 {
			title := row.Locality.Name + " (" + row.Locality.Code + ")" + d.DemoSuffix()
			details.Body = append(details.Body, d.FigureTable(title, row.Indicators).captioned(title))
		}
	}
	out := []Annex{
		{
			Number: "I", Title: "DANH SÁCH CHỢ ĐƯỢC TÍNH", Of: of,
			Body: []Paragraph{d.MarketTable().captioned("Chợ được tính" + d.DemoSuffix())},
		},
		details,
		{
			Number: "III", Title: "ĐỊNH NGHĨA CHỈ SỐ", Of: of,
			Body: []Paragraph{d.DefinitionTable().captioned("Định nghĩa đang áp dụng")},
		},
	}
	if s := d.Seal; s != nil {
		out = append(out, Annex{Number: "IV", Title: "XÁC NHẬN SỐ LIỆU", Of: of, Body: slices.Concat(
			[]Paragraph{{Style: "Text", Text: d.SealText()}},
			[]Paragraph{{Style: "Note", Text: "Mã báo cáo"}, {Style: "Hash", Text: d.Frozen.Report}},
			[]Paragraph{{Style: "Note", Text: "SHA-256 của nội dung"}, {Style: "Hash", Text: s.SHA256}},
			[]Paragraph{{Style: "Note", Text: "Chữ ký (Ed25519, base64)"}, {Style: "Hash", Text: s.Signature}},
		)})
	}
	return out
}

// FigureSentences returns the paragraphs that must be in the draft word for word.
func (d *Document) FigureSentences() []string {
	out := slices.Concat(d.method(), d.sentences(), d.comparison())
	if d.Seal != nil {
		out = append(out, d.SealText(), d.Frozen.Report, d.Seal.SHA256, d.Seal.Signature)
	}
	return out
}
