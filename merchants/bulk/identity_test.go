package bulk_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"market40/merchants/registertest"
	"market40/merchants/roster"
)

// The database and the reader of lists compare stall numbers by one rule.
func TestStallNumberKeysAgree(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		numbers := rapid.SliceOfN(
			rapid.StringOfN(rapid.SampledFrom(
				[]rune(
					"aAzZ0019ÔôĐđÐỹỸ -._/–\u00a0\u200b\u00ad\ufeff①Ａﬁ̂Ⅱ'#’\"+*²₂^`´+oaeuyOAUYàòÀẢẻỳ\u0300\u0323\u0306~«・⁄➖\u2800\uffa0\U000E0031ƉɖАΑοрΗ",
				),
			), 1, 9, 40), 40, 40).Draw(rt, "numbers")
		rows, err := w.DB.Pool.Query(t.Context(), `SELECT n, stall_number_key(n) FROM unnest($1::text[]) n`, numbers)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var number, key string
			must(t, rows.Scan(&number, &key))
			if want := roster.NumberKey(number); key != want {
				rt.Fatalf("%q (%+q): the database says %q, the reader %q", number, number, key, want)
			}
		}
	})
}

func TestOneStallNumberIsOneStall(t *testing.T) {
	w := newWorld(t)
	stalls := "/api/v1/markets/" + w.Market + "/stalls"
	for _, number := range []string{"A 01", "1-12", "11-2", "Ô-1", "Hoà 1", "Đ1"} {
		w.Call(w.Admin, "POST", stalls, object{"number": number}, 201)
	}
	for _, number := range []string{
		"A01", "a 1", "A-01", "A\u00a001", "1.12", "11/2", "ô1", "Ô\u200b-1", "O\u0302-1",
		"Hòa 1", "Ɖ1", "А1", "A・1", "A\U000E0031\u28001",
	} {
		w.Refuse(w.Admin, "POST", stalls, object{"number": number}, 409, "number_in_use")
	}
	for _, number := range []string{"112", "A1'", "A1+", "A1*", "A²", "A2"} {
		w.Call(w.Admin, "POST", stalls, object{"number": number}, 201)
	}
	w.Refuse(w.Admin, "POST", stalls, object{"number": "a-01’"}, 409, "number_in_use")
	for asked, want := range map[string]string{
		"a-01’": "A1'", "a.1": "A 01", "1/12": "1-12", "11.2": "11-2",
		"112": "112", "A^2": "A²", "1'": "",
	} {
		found := w.Call(w.Admin, "GET", stalls+"?number="+url.QueryEscape(asked), nil, 200).Items()
		if len(found) > 1 || len(found) == 0 && want != "" || len(found) == 1 && found[0].Text("number") != want {
			t.Errorf("%q finds %v, want %q", asked, found, want)
		}
	}
	other := w.Call(w.Admin, "POST", stalls, object{"number": "C3"}, 201)
	w.Refuse(w.Admin, "PATCH", "/api/v1/stalls/"+other.Text("id"), object{"number": "a.1"}, 409, "number_in_use")
	if o := w.Call(w.Admin, "PATCH", "/api/v1/stalls/"+other.Text("id"), object{"number": "C 03"}, 200); o.Text(
		"number") != "C 03" {
		t.Errorf("the printed form is %q", o.Text("number"))
	}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() { w.Send(w.Admin, "POST", stalls, object{"number": []string{"D 07", "d7", "D-7", "D.07"}[i]}) })
	}
	wait.Wait()
	found := 0
	for _, s := range w.Call(w.Admin, "GET", stalls, nil, 200).Items() {
		if roster.NumberKey(s.Text("number")) == "d7" {
			found++
		}
	}
	if found != 1 {
		t.Errorf("four spellings at once made %d stalls", found)
	}
}

func TestAListNamesStallsHoweverSpelled(t *testing.T) {
	w := newWorld(t)
	const list = "Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản\nK 01,Nguyễn Thị Mận,0906000001,VCB,0061000700001\n"
	w.UploadList(w.Admin, "", "a.csv", list, 200)
	again := w.UploadList(w.Admin, "", "a.csv", strings.NewReplacer("K 01", "k-1", "Nguyễn Thị Mận",
		"Nguyen Thi Man").Replace(list), 200)
	if again.Text("unchanged") != "1" || again.Text("created") != "0" ||
		again.Text("warnings.0.code") != "number_spelling" || again.Text("warnings.0.row") != "2" ||
		again.Text("warnings.0.column") != "A" {
		t.Errorf("the stall spelled otherwise: %v", again)
	}
	twice := w.UploadList(w.Admin, "", "a.csv", list+"K01,Ai,0906000002,,\n", 422)
	if twice.Text("errors.0.code") != "duplicate_number" || twice.Text("errors.0.row") != "3" ||
		twice.Text("errors.0.field") != "number" {
		t.Errorf("one number twice in a list: %v", twice)
	}
}

