package roster

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"market40/merchants/encodings"
	"market40/merchants/phones"
)

// headerWithin is how many lines with text are searched for the header.
const headerWithin = 30

// headings are the headers under which boards keep each field, the better first, compared without
// case, diacritics, blanks and punctuation.
var headings = []struct {
	field string
	names []string
}{
	{fieldNumber, []string{
		"Sạp số", "Số sạp", "Số quầy", "Quầy số", "Số lô sạp", "Số điểm kinh doanh", "Số ki-ốt", "Ki-ốt số", "Số kios",
		"Số lô", "Lô số", "Số hiệu sạp", "Số quầy sạp",
		"Số quầy hàng", "Số thứ tự sạp", "STT sạp", "Mã sạp", "Mã số sạp", "Mã quầy", "Mã điểm kinh doanh", "Mã ĐKD",
		"Điểm kinh doanh", "Tên điểm kinh doanh", "Điểm KD", "Sạp", "Quầy",
		"Ki-ốt", "Kios", "Lô", "Lô sạp", "Quầy sạp", "Vị trí sạp", "Vị trí kinh doanh", "Vị trí", "Number",
		"Stall number", "Stall no", "Stall",
	}},
	{fieldZone, []string{
		"Khu", "Khu vực", "Phân khu", "Dãy", "Tầng", "Nhà lồng", "Khu kinh doanh", "Khu chợ",
		"Dãy nhà", "Zone", "Area", "Floor",
	}},
	{fieldKind, []string{
		"Loại", "Loại điểm", "Loại điểm kinh doanh", "Loại sạp", "Loại quầy",
		"Loại hình điểm kinh doanh", "Loại hình", "Kind", "Type", "Stall kind",
	}},
	{fieldGoods, []string{
		"Ngành hàng", "Ngành hàng kinh doanh", "Nhóm hàng", "Nhóm ngành hàng", "Ngành nghề", "Ngành nghề kinh doanh",
		"Mặt hàng", "Mặt hàng kinh doanh", "Loại hàng",
		"Loại hàng hóa", "Hàng hóa", "Ngành", "Goods group", "Goods",
	}},
	{fieldName, []string{
		"Họ tên", "Họ và tên", "Tên tiểu thương", "Họ tên tiểu thương", "Họ và tên tiểu thương", "Tiểu thương",
		"Chủ sạp", "Tên chủ sạp", "Họ tên chủ sạp", "Họ và tên chủ sạp",
		"Chủ hộ", "Tên chủ hộ", "Họ tên chủ hộ", "Họ và tên chủ hộ", "Chủ quầy", "Tên chủ quầy", "Hộ tiểu thương",
		"Người kinh doanh", "Họ tên người kinh doanh", "Họ và tên người kinh doanh",
		"Người thuê", "Người thuê sạp", "Họ tên người thuê", "Tên người thuê", "Tên", "Full name", "Merchant name",
		"Merchant", "Name",
	}},
	{fieldHousehold, []string{
		"Tên hộ kinh doanh", "Hộ kinh doanh", "Tên HKD", "HKD", "Tên hộ KD", "Tên cơ sở",
		"Tên cơ sở kinh doanh", "Household name", "Household",
	}},
	{fieldPhone, []string{
		"SĐT", "Số điện thoại", "Điện thoại", "Số ĐT", "ĐT", "Di động", "Số di động", "Điện thoại di động", "ĐTDĐ",
		"Số điện thoại di động", "Điện thoại liên hệ",
		"SĐT liên hệ", "Số điện thoại liên hệ", "Số ĐT liên hệ", "SĐT Zalo", "Phone", "Phone number", "Mobile", "Tel",
	}},
	{fieldBank, []string{
		"Ngân hàng", "Tên ngân hàng", "NH", "Ngân hàng mở tài khoản", "Ngân hàng thụ hưởng",
		"Mở tại ngân hàng", "Tại ngân hàng", "Mã ngân hàng", "BIN", "Bank", "Bank name", "Bank BIN",
	}},
	{fieldAccount, []string{
		"Số tài khoản", "STK", "Số TK", "Số tài khoản ngân hàng", "STK ngân hàng", "Số TK ngân hàng", "Tài khoản số",
		"Tài khoản ngân hàng", "TK ngân hàng", "Tài khoản", "Số tài khoản thụ hưởng",
		"Số tài khoản nhận tiền", "Account number", "Account no", "Account",
	}},
	{fieldHolder, []string{
		"Chủ tài khoản", "Tên tài khoản", "Tên chủ tài khoản", "Họ tên chủ tài khoản", "Họ và tên chủ tài khoản",
		"Chủ TK", "Tên TK", "Tên chủ TK", "CTK", "Tên người thụ hưởng", "Người thụ hưởng",
		"Holder name", "Holder", "Account holder", "Account name",
	}},
	{fieldHolderIs, []string{
		"Loại tài khoản", "Loại TK", "Loại chủ tài khoản", "Loại chủ TK", "Holder kind",
		"Account type",
	}},
	{fieldTax, []string{
		"Mã số thuế", "MST", "Mã số thuế cá nhân", "Mã số thuế hộ kinh doanh", "Mã thuế", "MST cá nhân",
		"Tax code", "Tax number",
	}},
	{fieldSince, []string{
		"Từ ngày", "Ngày bắt đầu", "Ngày thuê", "Ngày thuê sạp", "Thuê từ ngày", "Ngày nhận sạp",
		"Ngày vào chợ", "Ngày bắt đầu kinh doanh", "Kinh doanh từ ngày", "Ngày hợp đồng", "Since", "From",
	}},
}

