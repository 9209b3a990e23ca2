package field_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"market40/merchants/platform/bizday"
)

// book returns an XLSX file as another program would write it, with a title above the header.
func book(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	must(t, f.SetCellValue("Sheet1", "A1", "BAN QUẢN LÝ CHỢ ĐẦM"))
	for i, row := range rows {
		must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+2), &row))
	}
	var out bytes.Buffer
	must(t, f.Write(&out))
	return out.Bytes()
}

func TestListsOfEachKindAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	costs := w.campaign()
	training := "/api/v1/trainings/" + w.Call(w.team, "POST", w.at+"/trainings", object{
		"held_on": "2026-11-12",
		"topic":   "x",
	}, 201).Text("id") + "/attendances"
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, path string
		file       []byte
		want       []map[string]string // newest first
	}{
		{
			"a.csv", w.at + "/visits",
			[]byte("SỔ HỖ TRỢ\nSTT;Số sạp;Ngày;Kết quả;Ghi chú\n1;A-1;20/11/2026 8h30;Đã hỗ trợ;\n2;A-2;03/04/2026;vắng;đóng sạp\nTổng cộng;2;;;\n;;;;Người lập\n"),
			[]map[string]string{
				{"visited_at": "2026-11-20T08:30:00+07:00", "outcome": "helped", "stall_number": "A-1"},
				{"visited_at": "2026-04-03T00:00:00+07:00", "outcome": "absent", "merchant_name": "Nguyễn Thị Hoa"},
			},
		},
		{"a.xlsx", w.at + "/visits", book(t, []any{"Sạp", "Ngày giờ", "Kết quả"},
			[]any{"A-1", day.Add(14*time.Hour + 5*time.Minute), "Từ chối"}), []map[string]string{
			{"visited_at": "2026-11-20T08:30:00+07:00"}, {
				"visited_at": "2026-11-03T14:05:00+07:00",
				"outcome":    "refused",
			}, {"outcome": "absent"},
		}},
		{"a.xlsx", w.at + "/trainings", book(t, []any{"Ngày tập huấn", "Chủ đề", "Giảng viên"},
			[]any{day, "An toàn", "Lan"}), []map[string]string{{"topic": "x"}, {
			"held_on": "2026-11-03",
			"trainer": "Lan",
		}}},
		{"a.csv", training, []byte("Số sạp\nA-1\nA-2\n"), []map[string]string{{}, {}}},
		{
			"a.csv", w.at + "/fees",
			[]byte("Tháng,Phải thu,Đã thu,Thu qua chuyển khoản\n10/2026,\"125.000.000 đ\",\"118,000,000\",64000000\n9/2026,1.000,\"900,00\",0\n"),
			[]map[string]string{
				{"month": "2026-10", "due": "125000000", "paid": "118000000", "paid_by_transfer": "64000000"},
				{"month": "2026-09", "due": "1000", "paid": "900"},
			},
		},
		{"a.xlsx", w.at + "/fees", book(t, []any{"Kỳ", "Số phải thu", "Thực thu", "Chuyển khoản"},
			[]any{time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), 125000000, 118000000, 64000000}), []map[string]string{
			{"month": "2026-10"}, {"month": "2026-09"}, {"month": "2026-08", "due": "125000000"},
		}},
		{
			"a.csv", w.at + "/declared-shares",
			[]byte("Sạp số,Ngày hỏi,Khách chuyển khoản\nA-1,20/11/2026,6\nA-2,2026-11-19,0\n"),
			[]map[string]string{
				{"customers": "10", "transfers": "6"},
				{"transfers": "0", "merchant_name": "Trần Thị Lan"},
			},
		},
		{
			"a.csv", w.at + "/survey-answers",
			[]byte("Ngày,Điện thoại thông minh,Sóng,Nhận chuyển khoản,Giới tính,Từ 60 tuổi\n20/11/2026,Có,x,Không,Nữ,\n"),
			[]map[string]string{{"smartphone": "true", "active": "false", "sex": "female", "aged_60": ""}},
		},
		{
			"a.csv", w.at + "/refusals", []byte("Sạp số\tLoại\tLý do\tNgày\nA-1\tRút khỏi\tSợ lừa đảo\t20/11/2026\n"),
			[]map[string]string{{"kind": "withdrawal", "reason": "fraud", "said_on": "2026-11-20"}},
		},
		{
			"a.csv", w.at + "/incidents",
			[]byte("Loại sự cố,Ngày xảy ra,Đóng lúc,Sạp\nMã bị dán đè,20/11/2026 08:00,20/11/2026 10:30,A-1\nchuyển khoản giả,19/11/2026,,\n"),
			[]map[string]string{{"kind": "swapped_code", "stall_number": "A-1", "closed_at": "2026-11-20T10:30:00+07:00"}, {"kind": "fake_transfer", "closed_at": ""}},
		},
		{
			"a.csv", costs, []byte("Mã chợ,Ngày chi,Khoản chi,Số tiền\nchodam,20/11/2026,In bảng mã,1.250.000\n"),
			[]map[string]string{{"market_code": "CHODAM", "amount": "1250000", "purpose": "printing"}},
		},
	} {
		reader := w.admin
		if strings.HasSuffix(tt.path, "/fees") || strings.HasSuffix(tt.path, "/survey-answers") {
			// only the manager sees figures of so few merchants
			reader = w.Key("manager", "market:CHODAM")
		}
		before := len(w.Call(reader, "GET", tt.path, nil, 200).Items())
		dry := w.Upload(w.admin, tt.path+"/import?dry_run=true", tt.name, tt.file, 200)
		if dry.Text("applied") != "false" || dry.Text("dry_run") != "true" || dry.Text("faulty") != "0" ||
			len(w.Call(reader, "GET", tt.path, nil, 200).Items()) != before {
			t.Errorf("%s: the dry run says %v", tt.path, dry)
		}
		done := w.Upload(w.admin, tt.path+"/import", tt.name, tt.file, 200)
		if done.Text("applied") != "true" || done.Text("created") != dry.Text("created") ||
			done.Text("rows.0.action") != "create" {
			t.Errorf("%s: the import says %v", tt.path, done)
		}
		list := w.Call(reader, "GET", tt.path, nil, 200).Items()
		if len(list) != len(tt.want) {
			t.Fatalf("%s lists %v", tt.path, list)
		}
		for i, want := range tt.want {
			for field, value := range want {
				if got := localTime(list[i].Text(field)); got != value {
					t.Errorf("%s %d: %s is %q, want %q", tt.path, i, field, got, value)
				}
			}
		}
	}
}

