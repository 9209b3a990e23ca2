// Package roster reads the stall lists of market boards, CSV or XLSX, as boards write them: with
// title rows, merged headers, totals and lost zeros. It is pure: it converts bytes to rows with the
// faults of each, and never uses the database.
package roster

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"market40/merchants/platform/problem"
)

// The limits of a board's file (issue 2, "Bad input").
const (
	MaxBytes    = 5 << 20  // bytes of the file
	MaxUnzipped = 32 << 20 // bytes of one part of an XLSX file, and of all the parts read together
	MaxRows     = 20_000   // rows below the header
	MaxColumns  = 64       // columns with text in them
	maxCell     = 500      // characters of a cell that we read
	MaxNumber   = 30       // characters of a stall number
)

// The fields of a row, named as Sheet.Columns and the errors name them.
const (
	fieldNumber    = "number"
	fieldZone      = "zone"
	fieldKind      = "kind"
	fieldGoods     = "goods_group"
	fieldName      = "full_name"
	fieldHousehold = "household_name"
	fieldPhone     = "phone"
	fieldTax       = "tax_code"
	fieldBank      = "bank"
	fieldAccount   = "account_number"
	fieldHolder    = "holder_name"
	fieldHolderIs  = "holder_kind"
	fieldSince     = "since"
)

// Roster is a board's file as read: a CSV file, or every worksheet that holds a list.
type Roster struct {
	Sheets []Sheet
	Unread []Unread
}

// Unread is a worksheet that shows text and holds no list, such as a cover, or that cannot be read.
type Unread struct {
	Name string
	Why  error // a *problem.Error

	broken bool // its cells cannot be read
}

// Sheet is a list as read.
type Sheet struct {
	Rows []Row
	// Name is the worksheet's name; empty: a CSV file.
	Name string
	// Letters gives for each of our fields that the file has the letters of its column ("phone":
	// "E").
	Letters map[string]string
	// Columns gives for each of our fields that the file has the header it was found under
	// ("phone": "SĐT").
	Columns map[string]string
	// Skipped are the lines below the header that hold text and were taken for totals, sections,
	// repeated headers or signatures.
	Skipped []int
}

// Row is one stall of a list. Texts are NFC, trimmed, with single spaces. A field at fault is empty
// and its reason is in Errors.
type Row struct {
	Sheet         string // the name of its worksheet
	Line          int    // in the file, or in its worksheet, from 1
	Number        string // as the board writes it, at most MaxNumber characters
	Zone          string // "Khu A", "Tầng 1, Dãy B"; may be empty
	Kind          string // stall, kiosk, counter, shop, lot or mobile; stall when the file is silent
	GoodsGroup    string // one of the goods groups of the API; khac when the file has none
	FullName      string // empty: the stall is vacant
	HouseholdName string // the registered household business; may be empty
	Phone         string // digits, 0…; may be empty
	TaxCode       string // 10 or 12 digits, or 10-3; may be empty
	BankBIN       string // six digits; empty with AccountNumber
	AccountNumber string // 1 to 19 digits, or letters where the bank has such accounts
	HolderName    string // empty with AccountNumber; the full name when the file is silent
	HolderKind    string // ca_nhan, ho_kinh_doanh or to_chuc; empty with AccountNumber
	Since         string // YYYY-MM-DD; may be empty
	Hidden        bool   // a filter or a person hides the row in its sheet
	Errors        []problem.Field
	Warnings      []problem.Field   // what may be right, and needs a person's yes
	Guesses       map[string]string // by field: what its text was probably written in (encodings.Guess)
}

func (r *Row) warn(field, code, vi, en string) {
	r.Warnings = append(r.Warnings, problem.Field{Name: field, Code: code, Vi: vi, En: en})
}

func (r *Row) fail(field, code, vi, en string) {
	r.Errors = append(r.Errors, problem.Field{Name: field, Code: code, Vi: vi, En: en})
}

// Read reads a board's list of one market: in a workbook, all sheets with a complete header. It
// uses the file name only if the bytes do not show the kind of file. It returns a *problem.Error
// about the file as a whole: too_large, unsupported_file, file_unreadable, encoding_unknown,
// header_missing, too_many_rows, too_many_columns. Faults of a row are in Row.Errors, and the other
// rows are read.
func Read(filename string, data []byte) (Roster, error) {
	if len(data) > MaxBytes {
		return Roster{}, errTooLarge()
	}
	tables, err := stallsForm().tablesOf(filename, data)
	if err != nil {
		return Roster{}, err
	}
	var r Roster
	var best header
	for t, fault := range tables {
		if fault != nil {
			r.Unread = append(r.Unread, Unread{Name: t.name, Why: fault, broken: true})
			continue
		}
		h, err := r.add(t)
		if err != nil {
			return Roster{}, err
		}
		if h.score() > best.score() {
			best = h
		}
	}
	if len(r.Sheets) == 0 {
		return Roster{}, r.explainEmpty(best)
	}
	checkTogether(r.rows())
	return r, nil
}