// heading is a known header: its field, and its rank (a lower rank is better).
type heading struct {
	field string
	rank  int
}

// form is a kind of list: the headers under which its fields are found, and which fields a header
// must have.
type form struct {
	known    map[string]heading
	needs    []string
	atLeast  int  // fields in a header
	twoLines bool // whether a header may have a second line
}

func (f *form) add(field string, names []string) {
	f.known[foldText(field)] = heading{field, 0}
	for rank, name := range names {
		f.known[foldText(name)] = heading{field, rank}
	}
}

// stallsForm is the form of boards' lists of stalls.
var stallsForm = sync.OnceValue(func() *form {
	f := &form{known: map[string]heading{}, needs: []string{fieldNumber}, atLeast: 2, twoLines: true}
	for _, h := range headings {
		f.add(h.field, h.names)
	}
	return f
})

// partial is added to the rank of a header that is known only without its bracket or by one of its
// lines.
const partial = 1000

var inBrackets = regexp.MustCompile(`[(\[][^)\]]*[)\]]?`)

// headingOf reads a cell as a header: first as it is, then without what is in brackets, then line
// by line ("Họ tên\n(Full name)").
func (f *form) headingOf(cell string) (heading, bool) {
	if h, ok := f.known[foldText(cleanText(cell))]; ok {
		return h, true
	}
	parts := append([]string{inBrackets.ReplaceAllString(cell, " ")}, strings.FieldsFunc(cell,
		func(r rune) bool { return strings.ContainsRune("\r\n/:", r) })...)
	for _, part := range parts {
		if h, ok := f.known[foldText(cleanText(inBrackets.ReplaceAllString(part, " ")))]; ok {
			return heading{h.field, h.rank + partial}, true
		}
	}
	return heading{}, false
}

// column is a column of the file that holds one of our fields.
type column struct {
	at    int // from 0
	title string
	heading
}

// header is which column holds which field; the zone alone may have several.
type header struct {
	columns map[string][]column
	last    int            // index of the header's last line
	written map[int]string // by column: the old encoding of its cells (encodings.OfColumn)
	losable bool           // in a file of text: no tax code has a zero in front, so a spreadsheet may have dropped them
	lost    bool           // a text shows that zeros in front were lost before
}

// losesZeros reports whether a file of text shows no tax code with a zero in front. A worksheet
// says of each cell whether it is a number.
func (h header) losesZeros(t table, lines []line) bool {
	columns := h.columns[fieldTax]
	return t.name == "" && len(columns) > 0 &&
		!slices.ContainsFunc(lines, func(l line) bool { return strings.HasPrefix(l.text(columns[0].at), "0") })
}

// lostZeros reports whether a phone or a tax code of text lacks its leading zero. The program that
// wrote the file then stored it as a number, and accounts too.
func (h header) lostZeros(lines []line) bool {
	return slices.ContainsFunc(lines, func(l line) bool {
		if _, isNumber := h.numeric(l, fieldPhone); !isNumber && phones.LostZero(h.text(l, fieldPhone)) {
			return true
		}
		_, isNumber := h.numeric(l, fieldTax)
		text := h.text(l, fieldTax)
		code, ok := taxCodeOf(text)
		return !isNumber && ok && strings.HasPrefix(code, "0") && !strings.HasPrefix(text, "0")
	})
}