// localTime returns a time in Vietnam's zone; it returns any other text unchanged.
func localTime(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.In(bizday.Vietnam).Format(time.RFC3339)
}

func TestTheSameListAgainAddsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// two equal rows are two visits of that day
	list := []byte("Số sạp,Ngày,Kết quả\nA-1,20/11/2026,helped\nA-1,20/11/2026,helped\nA-2,20/11/2026,absent\n")
	if first := w.Upload(w.team, w.at+"/visits/import", "a.csv", list, 200); first.Text("created") != "3" {
		t.Errorf("%v", first)
	}
	again := w.Upload(w.admin, w.at+"/visits/import", "b.csv", list, 200)
	if again.Text("created") != "0" || again.Text("unchanged") != "3" || again.Text("rows.2.action") != "unchanged" ||
		w.Count(`SELECT count(*) FROM visits`) != 3 {
		t.Errorf("%v", again)
	}
}

// An upload is accepted once under its key, although each retry has another multipart boundary.
func TestUploadUsesIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := []byte("Ngày,Smartphone,Sóng,Nhận chuyển khoản\n20/11/2026,x,x,x\n")
	at := w.at + "/survey-answers/import"
	w.Upload(w.team, at+"?dry_run=true", "a.csv", list, 200, "Idempotency-Key", "k")
	for range 2 {
		if done := w.Upload(w.team, at, "a.csv", list, 200, "Idempotency-Key", "k"); done.Text("created") != "1" {
			t.Errorf("%v", done)
		}
	}
	if n := w.Count(`SELECT count(*) FROM survey_answers`); n != 1 {
		t.Errorf("%d answers", n)
	}
	if refused := w.Upload(w.team, at, "a.csv", append(list, "21/11/2026,x,x,x\n"...), 409, "Idempotency-Key",
		"k"); refused.Text("code") != "idempotency_key_reused" {
		t.Errorf("%v", refused)
	}
}

func TestFaultyListIsExplainedAndNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	training := "/api/v1/trainings/" + w.Call(w.team, "POST", w.at+"/trainings", object{
		"held_on": "2026-11-12",
		"topic":   "x",
	}, 201).Text("id") + "/attendances"
	w.Call(w.team, "POST", training, object{"stall_number": "A-1"}, 201)
	for _, tt := range []struct {
		path, list string
		faults     []string // by row: "3 visited_at month_first"
	}{
		{w.at + "/visits", "Số sạp,Ngày,Kết quả\nA-1,20/11/2026,helped\nA-1,04/28/2026,helped\nA-9,20/11/2026,tuyệt vời\n,20/11/2026,helped\nA-3,#REF!,helped\nA-1,30/11/2026,helped\n", []string{
			"3 visited_at month_first", "4 outcome unknown_value", "5 stall_number required", "6 visited_at cell_error",
			"7 visited_at in_future",
		}},
		{w.at + "/fees", "Tháng,Phải thu,Đã thu,Chuyển khoản\n10/2026,100,90,95\n10/2026,100,90,50\n9/2026,\"1.234,5\",1,1\n8/2026,1.01E+11,1,1\n7/2026,1.23.4,-5,1\n", []string{
			"2 paid_by_transfer more_than_paid", "3 month month_repeated", "4 due not_whole", "5 due rounded",
			"6 due not_whole", "6 paid not_whole",
		}},
		{
			w.at + "/declared-shares",
			"Sạp số,Ngày,Số khách,Chuyển khoản\nA-1,20/11/2026,5,6\nA-1,19/11/2026,12,6\nA-1,18/11/2026,,\nA-1,17/11/2026,10,3\nA-1,17/11/2026,10,4\n",
			[]string{
				"2 transfers more_than_all", "3 customers out_of_range", "4 transfers out_of_range",
				"6 asked_on asked_already",
			},
		},
		{training, "Số sạp\nA-1\nA-2\nA-2\n", []string{"4 stall_number attended_already"}},
		{
			w.at + "/survey-answers", "Ngày,Smartphone,Sóng,Nhận chuyển khoản\n20/11/2026,có thể,,x\n",
			[]string{"2 smartphone yes_no", "2 signal yes_no"},
		},
	} {
		for _, query := range []string{"?dry_run=true", ""} {
			status := map[string]int{"?dry_run=true": 200, "": 422}[query]
			answer := w.Upload(w.admin, tt.path+"/import"+query, "a.csv", []byte(tt.list), status)
			checkFaults(t, tt.path+query, answer, tt.faults)
		}
	}
	// An attendance list may be uploaded again with people who were missing.
	if longer := w.Upload(w.admin, training+"/import", "a.csv", []byte("Số sạp\nA-1\nA-2\n"), 200); longer.Text(
		"created") != "1" || longer.Text("unchanged") != "1" || longer.Text("rows.0.action") != "unchanged" {
		t.Errorf("a list with one more name: %v", longer)
	}
	for _, table := range []string{"visits", "fee_summaries", "declared_shares", "survey_answers"} {
		if n := w.Count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func checkFaults(t *testing.T, what string, answer object, want []string) {
	t.Helper()
	var got []string
	rows, _ := answer["rows"].([]any)
	for _, row := range rows {
		r, _ := row.(map[string]any)
		faults, _ := r["errors"].([]any)
		for _, fault := range faults {
			f, _ := fault.(map[string]any)
			got = append(got, object(r).Text("line")+" "+object(f).Text("field")+" "+object(f).Text("code"))
			if object(f).Text("detail") == "" {
				t.Errorf("%s: a fault without a sentence: %v", what, f)
			}
		}
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("%s:\n%s, want\n%s", what, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

func TestFilesThatAreNoLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := "Ngày,Nội dung\n" + strings.Repeat("20/11/2026,x\n", 20_001)
	for _, tt := range []struct {
		name   string
		file   []byte
		status int
		code   string
	}{
		{"a.csv", []byte("Ngày,Ghi chú\n20/11/2026,x\n"), 422, "header_missing"},
		{"a.csv", []byte("Ngày,Nội dung\n"), 422, "no_rows"},
		{"a.csv", nil, 422, "header_missing"},
		{"a.csv", []byte(long), 422, "too_many_rows"},
		{"a.csv", []byte("Ngày,Nội dung\n20/11/2026,\xe1\xe0\n"), 422, "encoding_unknown"},
		{"a.xls", []byte("x"), 422, "unsupported_file"},
		{"a.xlsx", []byte("PK\x03\x04"), 422, "file_unreadable"},
		{"a.pdf", []byte("%PDF"), 422, "unsupported_file"},
		{"a.csv", bytes.Repeat([]byte("x"), 6<<20), 413, "too_large"},
	} {
		if refused := w.Upload(w.team, w.at+"/trainings/import", tt.name, tt.file, tt.status); refused.Text(
			"code") != tt.code {
			t.Errorf("%s: %v, want %s", tt.name, refused, tt.code)
		}
	}
	w.Upload(w.team, w.at+"/trainings/import?dry_run=maybe", "a.csv", []byte("Ngày,Nội dung\n20/11/2026,x\n"), 422)
}
