package roster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"market40/merchants/encodings"
	"market40/merchants/phones"
	"market40/merchants/platform/problem"
)

// readTable reads the lines below a header.
func readTable(t table, h header) (Sheet, error) {
	sheet := Sheet{Name: t.name, Columns: map[string]string{}, Letters: map[string]string{}}
	for field, columns := range h.columns {
		sheet.Letters[field] = columnLetters(columns[0].at)
		var titles []string
		for _, c := range columns {
			titles = append(titles, c.title)
		}
		sheet.Columns[field] = strings.Join(titles, ", ")
	}
	lines := t.lines[h.last+1:]
	if len(lines) > 0 && numbersColumns(lines[0]) {
		sheet.Skipped = append(sheet.Skipped, lines[0].number)
		lines = lines[1:]
	}
	body := bodyOf(lines, h)
	h = h.withEncodings(lines)
	h.losable, h.lost = h.losesZeros(t, lines), h.lostZeros(lines)
	zone := ""
	for i, l := range lines {
		switch section, isSection := sectionOf(l); {
		case isSection:
			zone = section
			sheet.Skipped = append(sheet.Skipped, l.number)
		case i >= body && h.matches(l), isTotal(l, h), repeatsHeader(l, h):
			sheet.Skipped = append(sheet.Skipped, l.number)
		case h.matches(l):
			sheet.Rows = append(sheet.Rows, readRow(l, h, zone, t))
		}
		if len(sheet.Rows) > MaxRows {
			return Sheet{}, errTooManyRows()
		}
	}
	return sheet, nil
}

// bodyOf returns how many lines contain stalls: up to the last with a digit in its number, or with
// a telephone or an account.
func bodyOf(lines []line, h header) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if looksNumbered(h.text(lines[i], fieldNumber)) && !isTotal(lines[i], h) || hasContact(lines[i], h) {
			return i + 1
		}
	}
	return len(lines) // stalls without digits in their numbers look like signatures
}

func looksNumbered(number string) bool {
	return strings.ContainsAny(number, "0123456789") && utf8.RuneCountInString(number) <= MaxNumber
}

// hasContact reports whether a line holds a telephone number or an account, which no signature
// does.
func hasContact(l line, h header) bool {
	_, phone := phones.FromSheet(h.text(l, fieldPhone))
	account, ok := accountOf(h.text(l, fieldAccount))
	return phone || ok && strings.ContainsAny(account, "0123456789")
}

// matches reports whether a line has text under any of our headers.
func (h header) matches(l line) bool {
	for _, columns := range h.columns {
		for _, c := range columns {
			if l.text(c.at) != "" {
				return true
			}
		}
	}
	return false
}

func repeatsHeader(l line, h header) bool {
	return h.text(l, fieldNumber) == h.columns[fieldNumber][0].title
}

// isTotal reports whether a line sums up: "Tổng cộng" in the place of the number, or first in the
// line. The diacritics count, since Tống is a family name and Công begins a company's; so does the
// place, since a name may be misspelt.
func isTotal(l line, h header) bool {
	number := h.text(l, fieldNumber)
	if isTotalLine(number) {
		return true
	}
	for at, text := range l.texts() {
		names := h.columns[fieldName]
		return isTotalLine(text) && (number == "" || len(names) == 0 || at != names[0].at)
	}
	return false
}

func isTotalLine(text string) bool {
	text = strings.ToLower(text)
	for _, word := range [...]string{"tổng", "cộng", "tong cong", "tong so", "total"} {
		if rest, ok := strings.CutPrefix(text, word); ok {
			next, _ := utf8.DecodeRuneInString(rest)
			return !unicode.IsLetter(next) || next == utf8.RuneError
		}
	}
	return false
}

var sectionWords = [...]string{"khu", "phân khu", "dãy", "tầng", "nhà lồng"}

// sectionOf reads a line with a single text that opens a zone: "KHU A – HẢI SẢN", "II. Dãy 3".
func sectionOf(l line) (zone string, ok bool) {
	only := ""
	for _, text := range l.texts() {
		if only != "" {
			return "", false
		}
		only = text
	}
	if numeral, rest, found := strings.Cut(only, ". "); found && strings.Trim(numeral, "IVX0123456789ABCDE") == "" {
		only = strings.TrimSpace(rest)
	}
	for _, word := range sectionWords {
		if rest, found := strings.CutPrefix(strings.ToLower(only), word+" "); found && rest != "" {
			return cutText(only, maxCell), true
		}
	}
	return "", false
}

// rowReader reads the cells of one line into its row.
type rowReader struct {
	Row
	line
	header
	date1904 bool
}

func readRow(l line, h header, section string, t table) Row {
	r := &rowReader{Row{Sheet: t.name, Line: l.number, Hidden: l.hidden}, l, h, t.date1904}
	r.readPlace(section)
	r.readMerchant()
	r.readAccount()
	r.readSince()
	return r.Row
}

// readText returns a field's text; a dash or "không có" is no text. A text that cannot be a value is an
// error of the field.
func (r *rowReader) readText(field string) string {
	return r.checkText(field, r.header.text(r.line, field))
}

func (r *rowReader) checkText(field, text string) string {
	switch {
	case isAbsent(text):
	case utf8.RuneCountInString(text) > maxCell:
		r.fail(field, "too_long", fmt.Sprintf("Dài quá %d ký tự.", maxCell), fmt.Sprintf("Longer than %d characters.",
			maxCell))
	case isSheetError(text):
		r.fail(field, "cell_error", "Ô tính bị lỗi hoặc cột quá hẹp: "+text+".",
			"The cell contains a spreadsheet error: "+text+".")
	default:
		return text
	}
	return ""
}

