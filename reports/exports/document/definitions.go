package document

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"market40/reports/exports/notation"
	"market40/reports/figures"
	"market40/reports/indicators"
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

// Line is a figure of a group, or a part of one, with what it is about.
type Line struct {
	Code, Name     string // of the indicator
	Part, PartName string // empty for the whole figure
	Unit           string

	figures.Figure
}

// Lines returns all figures of a group, each with its parts, in order.
func (d *Document) Lines(group figures.Figures) []Line {
	lines := []Line{}
	for _, code := range slices.Sorted(maps.Keys(group)) {
		figure, definition := group[code], d.define(code)
		lines = append(lines, Line{Code: code, Name: definition.Name, Unit: definition.Unit, Figure: figure})
		for _, key := range definition.partsIn(figure) {
			lines = append(lines, Line{
				Code: code, Name: definition.Name, Part: key, PartName: definition.partName(key),
				Unit: notation.PartUnit(definition.Unit, key), Figure: figure.Parts[key],
			})
		}
	}
	return lines
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

// wordings returns the definitions that are built into this program, by code.
var wordings = sync.OnceValue(func() map[string]indicators.Definition {
	// the definitions are embedded: an error is a fault of the build, which their tests detect
	list, _ := indicators.Definitions()
	byCode := map[string]indicators.Definition{}
	for _, known := range list {
		byCode[known.Code] = known
	}
	return byCode
})

// formula returns the formula in Vietnamese. Content that was frozen before Vietnamese formulas
// existed gets the words of a built-in definition, if its formula is exactly the same. A new
// version may have another meaning. Without such a definition it returns the frozen formula.
func (d Definition) formula() string {
	known := wordings()[d.Code]
	switch {
	case d.Words != "":
		return d.Words
	case d.Formula != "" && known.Formula == d.Formula:
		return known.FormulaVI
	}
	return d.Formula
}

// partsIn returns the keys of a figure's parts: first those in the definition, in its order, then
// the others.
func (d Definition) partsIn(f figures.Figure) []string {
	keys := []string{}
	parts := d.Parts
	if len(parts) == 0 {
		for _, part := range wordings()[d.Code].Parts {
			parts = append(parts, Part{Key: part.Key})
		}
	}
	for _, part := range parts {
		if _, has := f.Parts[part.Key]; has && !slices.Contains(keys, part.Key) {
			keys = append(keys, part.Key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.Parts)) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// stressed matches Markdown's italics and bold. A multiplication sign has spaces around it and does
// not match.
var stressed = regexp.MustCompile(`\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}`)

// withoutMarkdown returns a text without Markdown marks, which a document would print.
func withoutMarkdown(text string) string {
	return strings.ReplaceAll(stressed.ReplaceAllString(text, "$1"), "`", "")
}
