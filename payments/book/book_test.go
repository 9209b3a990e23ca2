package book_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/web/webtest"
)

const bookPath = "/api/v1/me/revenue-book"

// download is a document of the book.
func (w *world) download(key, path string) []byte {
	w.T.Helper()
	answer := w.Send(key, "GET", path, nil)
	if disposition := answer.Header().Get("Content-Disposition"); answer.Code != 200 ||
		!strings.HasPrefix(disposition, "attachment; filename=") {
		w.T.Fatalf("%s is answered %d %v: %s", path, answer.Code, answer.Header(), answer.Body)
	}
	return answer.Body.Bytes()
}

// newKeeper is a merchant who was paid three times, the last in error.
func newKeeper(w *world) (key string, paid []string, theirs string) {
	w.T.Helper()
	c := w.SePay(nil)
	stall, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	other, foreign := w.Stall(w.Market, "A2", "970422", "2222222")
	for i, amount := range []int{45000, 120000} {
		w.Accept(c, transfer{
			ID: i + 1, Account: "1111111", Memo: memo, Amount: amount,
			Date: fmt.Sprintf("2026-11-%d 08:00:00", 18+i), Reference: fmt.Sprintf("FT2632400000%04d", i),
		})
	}
	w.Accept(c, transfer{ID: 3, Account: "5555555", Memo: "tien rau", Amount: 7000, Date: "2026-11-20 08:00:00"})
	path := "/api/v1/cases/" + w.WantCases("unknown_account", 1)[0].Text("id")
	w.Call(w.Admin, "POST", path+"/resolve", object{"action": "assign", "stall_id": stall, "reason": "tài khoản cũ"},
		200)
	w.Call(w.Key("admin", ""), "POST", path+"/resolve", object{
		"action": "assign", "stall_id": stall,
		"reason": "tài khoản cũ",
	}, 200)
	w.Accept(c, transfer{ID: 4, Account: "2222222", Memo: foreign, Amount: 9000, Date: "2026-11-20 08:00:00"})
	w.Call(w.Admin, "PATCH", "/api/v1/merchants/"+w.Call(w.Admin, "GET", "/api/v1/stalls/"+stall, nil, 200).Text(
		"merchant.id"),
		object{"household_name": "Hộ kinh doanh Lan Hải Sản", "tax_code": "4201234567"}, 200)
	key = w.Key("merchant", "stall:"+stall)
	for _, e := range w.Call(key, "GET", bookPath+"?from=2026-11-01&to=2026-11-30", nil, 200).List("entries") {
		paid = append(paid, e.Text("id"))
	}
	theirs = w.Call(w.Admin, "GET", "/api/v1/stalls/"+other+"/payments", nil, 200).Items()[0].Text("id")
	w.Call(w.Admin, "POST", path+"/reopen", object{"reason": "nhầm sạp"}, 200)
	return key, paid, theirs
}