// readShown returns the text of an identifier as the sheet shows it. If the sheet does not show its
// digits, that is an error of the field.
func (r *rowReader) readShown(field, code string) string {
	text, exact := r.header.shown(r.line, field)
	if text = r.checkText(field, text); text == "" || exact || rounded.MatchString(text) {
		return text
	}
	r.failAsShown(field, code)
	return ""
}

// failAsShown records that a cell does not show its digits.
func (r *rowReader) failAsShown(field, code string) {
	r.fail(
		field,
		code,
		"Ô này không hiển thị đúng con số bên trong (ngày, phần trăm, làm tròn): hãy định dạng cột là Văn bản (Text) và nhập lại.",
		"The cell does not show its exact number (a date, a percentage, a rounded number): format the column as Text and enter it again.",
	)
}

// readName returns a field of words. Letters that a program lost ("Nguy?n"), or letters of an old
// font, are an error.
func (r *rowReader) readName(field string) string {
	name := r.readText(field)
	if r.refuseOldText(field, name) {
		return ""
	}
	if encodings.LettersLost.MatchString(name) {
		r.fail(field, "letters_lost", "Chữ có dấu đã mất: hãy lưu lại tệp dạng .xlsx hoặc CSV UTF-8.",
			"Letters are missing: save the file as .xlsx or CSV UTF-8.")
		return ""
	}
	return name
}

func (r *rowReader) readPlace(section string) {
	faults := len(r.Errors)
	r.Number = r.readNumber()
	switch {
	case utf8.RuneCountInString(r.Number) > MaxNumber:
		r.Number = ""
		r.fail(fieldNumber, "too_long", fmt.Sprintf("Số sạp dài quá %d ký tự.", MaxNumber),
			fmt.Sprintf("The stall number is longer than %d characters.", MaxNumber))
	case r.Number == "" && len(r.Errors) == faults:
		r.fail(fieldNumber, "required", "Thiếu số sạp.", "The stall number is missing.")
	}
	r.Zone = r.readZone()
	if r.Zone == "" {
		r.Zone = section
	}
	r.Kind = r.readWord(fieldKind, kinds, "stall")
	r.GoodsGroup = r.readWord(fieldGoods, goodsGroups, "khac")
}

// readNumber reads the stall's number as the sheet shows it. A number such as 1.10 loses its last
// zero when it is typed as a number, and a format with decimals shows another number than the
// cell's.
func (r *rowReader) readNumber() string {
	if r.readName(fieldNumber) == "" {
		return ""
	}
	number := r.readShown(fieldNumber, "number_form")
	if cell, isNumber := r.header.numeric(r.line, fieldNumber); isNumber && cell.decimals && number != "" {
		r.failAsShown(fieldNumber, "number_form")
		return ""
	}
	if plainDecimal.MatchString(number) {
		r.warnIfBare(fieldNumber, number)
	}
	return number
}

// warnIfBare warns of an identifier in a cell with a format that drops leading zeros.
func (r *rowReader) warnIfBare(field, text string) {
	if shown, isNumber := r.header.numeric(r.line, field); isNumber && shown.bare {
		r.warnOfZeros(field, text)
	}
}

func (r *rowReader) warnOfZeros(field, text string) {
	r.warn(field, "zeros_lost",
		"Ô này chỉ là một con số ("+cutText(text, 30)+
			"): nếu số có chữ số 0 ở đầu thì bảng tính đã bỏ mất. Hãy so với giấy tờ rồi xác nhận.",
		"The cell contains a plain number ("+cutText(text, 30)+
			"): leading zeros, if there were any, are lost. Compare it with the papers and confirm.")
}

// readZone joins several columns as "Tầng 1, Dãy B"; a single one is used as it is.
func (r *rowReader) readZone() string {
	columns := r.columns[fieldZone]
	var parts []string
	for _, c := range columns {
		shown, _ := r.line.shown(c.at)
		text := r.checkText(fieldZone, shown)
		if r.refuseOldText(fieldZone, text) {
			return ""
		}
		if text != "" && len(columns) > 1 && !strings.HasPrefix(foldText(text), foldText(c.title)) {
			text = c.title + " " + text
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

func (r *rowReader) readWord(field string, known Vocabulary, silent string) string {
	text := r.readText(field)
	if text == "" {
		return silent
	}
	word, ok := known.Find(text)
	if !ok && r.refuseOldText(field, text) {
		return ""
	}
	if !ok {
		r.Errors = append(r.Errors, problem.UnknownValue(field, text, known.Names()...))
	}
	return word
}

// refuseOldText reports, and notes as an error of the field, a text in the letters of an old font
// or decoded twice.
func (r *rowReader) refuseOldText(field, text string) bool {
	if text == "" {
		return false
	}
	guess := ""
	for _, c := range r.columns[field] {
		if guess = encodings.GuessIn(r.line.raw(c.at), r.header.written[c.at]); guess != "" {
			break
		}
	}
	return r.failOldEncoding(field, guess)
}

// failOldEncoding records that a field was written in an old encoding, and reports whether it was.
func (r *rowReader) failOldEncoding(field, guess string) bool {
	if guess == "" {
		return false
	}
	if r.Guesses == nil {
		r.Guesses = map[string]string{}
	}
	r.Guesses[field] = guess
	name := encodings.NameOf(guess)
	r.fail(field, "text_encoding",
		"Chữ bị sai bảng mã, có lẽ là "+name+": hãy chuyển cột này sang Unicode rồi lưu lại.",
		"The text is in another encoding, probably "+name+": convert the column to Unicode and save it again.")
	return true
}