// explainEmpty returns the error of a file without any list: that of its first broken sheet, else that
// the best header is incomplete.
func (r *Roster) explainEmpty(best header) error {
	for _, u := range r.Unread {
		if u.broken {
			return u.Why
		}
	}
	return errHeaderMissing(best)
}

// add reads one table, or notes that it holds no list.
func (r *Roster) add(t table) (header, error) {
	h := stallsForm().findHeader(t.lines)
	if !stallsForm().complete(h) {
		if len(t.lines) > 0 {
			r.Unread = append(r.Unread, Unread{Name: t.name, Why: errHeaderMissing(h)})
		}
		return h, nil
	}
	sheet, err := readTable(t, h)
	r.Sheets = append(r.Sheets, sheet)
	if err == nil && len(r.rows()) > MaxRows {
		err = errTooManyRows()
	}
	return h, err
}

// rows returns the rows of all sheets.
func (r *Roster) rows() []*Row {
	var all []*Row
	for s := range r.Sheets {
		for i := range r.Sheets[s].Rows {
			all = append(all, &r.Sheets[s].Rows[i])
		}
	}
	return all
}

// open returns the first table of a file with a complete header, or the best header that was found.
func (f *form) open(filename string, data []byte) (table, header, error) {
	tables, err := f.tablesOf(filename, data)
	if err != nil {
		return table{}, header{}, err
	}
	var best header
	for t, err := range tables {
		if err != nil {
			return table{}, header{}, err
		}
		h := f.findHeader(t.lines)
		if f.complete(h) {
			return t, h, nil
		}
		if h.score() > best.score() {
			best = h
		}
	}
	return table{}, best, nil
}

func (f *form) tablesOf(filename string, data []byte) (tables, error) {
	extension := strings.ToLower(filepath.Ext(filename))
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return openWorkbook(data)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")), extension == ".xls":
		return nil, problem.Of("file", "unsupported_file",
			"Tệp Excel đời cũ (.xls) hoặc có mật khẩu: hãy mở ra và lưu lại thành .xlsx không mật khẩu.",
			"An old Excel file (.xls) or one with a password: open it and save it as .xlsx without a password.")
	case extension == ".csv", extension == ".tsv", extension == ".txt", extension == "":
		return f.openCSV(data)
	case extension == ".xlsx":
		return nil, errUnreadable("không phải là tệp .xlsx", "it is not an .xlsx file")
	}
	return nil, problem.Of("file", "unsupported_file", "Chỉ nhận tệp .xlsx hoặc .csv.",
		"Only .xlsx and .csv files are read.")
}

func errTooLarge() error {
	return problem.New(problem.TooLarge, "too_large",
		fmt.Sprintf("Tệp quá lớn: nhiều nhất %d MB, khi giải nén %d MB.", MaxBytes>>20, MaxUnzipped>>20),
		fmt.Sprintf("The file is too large: at most %d MB, and %d MB unzipped.", MaxBytes>>20, MaxUnzipped>>20))
}

func errTooManyRows() error {
	return problem.Of("file", "too_many_rows",
		fmt.Sprintf("Danh sách quá dài: nhiều nhất %d dòng, hãy chia thành nhiều tệp.", MaxRows),
		fmt.Sprintf("The list is too long: at most %d rows, split it into several files.", MaxRows))
}

func errTooManyColumns(line int) error {
	return problem.Of("file", "too_many_columns",
		fmt.Sprintf("Dòng %d có quá nhiều cột: nhiều nhất %d.", line, MaxColumns),
		fmt.Sprintf("Line %d has too many columns: at most %d.", line, MaxColumns))
}

func errUnreadable(vi, en string) error {
	return problem.Of("file", "file_unreadable", "Không đọc được tệp: "+vi+".", "The file cannot be read: "+en+".")
}

func errHeaderMissing(found header) error {
	vi, en := "Không thấy dòng tiêu đề", "No header row was found"
	if titles := found.titles(); len(titles) > 0 {
		list := strings.Join(titles, ", ")
		vi, en = "Dòng tiêu đề chưa đủ (mới thấy: "+list+")", "The header row is incomplete (found: "+list+")"
	}
	const wanted = "Sạp số, Họ tên, SĐT, Ngân hàng, Số tài khoản, Chủ tài khoản, Khu, Loại, Ngành hàng, Mã số thuế, Từ ngày"
	return problem.Of("file", "header_missing",
		vi+". Cần cột Sạp số và ít nhất một cột khác trong: "+wanted+".",
		en+". Expected the column Sạp số (stall number) and at least one other of: "+wanted+".")
}