func TestOnePhoneDoesNotMakeOnePerson(t *testing.T) {
	w := newWorld(t)
	const first, second = "Sạp số,Họ tên,SĐT\nP1,Nguyễn Văn Chanh,0906000011\n",
		"Sạp số,Họ tên,SĐT\nP2,Trần Thị Bưởi,+84 (0) 906 000 011\n"
	w.UploadList(w.Admin, "", "a.csv", first, 200)
	refused := w.UploadList(w.Admin, "", "b.csv", second, 422)
	if refused.Text("errors.0.code") != "phone_of_another" || refused.Text("errors.0.column") != "C" ||
		!strings.Contains(refused.Text("errors.0.detail"), "Nguyễn Văn Chanh") {
		t.Errorf("a second name on a known phone: %v", refused)
	}
	w.UploadList(w.Admin, "?another_person=2", "b.csv", second, 200)
	if again := w.UploadList(w.Admin, "", "b.csv", second, 200); again.Text("unchanged") != "1" {
		t.Errorf("the same list again: %v", again)
	}
	stalls := "/api/v1/markets/" + w.Market + "/stalls"
	order := func(number, name, known string) object {
		m := object{"full_name": name, "phone": "0084906000011"}
		if known != "" {
			m["known_phone"] = known
		}
		return object{"number": number, "merchant": m}
	}
	w.Refuse(w.Admin, "POST", stalls, order("P3", "Lê Văn Quýt", ""), 409, "phone_of_another")
	third := w.UploadList(w.Admin, "?same_person=2", "e.csv", "Sạp số,Họ tên,SĐT\nP3,Lê Văn Quýt,0906000011\n", 422)
	if detail := third.Text("errors.0.detail"); third.Text("errors.0.code") != "phone_of_another" ||
		!strings.Contains(detail, "Nguyễn Văn Chanh, Trần Thị Bưởi") ||
		!strings.Contains(detail, "đúng như đã đăng ký") {
		t.Errorf("the same person as one of two: %v", third)
	}
	if detail := w.Call(w.Admin, "POST", stalls, order("P3", "Lê Văn Quýt", "same_person"), 409).Text(
		"errors.0.detail"); !strings.Contains(detail, "merchant.id") {
		t.Errorf("the same person as one of two is answered %q", detail)
	}
	known := w.Call(w.Admin, "POST", stalls, order("P4", "TRAN THI  BUOI", ""), 201)
	fresh := w.Call(w.Admin, "POST", stalls, order("P5", "Lê Văn Quýt", "another_person"), 201)
	if known.Text("merchant.full_name") != "Trần Thị Bưởi" || fresh.Text("merchant.full_name") != "Lê Văn Quýt" ||
		fresh.Text("merchant.phone") != "0906000011" {
		t.Errorf("got %v and %v", known, fresh)
	}
	// a tone makes another person
	w.Refuse(w.Admin, "POST", stalls, order("P3", "Trần Thị Bưỡi", ""), 409, "phone_of_another")
	w.Call(w.Admin, "POST", stalls, order("P3", "Trần Thị Bưỡi", "another_person"), 201)
	w.Refuse(w.Admin, "POST", stalls, order("P10", "Tran Thi Buoi", ""), 409, "phone_of_another") // which of the two?
	both := w.UploadList(w.Admin, "?dry_run=true", "c.csv",
		"Sạp số,Họ tên,SĐT\nP6,Vợ Một,0906000012\nP7,Chồng Một,0906000012\n", 200)
	if detail := both.Text("errors.0.detail"); both.Text("errors.0.code") != "phone_repeated" ||
		!strings.Contains(detail, "Vợ Một ở dòng 2") || !strings.Contains(detail, "Chồng Một") {
		t.Errorf("two names in one list: %v", both)
	}
	w.UploadList(w.Admin, "?another_person=3", "c.csv",
		"Sạp số,Họ tên,SĐT\nP6,Vợ Một,0906000012\nP7,Chồng Một,0906000012\n", 200)
	w.UploadList(w.Admin, "?another_person=x", "c.csv", first, 422)
	w.UploadList(w.Admin, "?same_person=2", "d.csv", "Sạp số,Họ tên,SĐT\nP8,Mít Ướt,0906000013\n", 200)
	same := w.UploadList(w.Admin, "?same_person=2", "d.csv", "Sạp số,Họ tên,SĐT\nP9,Trần Mít,0906000013\n", 200)
	if detail := same.Text("warnings.0.detail"); same.Text("created") != "1" ||
		same.Text("warnings.0.code") != "name_dropped" || same.Text("warnings.0.column") != "B" ||
		!strings.Contains(detail, "Sạp ghi cho Mít Ướt") || !strings.Contains(detail, "Trần Mít") {
		t.Errorf("the same person by another name: %v", same)
	}
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			w.Send(w.Admin, "POST", stalls,
				object{"number": fmt.Sprint("Q", i), "merchant": object{"full_name": []string{
					"Cam", "Táo",
					"Lê", "Ổi",
				}[i], "phone": "0906000014"}})
		})
	}
	wait.Wait()
	var people int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM merchants WHERE phone_index = $1`,
		w.Keys.Index("phone", "0906000014")).Scan(&people))
	if people != 1 {
		t.Errorf("four names at once on one phone made %d people", people)
	}
}

func TestAccountsAndNamesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	stalls := "/api/v1/markets/" + w.Market + "/stalls"
	order := func(number, bin, account, name string) object {
		holder := "Hoa" // one field at fault at a time
		if strings.HasPrefix(name, "Y ") {
			holder = name
		}
		return object{
			"number": number, "merchant": object{"full_name": name, "phone": "0906000021"},
			"account": object{
				"bank_bin": bin, "account_number": account, "holder_name": holder,
				"holder_kind": "ca_nhan",
			},
		}
	}
	for _, c := range []struct{ bin, account, name, code string }{
		{"970436", "VCB0071000999001", "Hoa", "account_form"},
		{"970436", "STK 0071000999001", "Hoa", "account_form"},
		{"970436", "0071000999001VCB", "Hoa", "account_form"},
		{"971025", "0906000021", "Hoa", "wallet_not_bank"},
		{"971005", "0906000021", "Hoa", "wallet_not_bank"},
		{"971011", "0906000021", "Hoa", "wallet_not_bank"},
		{"970454", "99ZP24001M12345", "Hoa", "wallet_not_bank"},
		{"970423", "Lan An Nguyen", "Hoa", "account_form"},
		{"970423", "khong biet", "Hoa", "account_form"},
		{"970436", "0071000999001", "NguyÔn ThÞ Hoa", "text_encoding"},
		{
			"970436", "0071000999001",
			"Nguyeãn Thò Hoàøng", "text_encoding",
		},
		{"970436", "0071000999001", "Tráº§n VÄƒn TÃ½", "text_encoding"},
		{"970436", "0071000999001", "Nguy&#7877;n Thị Hoa", "text_encoding"},
		{
			"970436", "0071000999001",
			"Nguy?n Thị Hoa", "letters_lost",
		},
		{"970436", "0071000999001", "\ufeff", "no_letters"},
		{"970436", "0071000999001", "' .", "no_letters"},
	} {
		w.Refuse(w.Admin, "POST", stalls, order("R1", c.bin, c.account, c.name), 422, c.code)
	}
	for _, number := range []string{"\ufeff", "+", "''"} {
		w.Refuse(w.Admin, "POST", stalls, object{"number": number}, 422, "no_letters")
	}
	// could be a name: the holder's says that it is TCVN3's Tú
	short := order("R1", "970436", "0071000999001", "Kha Tó")
	short["account"].(object)["holder_name"] = "KHA TU"
	if f := w.Call(w.Admin, "POST", stalls, short, 422); f.Text("code") != "text_encoding" ||
		f.Text("errors.0.field") != "merchant.full_name" {
		t.Errorf("a name of TCVN3 beside the holder's is answered %v", f)
	}
	made := w.Call(w.Admin, "POST", stalls, order("R1", "970436", "0071000999001", "Y Ƀhăm Ðức"), 201)
	if payload := made.Text("code.payload"); !strings.Contains(payload, "Y Bham Duc") {
		t.Errorf("the payload is %q", payload)
	}
	at := "/api/v1/stalls/" + made.Text("id")
	w.Refuse(w.Admin, "POST", at+"/accounts", object{
		"bank_bin": "971025", "account_number": "0906000021",
		"holder_name": "Hoa",
	}, 422, "wallet_not_bank")
	w.Refuse(w.Admin, "PATCH", at, object{"zone": "Khu hµng c¸"}, 422, "text_encoding")

	// An account that was registered before its form was checked has no code any more.
	account := made.Text("accounts.0.id")
	_, err := w.DB.Pool.Exec(t.Context(), `UPDATE accounts SET bank_bin = '971025' WHERE id = $1`, account)
	must(t, err)
	if o := w.Call(w.Admin, "GET", at, nil, 200); o.Text("code.payload") != "" && o.Text("code.payload") != "null" &&
		o.Text("code.payload") != "<nil>" {
		t.Errorf("a wallet's account still has the payload %q", o.Text("code.payload"))
	}
	w.Refuse(w.Admin, "POST", at+"/codes", object{}, 409, "wallet_not_bank")
	page := string(w.Fetch("", "/q/"+made.Text("code.code"), 200))
	if !strings.Contains(page, "ví điện tử, không phải ngân hàng") || strings.Contains(page, "Mã chính thức") ||
		strings.Contains(page, "Tạo mã có số tiền") {
		t.Errorf("the page of a wallet's old code says %s", page)
	}
	_, err = w.DB.Pool.Exec(t.Context(), `UPDATE accounts SET bank_bin = '970422', number = $2 WHERE id = $1`, account,
		w.Seal("accounts", "number", account, "VQRQ-1"))
	must(t, err)
	if page = string(w.Fetch("", "/q/"+made.Text("code.code"), 200)); !strings.Contains(page,
		"Số tài khoản này chưa đúng") || strings.Contains(page, "ví điện tử") {
		t.Errorf("the page of an old account that is none says %s", page)
	}
}

func TestBareNumbersAreConfirmed(t *testing.T) {
	w := newWorld(t)
	file := sheetOfNumbers(t)
	dry := w.UploadList(w.Admin, "?dry_run=true", "a.xlsx", file, 200)
	if dry.Text("warnings.0.code") != "zeros_lost" || dry.Text("warnings.0.column") != "E" ||
		dry.Text("warnings.0.row") != "2" || dry.Text("created") != "1" {
		t.Errorf("the dry run says %v", dry)
	}
	refused := w.UploadList(w.Admin, "", "a.xlsx", file, 422)
	if refused.Text("code") != "not_confirmed" || refused.Text("applied") != "false" ||
		refused.Text("warnings.0.code") != "zeros_lost" {
		t.Errorf("without a yes: %v", refused)
	}
	w.UploadList(w.Admin, "?confirm=everything", "a.xlsx", file, 422)
	if done := w.UploadList(w.Admin, "?confirm=zeros_lost", "a.xlsx", file, 200); done.Text("applied") != "true" ||
		done.Text("created") != "1" {
		t.Errorf("with a yes: %v", done)
	}
	const letters = "Sạp số,Họ tên,Ngân hàng,STK\nN2,Lý Thị Chữ,TPBank,lychubvh\n"
	if done := w.UploadList(w.Admin, "", "a.csv", letters, 200); done.Text("created") != "1" ||
		done.Text("warnings.0.code") != "account_letters" {
		t.Errorf("letters: %v", done)
	}
}

func TestAListWithoutDatesLeavesThePast(t *testing.T) {
	w := newWorld(t)
	const old = "Sạp số,Họ tên,SĐT\nT1,Nguyễn Thị Cũ,0906000031\n"
	if first := w.UploadList(w.Admin, "?dry_run=true", "a.csv", old, 200); first.Text("since") != "" {
		t.Errorf("a market without payments begins %q", first.Text("since"))
	}
	w.UploadList(w.Admin, "", "a.csv", old, 200)
	_, err := w.DB.Pool.Exec(t.Context(), `INSERT INTO stall_days (tenancy_id, day, market_id, payments, amount)
		SELECT id, '2026-06-15', market_id, 1, 1000 FROM tenancies`)
	must(t, err)
	const more = "Sạp số,Họ tên,SĐT,Từ ngày\nT2,Trần Thị Mới,0906000032,\nT3,Lê Thị Ngày,0906000033,01/09/2026\n"
	dry := w.UploadList(w.Admin, "?dry_run=true", "a.csv", more, 200)
	if dry.Text("since") != "2026-11-22" || dry.Text("past.months") != "3" || dry.Text("past.from") != "1" ||
		dry.Text("past.to") != "2" {
		t.Errorf("by the day of import: since %s, past %v", dry.Text("since"), dry)
	}
	before := w.UploadList(w.Admin, "?dry_run=true&since=before_records", "a.csv", more, 200)
	if before.Text("since") != "" || before.Text("past.to") != "3" || before.Text("past.months") == "3" {
		t.Errorf("from before our records: %v", before)
	}
	w.UploadList(w.Admin, "?since=2026-13-01", "a.csv", more, 422)
	w.UploadList(w.Admin, "", "a.csv", more, 200)
	for _, s := range w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200).Items() {
		want := map[string]string{"T1": "", "T2": registertest.Noon.Format(time.RFC3339), "T3": "2026-08-31T17:00:00Z"}[s.Text(
			"number")]
		at, _ := time.Parse(time.RFC3339, s.Text("tenancy.since"))
		if got := at.UTC().Format(time.RFC3339); got != want && want != "" || want == "" &&
			s.At("tenancy.since") != nil {
			t.Errorf("stall %s: since %s, want %q", s.Text("number"), s.Text("tenancy.since"), want)
		}
	}
}

// A workbook with a sheet for each zone is one list: its notes and the choices of phones name the
// sheet.
func TestEverySheetIsImported(t *testing.T) {
	w := newWorld(t)
	w.UploadList(w.Admin, "", "a.csv", "Sạp số,Họ tên,SĐT\nK1,Lê Thị Khu,0906000051\n", 200)
	file := workbook(t, map[string]map[string]any{
		"Bìa": {"A1": "BAN QUẢN LÝ"},
		"Khu A": {
			"A1": "Sạp số", "B1": "Họ tên", "C1": "SĐT", "A2": "A1", "B2": "Đỗ Một", "C2": "0906000052",
			"A3": "Tổng cộng",
		},
		"Khu B, C": {"A1": "Sạp số", "B1": "SĐT", "C1": "Họ tên", "A2": "B1", "B2": "0906000051", "C2": "Trần Hai"},
	})
	dry := w.UploadList(w.Admin, "?dry_run=true", "a.xlsx", file, 200)
	if dry.Text("created") != "1" || dry.Text("faulty") != "1" || dry.Text("rows.1.sheet") != "Khu B, C" ||
		dry.Text("errors.0.sheet") != "Khu B, C" ||
		dry.Text("errors.0.code") != "phone_of_another" || dry.Text("errors.0.column") != "B" ||
		dry.Text("skipped.0") != "3" {
		t.Errorf("the dry run says %v", dry)
	}
	if dry.Text("sheets.0.name") != "Khu A" || dry.Text("sheets.0.rows") != "1" || dry.Text("sheets.0.unread") != "" ||
		dry.Text("sheets.2.name") != "Bìa" || dry.Text("sheets.2.unread") == "" {
		t.Errorf("of its sheets the dry run says %v", dry.At("sheets"))
	}
	w.UploadList(w.Admin, "?another_person=2", "a.xlsx", file, 422) // of which sheet?
	w.UploadList(w.Admin, "?another_person="+url.QueryEscape("Khu A!2"), "a.xlsx", file, 422)
	if done := w.UploadList(w.Admin, "?another_person="+url.QueryEscape("Khu B, C!2"), "a.xlsx", file, 200); done.Text(
		"created") != "2" || done.Text("applied") != "true" {
		t.Errorf("the import says %v", done)
	}
}

// sheetOfNumbers is a list with an account as a bare number.
func sheetOfNumbers(t *testing.T) string {
	t.Helper()
	return workbook(t, map[string]map[string]any{"Sheet1": {
		"A1": "Sạp số", "B1": "Họ tên", "C1": "SĐT", "D1": "Ngân hàng", "E1": "Số tài khoản", "A2": "N1",
		"B2": "Đỗ Thị Số", "C2": 906000041, "D2": "VCB", "E2": 61000900001,
	}})
}

// workbook is an XLSX file with cells in sheets, by the sheets' names.
func workbook(t *testing.T, sheets map[string]map[string]any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for _, name := range slices.Sorted(maps.Keys(sheets)) {
		_, err := f.NewSheet(name)
		must(t, err)
		for cell, value := range sheets[name] {
			must(t, f.SetCellValue(name, cell, value))
		}
	}
	var file bytes.Buffer
	must(t, f.Write(&file))
	return file.String()
}
