package roster

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"market40/merchants/platform/problem"
)

// Field is a field of a list of another kind than stalls.
type Field struct {
	Name     string   // as errors name it
	Headings []string // that people use; the first is used in messages
	Needed   bool     // a header without it does not count, and a line without any needed field is not a row
}

// List is a list that was read: a CSV file, or the first worksheet with a complete header.
type List struct {
	Rows    []*Cells
	Columns map[string]string // for each field that the file has, the header it was found under
	Skipped []int             // lines below the header that were taken for totals or signatures
}

// ReadList reads a list with the fields as columns, by the same rules and within the same limits as
// Read: title lines above the header, columns in any order, unknown columns ignored, totals and
// signatures skipped. Its error is a *problem.Error about the file.
func ReadList(filename string, data []byte, fields []Field) (List, error) {
	if len(data) > MaxBytes {
		return List{}, errTooLarge()
	}
	f := &form{known: map[string]heading{}, atLeast: 1}
	for _, field := range fields {
		f.add(field.Name, field.Headings)
		if field.Needed {
			f.needs = append(f.needs, field.Name)
		}
	}
	t, h, err := f.open(filename, data)
	switch {
	case err != nil:
		return List{}, err
	case !f.complete(h):
		return List{}, errFieldsMissing(h, fields)
	}
	list := List{Columns: map[string]string{}}
	for field, columns := range h.columns {
		list.Columns[field] = columns[0].title
	}
	h = h.withEncodings(t.lines[h.last+1:])
	for i, l := range t.lines[h.last+1:] {
		row := &Cells{Line: l.number, row: rowReader{line: l, header: h, date1904: t.date1904}}
		if i == 0 && numbersColumns(l) || !row.isRow(f.needs) {
			list.Skipped = append(list.Skipped, l.number)
			continue
		}
		if list.Rows = append(list.Rows, row); len(list.Rows) > MaxRows {
			return List{}, errTooManyRows()
		}
	}
	return list, nil
}

// Cells is one row of a list. What is read from it leaves its faults in Errors.
type Cells struct {
	Line int // in the file, from 1

	row rowReader
}

func (c *Cells) isRow(needs []string) bool {
	for _, text := range c.row.texts() {
		if isTotalLine(text) {
			return false
		}
		break
	}
	for _, field := range needs {
		if c.row.header.text(c.row.line, field) != "" {
			return true
		}
	}
	return false
}

// Has reports whether a field has any text.
func (c *Cells) Has(field string) bool { return !isAbsent(c.row.header.text(c.row.line, field)) }

// Text returns a field's text as the sheet shows it, cleaned; "" if there is none.
func (c *Cells) Text(field string) string {
	if c.row.readName(field) == "" {
		return ""
	}
	return c.row.readShown(field, "text_form")
}

// Long returns a text for people, and faults one of more characters than allowed.
func (c *Cells) Long(field string, most int) string {
	text := c.row.readName(field)
	if utf8.RuneCountInString(text) > most {
		c.row.fail(field, "too_long",
			fmt.Sprintf("Dài quá %d ký tự.", most), fmt.Sprintf("Longer than %d characters.", most))
		return ""
	}
	return text
}

// Word returns the API's word for a field's text.
func (c *Cells) Word(field string, known Vocabulary) string { return c.row.readWord(field, known, "") }

// Day returns a date as YYYY-MM-DD.
func (c *Cells) Day(field string) string {
	text := c.row.readText(field)
	if text == "" {
		return ""
	}
	day, ok := dayOf(text, c.row.date1904)
	if !ok {
		c.failDate(field, text)
	}
	return day
}

// Month returns a month as YYYY-MM, from "10/2026", "2026-10" or a day of it.
func (c *Cells) Month(field string) string {
	text := c.row.readText(field)
	if text == "" {
		return ""
	}
	for _, layout := range [...]string{"1/2006", "1-2006", "2006-1", "1.2006"} {
		if month, err := time.Parse(layout, strings.TrimSpace(strings.TrimPrefix(strings.ToLower(text),
			"tháng"))); err == nil {
			return month.Format("2006-01")
		}
	}
	day, ok := dayOf(text, c.row.date1904)
	if !ok {
		c.row.fail(field, "month_form", "Tháng chưa đúng: cần tháng/năm, thí dụ 10/2026.",
			"The month is not valid: expected month/year, such as 10/2026.")
		return ""
	}
	return day[:len("2006-01")]
}