// withEncodings returns the header with what the columns below it were written in.
func (h header) withEncodings(lines []line) header {
	h.written = map[int]string{}
	for _, columns := range h.columns {
		for _, c := range columns {
			cells := make([]string, len(lines))
			for i, l := range lines {
				cells[i] = l.raw(c.at)
			}
			h.written[c.at] = encodings.OfColumn(cells)
		}
	}
	return h
}

func (h header) score() int { return len(h.columns) }

func (f *form) complete(h header) bool {
	for _, field := range f.needs {
		if len(h.columns[field]) == 0 {
			return false
		}
	}
	return h.score() >= f.atLeast
}

// titles returns the headers that were found, from left to right.
func (h header) titles() []string {
	var all []column
	for _, columns := range h.columns {
		all = append(all, columns...)
	}
	slices.SortFunc(all, func(a, b column) int { return a.at - b.at })
	titles := make([]string, len(all))
	for i, c := range all {
		titles[i] = c.title
	}
	return titles
}

// text returns a field's cell, cleaned; empty if the file has no such column.
func (h header) text(l line, field string) string {
	if columns := h.columns[field]; len(columns) > 0 {
		return l.text(columns[0].at)
	}
	return ""
}

// shown returns what the sheet shows in a field's cell; see line.shown.
func (h header) shown(l line, field string) (text string, exact bool) {
	if columns := h.columns[field]; len(columns) > 0 {
		return l.shown(columns[0].at)
	}
	return "", true
}

// numeric returns a field's cell, if it contains a number.
func (h header) numeric(l line, field string) (n numeric, ok bool) {
	if columns := h.columns[field]; len(columns) > 0 {
		n, ok = l.numerics[columns[0].at]
	}
	return n, ok
}

// findHeader returns the line among the first that names most of our fields. It includes the line
// below if a merged header has two.
func (f *form) findHeader(lines []line) header {
	var best header
	for i := range min(len(lines), headerWithin) {
		found := f.columnsOf(lines[i].cells)
		h := header{columns: arrangeColumns(found), last: i}
		if f.twoLines && i+1 < len(lines) {
			if both, ok := f.withSubheader(found, lines[i+1]); ok {
				h = header{columns: arrangeColumns(both), last: i + 1}
			}
		}
		if h.score() > best.score() || f.complete(h) && !f.complete(best) {
			best = h
		}
	}
	return best
}

// columnsOf returns the cells of a line that are headers of ours.
func (f *form) columnsOf(cells []string) []column {
	var found []column
	for at, cell := range cells {
		if h, ok := f.headingOf(cell); ok {
			found = append(found, column{at, cleanText(cell), h})
		}
	}
	return found
}

// withSubheader joins the two lines of a header with merged cells ("Tài khoản nhận tiền" over "Ngân
// hàng | Số tài khoản"). The lower line is a header too if half of its texts name known fields and
// it has no stall number.
func (f *form) withSubheader(upper []column, lowerLine line) ([]column, bool) {
	lower := f.columnsOf(lowerLine.cells)
	texts := 0
	for range lowerLine.texts() {
		texts++
	}
	if len(lower) == 0 || 2*len(lower) < texts {
		return nil, false
	}
	under := map[int]bool{}
	numbered := false
	for _, c := range lower {
		under[c.at] = true
		numbered = numbered || c.field == fieldNumber
	}
	both := lower
	for _, c := range upper {
		if c.field == fieldNumber && !under[c.at] {
			if lowerLine.text(c.at) != "" {
				return nil, false
			}
			numbered = true
		}
		if !under[c.at] {
			both = append(both, c)
		}
	}
	return both, numbered
}

// arrangeColumns gives each field its best column, and the zone all of its columns from left to right.
func arrangeColumns(found []column) map[string][]column {
	slices.SortStableFunc(found, func(a, b column) int { return a.at - b.at })
	columns := map[string][]column{}
	for _, c := range found {
		best := columns[c.field]
		switch {
		case len(best) == 0 || c.field == fieldZone:
			columns[c.field] = append(best, c)
		case c.rank < best[0].rank:
			best[0] = c
		}
	}
	return columns
}

var columnNumber = regexp.MustCompile(`^\(?(\d{1,2})\)?$`)

// numbersColumns reports whether a line below the header only counts the columns: "(1) (2) (3)", "A
// B 1 2".
func numbersColumns(l line) bool {
	counted, next := 0, 0
	for _, text := range l.texts() {
		if m := columnNumber.FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1])
			if counted > 0 && n != next {
				return false
			}
			counted, next = counted+1, n+1
		} else if counted > 0 || len(foldText(text)) != 1 {
			return false
		}
	}
	return counted >= 3
}
