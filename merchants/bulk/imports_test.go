package bulk_test

import (
	"fmt"
	"strings"
	"testing"

	"market40/migrations/database/worldtest"
)

const boardsList = `BAN QUẢN LÝ CHỢ ĐẦM,,,,,,
STT,Sạp số,Họ tên,SĐT,Ngân hàng,Số tài khoản,Ngành hàng
1,A01,Nguyễn Thị Hoa,0905 111 222,Vietcombank,0011001234567,Hải sản
2,A02,Trần Văn Bình,0905111333,970415,113366668888,Rau củ
3,A03,Nguyễn Thị Hoa,0905111222,VCB,0011001234567,Hải sản
4,A04,,,,,
`

func TestABoardsListIsImportedOnce(t *testing.T) {
	w := newWorld(t)
	list := "/api/v1/markets/" + w.Market + "/stalls"
	dry := w.UploadList(w.Admin, "?dry_run=true", "sap.csv", boardsList, 200)
	if dry.Text("dry_run") != "true" || dry.Text("applied") != "false" || dry.Text("created") != "4" ||
		dry.Text("rows.0.action") != "create" {
		t.Errorf("the dry run says %v", dry)
	}
	if n := len(w.Call(w.Admin, "GET", list, nil, 200).Items()); n != 0 {
		t.Fatalf("the dry run wrote %d stalls", n)
	}
	done := w.UploadList(w.Key("manager", "market:CHODAM"), "", "sap.csv", boardsList, 200)
	if done.Text("applied") != "true" || done.Text("created") != "4" || done.Text("faulty") != "0" ||
		done.Text("rows.1.line") != "4" || done.Text("rows.1.number") != "A02" {
		t.Errorf("the import says %v", done)
	}
	stalls := w.Call(w.Admin, "GET", list, nil, 200).Items()
	if len(stalls) != 4 || stalls[0].Text("merchant.phone") != "0905111222" ||
		stalls[0].Text("accounts.0.bank_bin") != "970436" ||
		stalls[0].Text("merchant.id") != stalls[2].Text("merchant.id") || stalls[1].Text("code.payload") == "" ||
		stalls[3].Text("state") != "vacant" {
		t.Errorf("the imported stalls are %v", stalls)
	}
	again := w.UploadList(w.Admin, "", "sap.csv", boardsList, 200)
	if again.Text("created") != "0" || again.Text("unchanged") != "4" || again.Text("rows.3.action") != "unchanged" {
		t.Errorf("the same list again says %v", again)
	}
	if after := w.Call(w.Admin, "GET", list, nil, 200).Items(); after[0].Text("code.code") != stalls[0].Text(
		"code.code") || len(after) != 4 {
		t.Error("the same list again has changed the register")
	}
}

func TestFaultyListIsExplainedAndNotStored(t *testing.T) {
	w := newWorld(t)
	w.Stall("Z9", "888")
	w.UploadList(w.Admin, "", "sap.csv", boardsList, 200)
	faulty := strings.NewReplacer(
		"Trần Văn Bình",
		"Trần Văn Đổi",
		"4,A04,,,,,",
		"4,A05,Lê Một,0905,VCB,77,Hoa\n5,A06,Lê Hai,0905111999,VCB,888,Hoa\n6,A07,Lê Ba,0905111888,VCB,999,Hoa",
	).Replace(boardsList)
	refused := w.UploadList(w.Admin, "", "sap.csv", faulty, 422)
	if refused.Text("code") != "rows_invalid" || refused.Text("applied") != "false" || refused.Text("created") != "0" ||
		refused.Text("status") != "422" {
		t.Errorf("the faulty list is answered %v", refused)
	}
	for row, want := range map[int][3]string{
		0: {"unchanged", "", ""}, 1: {"error", "number", "stall_differs"}, 3: {"error", "phone", "phone_form"},
		4: {"error", "account_number", "account_in_use"}, 5: {"create", "", ""},
	} {
		at := fmt.Sprintf("rows.%d.", row)
		if got := [3]string{
			refused.Text(at + "action"), refused.Text(at + "errors.0.field"),
			refused.Text(at + "errors.0.code"),
		}; got != want {
			t.Errorf("row %d is %v, want %v", row, got, want)
		}
	}
	if n := len(w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200).Items()); n != 5 {
		t.Errorf("%d stalls stand, want the five of before", n)
	}
}

func TestAnUploadIsRefused(t *testing.T) {
	w := newWorld(t)
	if o := w.UploadList(w.Admin, "", "sap.csv", "no header here", 422); o.Text("code") != "header_missing" {
		t.Errorf("without a header: %v", o)
	}
	if o := w.UploadList(w.Admin, "?dry_run=perhaps", "sap.csv", boardsList, 422); o.Text("code") != "unknown_value" {
		t.Errorf("with a doubtful dry_run: %v", o)
	}
	if o := w.UploadList(w.Admin, "", "sap.csv", strings.Repeat("x", 6<<20), 413); o.Text("code") != "too_large" {
		t.Errorf("6 MB: %v", o)
	}
	w.UploadList(w.Key("auditor", ""), "", "sap.csv", boardsList, 403)
	w.UploadList(
		w.Key("manager", "market:"+w.Call(w.Admin, "POST", "/api/v1/markets", worldtest.MarketOrder("OTHER", "22402"),
			201).Text("code")),
		"",
		"sap.csv",
		boardsList,
		404,
	)
	w.Refuse(w.Admin, "POST", "/api/v1/markets/"+w.Market+"/stalls/import", object{}, 400, "unreadable")
}

func TestTwoThousandRowsAreImportedInSeconds(t *testing.T) {
	w := newWorld(t)
	var list strings.Builder
	list.WriteString("Sạp số;Họ tên;SĐT;Ngân hàng;Số tài khoản\n")
	for i := range 2000 {
		fmt.Fprintf(&list, "B%04d;Người %d;0906%06d;MB;77%08d\n", i, i, i, i)
	}
	if done := w.UploadList(w.Admin, "", "sap.csv", list.String(), 200); done.Text("created") != "2000" {
		t.Errorf("the import made %s of 2000", done.Text("created"))
	}
	if again := w.UploadList(w.Admin, "", "sap.csv", list.String(), 200); again.Text("unchanged") != "2000" {
		t.Errorf("the same list left %s of 2000 unchanged", again.Text("unchanged"))
	}
}