// Moment returns a time in Vietnam as RFC 3339, from a date with the time of day or at 00:00.
func (c *Cells) Moment(field string) string {
	text := c.row.readText(field)
	if text == "" {
		return ""
	}
	at, ok := momentOf(text, c.row.date1904)
	if !ok {
		c.failDate(field, text)
	}
	return at
}

// failDate records why a text is not a date. A date with the month first, as in the United States,
// gets its own sentence.
func (c *Cells) failDate(field, text string) {
	date, _, _ := strings.Cut(text, " ")
	_, dayFirst := time.Parse("2/1/2006", date)
	if _, err := time.Parse("1/2/2006", date); err == nil && dayFirst != nil {
		c.row.fail(field, "month_first", "Ngày viết tháng trước ("+cutText(date, 20)+
			"): hãy viết ngày/tháng/năm, thí dụ 28/04/2026.",
			"The date has the month first ("+cutText(date, 20)+"): write day/month/year, such as 28/04/2026.")
		return
	}
	c.row.fail(field, "date_form", "Ngày chưa đúng: cần ngày/tháng/năm, thí dụ 15/03/2021.",
		"The date is not valid: expected day/month/year, such as 15/03/2021.")
}

// WholeNumber returns a whole number, not negative, as digits.
func (c *Cells) WholeNumber(field string) string {
	text := c.row.readText(field)
	if text == "" {
		return ""
	}
	digits, ok := wholeNumber(text)
	if _, isNumber := c.row.header.numeric(c.row.line, field); isNumber && strings.Contains(text, ".") {
		ok = false // the number 1.234, not the text of a thousand
	}
	switch {
	case rounded.MatchString(text):
		c.row.fail(field, "rounded", "Excel đã làm tròn số ("+cutText(text, 30)+"): hãy nhập đủ chữ số.",
			"Excel has rounded the number ("+cutText(text, 30)+"): enter all digits.")
	case !ok:
		c.row.fail(field, "not_whole", "Cần số nguyên không âm, thí dụ 1.234.567.",
			"Expected a whole number that is not negative, such as 1.234.567.")
	}
	if !ok {
		return ""
	}
	return digits
}

// Count returns a whole number below a million; -1 if there is none or a faulty one.
func (c *Cells) Count(field string) int {
	digits := c.WholeNumber(field)
	if digits == "" {
		return -1
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n >= 1_000_000 {
		c.row.fail(field, "too_large", "Số quá lớn.", "The number is too large.")
		return -1
	}
	return n
}

// YesNo returns a yes or a no; nil if the cell is empty.
func (c *Cells) YesNo(field string) *bool {
	text := strings.ToLower(strings.Trim(c.row.header.text(c.row.line, field), " .-–—_/"))
	yes, no := true, false
	switch text {
	case "":
		return nil
	case "x", "có", "co", "yes", "y", "true", "1", "đúng":
		return &yes
	case "không", "khong", "ko", "k", "no", "n", "false", "0", "chưa":
		return &no
	}
	c.row.fail(field, "yes_no", "Ghi Có hoặc Không.", "Expected yes or no.")
	return nil
}

// Yes returns a yes or a no, and faults an empty cell.
func (c *Cells) Yes(field string) bool {
	said := c.YesNo(field)
	if said == nil && !c.row.failed(field) {
		c.row.fail(field, "yes_no", "Ghi Có hoặc Không.", "Expected yes or no.")
	}
	return said != nil && *said
}

// Faults returns what is wrong with the row.
func (c *Cells) Faults() []problem.Field { return c.row.Errors }

func errFieldsMissing(found header, fields []Field) error {
	var missing, known []string
	for _, f := range fields {
		if f.Needed && len(found.columns[f.Name]) == 0 {
			missing = append(missing, f.Headings[0])
		}
		known = append(known, f.Headings[0])
	}
	return problem.Of("file", "header_missing",
		"Thiếu cột: "+strings.Join(missing, ", ")+". Dòng tiêu đề gồm: "+strings.Join(known, ", ")+".",
		"Missing columns: "+strings.Join(missing, ", ")+". The header row has: "+strings.Join(known, ", ")+".")
}