// TestTheOwnersWordMakesTheBook decides receipts, enters cash, takes some back, and reads the
// documents of it.
func TestTheOwnersWordMakesTheBook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, paid, theirs := newKeeper(w)
	const november = "?from=2026-11-01&to=2026-11-30"
	read := func() object { return w.Call(key, "GET", bookPath+november, nil, 200) }
	b := read()
	if len(paid) != 3 || len(b.List("entries")) != 4 || b.Text("total") != "0" || b.Text("undecided.count") != "2" ||
		b.Text("undecided.amount") != "165000" {
		t.Fatalf("before any word the book is %v", b)
	}
	if b.Text("household") != "Hộ kinh doanh Lan Hải Sản" || b.Text("tax_code") != "4201234567" ||
		!strings.Contains(b.Text("place"), "Sạp A1, Chợ CHODAM") || !strings.Contains(b.Text("address"), "Chợ CHODAM") {
		t.Errorf("its head is %v", b)
	}
	decide := func(ids []string, turnover bool, want int) {
		t.Helper()
		w.Call(key, "PUT", bookPath+"/receipts", object{"payments": ids, "turnover": turnover}, want)
	}
	decide([]string{theirs}, true, 404)
	decide([]string{paid[0], theirs}, true, 404) // whole or not at all
	decide([]string{"no id"}, true, 404)
	decide([]string{}, true, 422)
	decide([]string{b.List("entries")[3].Text("id")}, true, 404) // a reversal follows what it takes back
	if b := read(); b.Text("total") != "0" {
		t.Errorf("after refusals the total is %s", b.Text("total"))
	}
	waiting := w.Call(key, "GET", bookPath+november+"&undecided=true", nil, 200).List("entries")
	if len(waiting) != 2 || waiting[0].Text("id") != paid[0] || waiting[1].Text("id") != paid[1] {
		t.Errorf("what waits for a word is %v", waiting)
	}
	decide(paid, true, 204)
	decide(paid, true, 204)
	if waiting = w.Call(key, "GET", bookPath+november+"&undecided=true", nil, 200).List("entries"); len(waiting) != 0 {
		t.Errorf("after a word %v still waits", waiting)
	}
	decide(paid[1:2], false, 204)
	for _, cash := range []object{
		{"day": "2026-11-19", "text": "=HYPERLINK(\"http://x\")  bán\tlẻ", "amount": "20000"},
		{"day": "2026-11-19", "text": "ghi nhầm (\\) 🐟", "amount": "1"},
	} {
		w.Call(key, "POST", bookPath+"/cash", cash, 201)
	}
	wrong := read().List("entries")
	w.Call(key, "DELETE", bookPath+"/cash/"+wrong[3].Text("id"), nil, 204)
	w.Call(key, "DELETE", bookPath+"/cash/"+wrong[3].Text("id"), nil, 404)
	w.Call(key, "DELETE", bookPath+"/cash/"+paid[0], nil, 404)
	w.Call(w.Key("merchant", "stall:"+w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil,
		200).Items()[1].Text("id")), "DELETE", bookPath+"/cash/"+wrong[2].Text("id"), nil, 404)

	b = read()
	if b.Text("total") != "65000" || b.Text("undecided.count") != "0" || len(b.List("entries")) != 5 {
		t.Fatalf("the book is %v", b)
	}
	if at := b.Text("threshold.year") + " " + b.Text("threshold.amount") + " " + b.Text("threshold.total") + " " +
		b.Text("threshold.share") + " " + b.Text("threshold.level"); at != "2026 1000000000 65000 0.0000 none" {
		t.Errorf("the gauge says %s", at)
	}
	first := w.Call(key, "GET", bookPath+november+"&limit=2", nil, 200)
	second := w.Call(key, "GET", bookPath+november+"&limit=2&after="+first.Text("next"), nil, 200)
	if len(first.List("entries")) != 2 || len(second.List("entries")) != 2 ||
		second.List("entries")[0].Text("id") == first.List("entries")[1].Text("id") || second.Text("total") != "65000" {
		t.Errorf("pages %v, %v", first, second)
	}
	if day := w.Call(key, "GET", bookPath+"?from=2026-11-18&to=2026-11-18", nil, 200); day.Text("total") != "45000" {
		t.Errorf("one day is %v", day)
	}
	w.checkSameAnswer(key, november, b)
}

// checkSameAnswer opens the documents in other programs, and compares them with the book of the API.
func (w *world) checkSameAnswer(key, query string, b object) {
	w.T.Helper()
	dir := w.T.TempDir()
	if shots := os.Getenv("SHOTS"); shots != "" {
		dir = shots
	}
	book, printed := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "book.pdf")
	must(w.T, os.WriteFile(book, w.download(key, bookPath+".xlsx"+query), 0o600))
	must(w.T, os.WriteFile(printed, w.download(key, bookPath+".pdf"+query), 0o600))
	office := exec.CommandContext(w.T.Context(), "soffice", "-env:UserInstallation=file://"+w.T.TempDir(), "--headless",
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false", "--outdir", dir, book)
	if out, err := office.CombinedOutput(); err != nil {
		w.T.Fatalf("soffice: %v %s", err, out)
	}
	file, err := os.Open(filepath.Join(dir, "book.csv"))
	must(w.T, err)
	defer file.Close()
	table := csv.NewReader(file)
	table.FieldsPerRecord = -1
	rows, err := table.ReadAll()
	must(w.T, err)
	text, err := exec.CommandContext(w.T.Context(), "pdftotext", "-layout", printed, "-").Output()
	must(w.T, err)
	begin := 0
	for i, row := range rows {
		if row[0] == "A" && row[1] == "B" && row[2] == "1" {
			begin = i + 1
		}
	}
	n := 0
	for _, e := range b.List("entries") {
		if e["turnover"] != true {
			continue
		}
		row := rows[begin+n]
		row[2] = strings.ReplaceAll(row[2], ",", "") // #,##0
		n++
		day := strings.Split(e.Text("day"), "-")
		if row[0] != day[2]+"/"+day[1]+"/"+day[0] || !strings.Contains(row[1], e.Text("text")) ||
			row[2] != e.Text("amount") {
			w.T.Errorf("LibreOffice reads %q, the API says %v", row, e)
		}
	}
	if total := rows[begin+n]; begin == 0 || total[1] != "Tổng cộng" || strings.ReplaceAll(total[2], ",", "") != b.Text(
		"total") {
		w.T.Errorf("LibreOffice reads the total %q", rows[begin+n])
	}
	sheet, whole := fmt.Sprint(rows), strings.Join(strings.Fields(string(text)), " ")
	for _, words := range []string{
		"Mẫu số S1a-HKD", "Thông tư số 152/2025/TT-BTC", "SỔ DOANH THU BÁN HÀNG HÓA, DỊCH VỤ", "Hộ kinh doanh Lan Hải",
		"Mã số thuế: 4201234567",
		"Đơn vị tính: đồng", "Ngày tháng", "Diễn giải", "Số tiền", "Tổng cộng", "NGƯỜI ĐẠI DIỆN HỘ KINH DOANH",
	} {
		if !strings.Contains(sheet, words) {
			w.T.Errorf("%q is not in the workbook", words)
		}
		if !strings.Contains(whole, words) {
			w.T.Errorf("%q is not in the PDF: %s", words, whole)
		}
	}
}

