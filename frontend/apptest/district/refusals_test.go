package district_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
)

// checkRefusals: what the API refuses reaches who asked as a sentence, on the screen where it was
// asked, from which one goes on; what nothing is known of is never 0 %; and each such state holds
// on a phone and before axe.
func checkRefusals(o *office) {
	empty := o.CallAs(o.admin, "POST", "/api/v1/markets", object{
		"code": "TRONG", "name": "Chợ Trống", "class": 3,
		"kind": "nong_thon", "commune_code": "22633",
	}, 201).Text("id")
	v := o.seatAs("nguoi-xem", "province_officer", "", 360)
	for i, tt := range []struct{ place, said string }{
		{"overview?as_of=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"map?as_of=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"indicators?as_of=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"indicators/I05?as_of=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"market/" + o.markets["DAM"] + "?as_of=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"compare?as_of_a=2020-01-01", "Số liệu bắt đầu từ ngày 28/05/2024."},
		{"overview?as_of=2999-01-01", "Ngày chốt muộn nhất là ngày mai."},
		{"overview?as_of=hôm%20qua", "Ngày có dạng"},
		{"overview?basis=communes_2026", `"communes_2026" không có trong danh sách`},
		{"compare?basis_a=communes_2026", `"communes_2026" không có trong danh sách`},
		{"indicators/I99", "Không có chỉ số này."},
		{"market/00000000-0000-0000-0000-000000000000", "Không tìm thấy"},
		{"reports/00000000-0000-0000-0000-000000000000", "Không tìm thấy"},
	} {
		v.open(tt.place)
		v.expectText(`main .note`, tt.said)
		apptest.CheckFits(v.T, v.tab, fmt.Sprintf("district-refused-%d", i+1))
	}
	apptest.CheckAccessible(v.T, v.tab, "what is not found")
	v.goesOn()
	v.tooLong()
	v.knowsNothing(empty)
	v.offline()
	v.forbidden()
	o.foreignLists()
}

// goesOn: a user who requested a day before the data chooses another on the same screen.
func (v *official) goesOn() {
	v.T.Helper()
	_, firstDay := lastMonth()
	written, err := time.Parse(time.DateOnly, firstDay)
	must(v.T, err)
	for _, place := range []string{"overview", "indicators/I05", "market/" + v.markets["DAM"]} {
		v.open(place + "?as_of=2020-01-01")
		v.expectText(`main .note`, "Số liệu bắt đầu từ")
		apptest.CheckAccessible(v.T, v.tab, place+" before the data")
		v.write(`.filters [name=as_of]`, written.Format("02/01/2006"))
		v.until(`document.querySelector('main .note.bad') === null && document.querySelector('.rate b') !== null`)
	}
}

// tooLong is a range of more than five years, and what else has bounds: the API says which.
func (v *official) tooLong() {
	v.T.Helper()
	for _, tt := range []struct {
		method, path string
		body         object
		code, said   string
	}{
		{
			"GET", "/api/v1/reports/trend?indicator=I05&from=2019-01&to=2026-10", nil, "period_long",
			"Nhiều nhất 60 tháng (5 năm).",
		},
		{"POST", "/api/v1/campaigns", object{
			"code": "X", "name": "X", "legal_ref": "X", "starts_on": "2026-01-01",
			"due_day": 31,
		}, "invalid", "Lớn nhất là 28."},
		{"POST", "/api/v1/campaigns", object{
			"code": strings.Repeat("X", 40), "name": "X", "legal_ref": "X",
			"starts_on": "2026-01-01",
		}, "invalid", "Dài nhất 32 ký tự."},
		{"POST", "/api/v1/campaigns", object{
			"code": "X1", "name": "X", "legal_ref": "X", "starts_on": "2026-01-01",
			"due_day": "5",
		}, "invalid", "Cần một số nguyên."},
		{"GET", "/api/v1/campaigns?limit=500", nil, "invalid", "Lớn nhất là 200."},
	} {
		if status, said := v.expectQuestion(
			tt.method,
			tt.path,
			tt.body,
		); status != 422 ||
			said.Text("code") != tt.code ||
			said.Text("detail") != tt.said {
			v.T.Errorf("%s %s is answered %d %v", tt.method, tt.path, status, said)
		}
	}
}

// knowsNothing: a market without stalls has no data, not none of its merchants.
func (v *official) knowsNothing(market string) {
	v.T.Helper()
	v.open("market/" + market)
	v.until(`document.querySelector('.tile.main .rate') !== null`)
	v.waitSettled()
	if said := v.read("main"); !strings.Contains(said, "chưa có dữ liệu") || strings.Contains(said, "Thường xuyên") ||
		strings.Contains(said, "0,0 %") || strings.Contains(said, "0 %") {
		v.T.Errorf("an empty market's page says %s", said)
	}
	v.open("overview?campaign=all")
	if said := v.read(`tr[data-locality="573"]`); !strings.Contains(said, "chưa có dữ liệu") ||
		strings.Contains(said, "0,0 %") {
		v.T.Errorf("its locality: %s", said)
	}
	v.open("market/" + market)
	v.until(`document.querySelector('.tile.main .rate') !== null`)
	v.waitSettled()
	apptest.CheckFits(v.T, v.tab, "district-empty-market-360")
	apptest.CheckAccessible(v.T, v.tab, "an empty market")
}

// offline: without a network a screen says so, and reads on when it is back.
func (v *official) offline() {
	v.T.Helper()
	line := func(off bool) {
		_, err := chromedp.Call(v.tab, network.EmulateNetworkConditionsByRule,
			network.EmulateNetworkConditionsByRuleParams{
				MatchedNetworkConditions: []*network.Conditions{{
					URLPattern: "", DownloadThroughput: -1,
					UploadThroughput: -1, Offline: off,
				}},
			})
		must(v.T, err)
	}
	v.open("lateness") // so that the screen itself is there
	v.open("markets")
	line(true)
	v.open("lateness")
	v.expectText(`main .note.bad`, "Mất mạng, hãy thử lại.")
	apptest.CheckFits(v.T, v.tab, "district-offline-360")
	apptest.CheckAccessible(v.T, v.tab, "offline")
	line(false)
	v.press("Thử lại")
	v.expectText(`tbody tr`, "Thành phố Nha Trang")
}

// forbidden: another role's screen is none, and what the API forbids is said.
func (v *official) forbidden() {
	v.T.Helper()
	v.open("cases")
	v.expectText(`h1`, "Không có trang này")
	apptest.CheckFits(v.T, v.tab, "district-no-such-page-360")
	apptest.CheckAccessible(v.T, v.tab, "no such page")
	if status, said := v.expectQuestion("GET", "/api/v1/markets/"+v.markets["DAM"]+"/dormant", nil); status != 403 ||
		said.Text("detail") != "Vai trò của bạn không được làm việc này." {
		v.T.Errorf("an officer who asks who is dormant is answered %d %v", status, said)
	}
}

// foreignLists: a board brings lists as other places write them, and reads which lines are wrong
// and how to write them; and another board's market is not found.
func (o *office) foreignLists() {
	v := o.seatAs("ban-cho-dam", "manager", "market:DAM", 360)
	v.open("market/" + o.markets["BANGOI"])
	v.expectText(`main .note.bad`, "Không tìm thấy, hoặc nằm ngoài phạm vi của bạn.")
	v.open("field/lists")
	v.until(`document.querySelector('input[type=file]') !== null`)
	for _, tt := range []struct{ kind, text, said string }{
		{
			"fees", "Tháng,Phải thu,Đã thu,Thu qua chuyển khoản\nOct 2026,1,1,1\n",
			"Tháng chưa đúng: cần tháng/năm, thí dụ 10/2026.",
		},
		{
			"fees", "Tháng,Phải thu,Đã thu,Thu qua chuyển khoản\n10/2026,\"1,5\",1,1\n",
			"Cần số nguyên không âm, thí dụ 1.234.567.",
		},
		{
			"visits", "Số sạp,Ngày,Kết quả\nA01,11/20/2026,helped\n",
			"Ngày viết tháng trước (11/20/2026): hãy viết ngày/tháng/năm, thí dụ 28/04/2026.",
		},
		{"visits", "Stall;Where\n1;2\n", "Thiếu cột"},
	} {
		path := filepath.Join(v.T.TempDir(), "la.csv")
		must(v.T, os.WriteFile(path, []byte(tt.text), 0o600))
		v.choose(`section select`, tt.kind)
		v.do(chromedp.SetUploadFiles(`input[type=file]`, []string{path}))
		v.expectText(`section td, section .note.bad`, tt.said)
		apptest.CheckFits(v.T, v.tab, fmt.Sprintf("district-foreign-%s-360", tt.kind))
	}
	apptest.CheckAccessible(v.T, v.tab, "a list from elsewhere")
	v.fieldInEnglish()
}

// fieldInEnglish holds the team's screens against axe and the screen's edge, in English, on a desk
// and a phone.
func (v *official) fieldInEnglish() {
	v.T.Helper()
	v.click(`.who [lang=en]`)
	v.until(`document.documentElement.lang === 'en'`)
	for _, width := range []int64{1440, 360} {
		v.do(chromedp.EmulateViewport(width, 900))
		for _, form := range []string{
			"visit", "check", "share", "training", "count", "survey", "refusal", "incident",
			"fee", "lists",
		} {
			v.open("field/" + form)
			v.until(fmt.Sprintf(
				`document.querySelector('.forms a[aria-current]')?.hash.startsWith('#/field/%s') && document.querySelector('.card h2') !== null`,
				form,
			))
			name := fmt.Sprintf("field-%s-en-%d", form, width)
			apptest.CheckFits(v.T, v.tab, name)
			if width == 1440 || form == "lists" {
				apptest.CheckAccessible(v.T, v.tab, name)
			}
		}
	}
}