// TestBookIsClosedToOthers calls as every other role, and sends entries that are not valid.
func TestBookIsClosedToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	for _, role := range roles.Roles() {
		if role == roles.Merchant {
			continue
		}
		for _, ending := range []string{"", ".pdf", ".xlsx"} {
			w.Call(w.Key(role, ""), "GET", bookPath+ending, nil, 403)
		}
	}
	key := w.Key("merchant", "stall:"+stall)
	for _, ending := range []string{".pdf", ".xlsx"} {
		webtest.CheckIndependentReaders(
			t,
			w.Server.Config.Handler,
			bookPath+ending,
			key,
			w.Key("merchant", "stall:"+stall),
		)
	}
	tomorrow := time.Now().Add(36 * time.Hour).Format(time.DateOnly)
	for _, bad := range []object{
		{"day": tomorrow, "text": "x", "amount": "1"},
		{"day": "2026-02-30", "text": "x", "amount": "1"},
		{"day": "2019-01-01", "text": "x", "amount": "1"},
		{"day": "2026-11-01", "text": "x", "amount": "0"},
		{"day": "2026-11-01", "text": "x", "amount": "-5"},
		{"day": "2026-11-01", "text": "x", "amount": "12345678901234"},
		{"day": "2026-11-01", "text": "x", "amount": "1.5"},
		{"day": "2026-11-01", "text": " \u0000 ", "amount": "1"},
		{"day": "2026-11-01", "text": strings.Repeat("x", 201), "amount": "1"},
	} {
		w.Call(key, "POST", bookPath+"/cash", bad, 422)
	}
	for _, bad := range []string{
		"?from=2026-11-02&to=2026-11-01", "?from=2020-01-01&to=2026-01-01", "?from=x",
		"?to=0001-01-01",
	} {
		w.Call(key, "GET", bookPath+bad, nil, 422)
		if status := w.Send(key, "GET", bookPath+".pdf"+bad, nil).Code; status != 422 {
			t.Errorf("%s is answered %d", bad, status)
		}
	}
	w.Call(key, "POST", bookPath+"/cash", object{
		"day":  bizday.DayOf(time.Now()),
		"text": "bán sỉ", "amount": "700000000",
	}, 201)
	if b := w.Call(key, "GET", bookPath, nil, 200); b.Text("threshold.level") != "70" ||
		b.Text("threshold.share") != "0.7000" {
		t.Errorf("the gauge says %v", b.At("threshold"))
	}
	if b := w.Call(key, "GET", bookPath+"?from=2025-01-01&to=2025-12-31", nil, 200); b.At("threshold") != nil {
		t.Errorf("of 2025 the gauge says %v", b.At("threshold"))
	}
}

// TestABookOfTenThousandReceipts is whole in its documents, and in pages through the API.
func TestABookOfTenThousandReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, memo := w.Stall(w.Market, "A1", "970422", "1111111")
	w.Accept(c, transfer{ID: 1, Account: "1111111", Memo: memo, Amount: 1000})
	w.Grow(10_000)
	w.Exec(`INSERT INTO book_decisions SELECT p.id, t.merchant_id, true, (SELECT id FROM actors
		LIMIT 1), now() FROM payments p JOIN ledger_accounts l ON l.id = p.credit_account
		JOIN tenancies t ON t.id = l.tenancy_id`)
	key := w.Key("merchant", "stall:"+stall)
	began := time.Now()
	b := w.Call(key, "GET", bookPath+"?from=2026-01-01", nil, 200)
	t.Logf("a page in %v", time.Since(began))
	if b.Text("total") != "10001000" || len(b.List("entries")) != 50 || b.At("next") == nil {
		t.Errorf("%d entries of a total of %s", len(b.List("entries")), b.Text("total"))
	}
	for _, ending := range []string{".pdf", ".xlsx"} {
		began := time.Now()
		raw := w.download(key, bookPath+ending+"?from=2026-01-01")
		t.Logf("%s: %d bytes in %v", ending, len(raw), time.Since(began))
	}
	printed := filepath.Join(t.TempDir(), "book.pdf")
	must(t, os.WriteFile(printed, w.download(key, bookPath+".pdf?from=2026-01-01"), 0o600))
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", printed, "-").Output()
	must(t, err)
	if n := strings.Count(string(text), "Thu chuyển khoản"); n != 10_001 || !strings.Contains(string(text),
		"10.001.000") {
		t.Errorf("the PDF has %d lines", n)
	}
}
