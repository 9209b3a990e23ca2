package district_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
)

// theBoard: a market's board resolves a case with a second person, invites an owner, prints
// posters, sees which stickers want a look, and who is dormant.
func theBoard(o *office) {
	o.pay("BANGOI", 0, time.Now().In(bizday.Vietnam).Add(-time.Minute))
	o.twoCodes("BANGOI")
	o.dormant("BANGOI")
	v := o.seatAs("ban-quan-ly", "manager", "market:BANGOI", 1440)
	v.aCase()
	v.anInvitation()
	v.posters()
	v.aCheck()
	v.theDormant()
	v.aStall()
	admin := rareCases(o)
	admin.accountChanges()
	admin.bankConnections()
}

// twoCodes has the bank report a transfer with a note that names two stalls.
func (o *office) twoCodes(market string) {
	o.T.Helper()
	o.sent++
	o.CallAs(program.SepayKey, "POST", o.hook, object{
		"id": o.sent, "gateway": "", "transactionDate": time.Now().In(bizday.Vietnam).Format(
			time.DateTime), "accountNumber": o.account(market, 1), "code": nil,
		"content": o.codes[market][1] + " " + o.codes[market][2], "transferType": "in", "transferAmount": 77000,
		"accumulated": 0, "subAccount": nil,
		"referenceCode": fmt.Sprintf("FT26302%09d", o.sent), "description": "",
	}, 200)
}

// dormant makes A12 of a market a ready stall without payments for 30 days. Its owner agreed
// to be on the list; A11 did not agree. The days before today are written as they would have been.
func (o *office) dormant(market string) {
	o.T.Helper()
	for _, n := range []int{10, 11} {
		stall := o.stall(market, n)
		_, payload := o.Get("/q/" + o.codes[market][n] + ".txt")
		if verdict := o.CallAs(o.admin, "POST", "/api/v1/stalls/"+stall.Text("id")+"/checks",
			object{"payload": strings.TrimSpace(payload)}, 201).Text("verdict"); verdict != "official" {
			o.T.Errorf("the sticker is %s", verdict)
		}
		if n == 11 {
			merchant, _ := stall["merchant"].(map[string]any)
			o.CallAs(o.admin, "POST", "/api/v1/merchants/"+object(merchant).Text("id")+"/consents",
				object{"purpose": "dormant_list", "given": true, "how": "paper", "text_version": 1}, 201)
			o.CallAs(o.admin, "POST", "/api/v1/markets/"+o.markets[market]+"/refusals",
				object{"stall_id": stall.Text("id"), "kind": "refusal", "reason": "tax", "said_on": time.Now().AddDate(
					0, 0, -3).Format(time.DateOnly)}, 201)
		}
	}
	program.Execute(o.T, strings.TrimPrefix(o.env[0], "DATABASE_URL="), `
		UPDATE codes SET issued_at = issued_at - interval '5 days' WHERE market_id = '`+o.markets[market]+`';
		UPDATE tenancy_accounts SET since = since - interval '5 days';
		UPDATE bank_connections SET created_at = created_at - interval '5 days';
		ALTER TABLE code_checks DISABLE TRIGGER USER;
		UPDATE code_checks SET checked_at = checked_at - interval '3 days';
		ALTER TABLE code_checks ENABLE TRIGGER USER;
		INSERT INTO connection_days (connection_id, day) SELECT id, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - 1 FROM bank_connections ON CONFLICT DO NOTHING;`)
}

// stall is the n-th stall of a market, as the admin reads it.
func (o *office) stall(market string, n int) object {
	o.T.Helper()
	for _, s := range o.CallAs(o.admin, "GET", "/api/v1/markets/"+o.markets[market]+"/stalls?limit=200", nil,
		200).Items() {
		if one, _ := s.(map[string]any); object(one).Text("number") == fmt.Sprintf("A%02d", n+1) {
			return one
		}
	}
	o.T.Fatalf("%s has no stall %d", market, n)
	return nil
}

// aCase is assigned to a stall by the board, and approved by somebody else.
func (v *official) aCase() {
	v.T.Helper()
	v.open("cases")
	if said := v.read(`[data-case=ambiguous_code]`); !strings.Contains(said, "Hai mã trong nội dung") ||
		!strings.Contains(said, "77.000 đ") {
		v.T.Errorf("the case says %s", said)
	}
	v.press("Xử lý")
	v.choose(`[data-case] form select`, "assign")
	v.write(`[name=number]`, "Z99")
	v.write(`[name=reason]`, "khách nói đã trả cho A02")
	v.press("Ghi")
	v.expectText(`[data-case] [role=alert]`, "Không có sạp Z99 ở chợ này.")
	v.write(`[name=number]`, "a02")
	v.press("Ghi")
	v.expectText(`.note.good`, "Không có hồ sơ nào.")
	v.open("cases?state=proposed")
	v.expectText(`[data-case] .pill`, "chờ người thứ hai duyệt")
	v.press("Duyệt hoặc xử lý khác")
	v.write(`[name=reason]`, "tự duyệt")
	v.press("Ghi")
	v.expectText(`[data-case] [role=alert]`, "người thứ hai")
	status, list := v.expectQuestion("GET", "/api/v1/cases?state=proposed", nil)
	if status != 200 || len(list.Items()) != 1 {
		v.T.Fatalf("proposed: %d %v", status, list)
	}
	one, _ := list.Items()[0].(map[string]any)
	v.CallAs(v.admin, "POST", "/api/v1/cases/"+object(one).Text("id")+"/resolve", object{
		"action":   "assign",
		"stall_id": object(one).Text("stall_id"), "reason": "đúng sạp",
	}, 200)
	v.open("cases?state=assigned")
	v.expectText(`[data-case] .pill`, "đã gán")
}

// anInvitation is made on the screen; what is shown there is read as a phone would.
func (v *official) anInvitation() {
	v.T.Helper()
	v.open("invitations")
	v.write(`input[type=search]`, "A03")
	v.click(`[aria-label="Mời A03"]`)
	v.expectText(`dialog p`, "Chưa mời lần nào.")
	v.press("Tạo thư mời")
	v.until(
		`(() => { const i = document.querySelector('dialog .qr img'); return i !== null && i.complete && i.naturalWidth > 0; })()`,
	)
	apptest.CheckAccessible(v.T, v.tab, "an invitation")
	picture, err := chromedp.Run(v.tab, chromedp.Screenshot(`dialog .qr`))
	must(v.T, err)
	file := filepath.Join(v.T.TempDir(), "invitation.png")
	must(v.T, os.WriteFile(file, picture, 0o600))
	read, err := exec.CommandContext(v.T.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
		file).Output()
	must(v.T, err)
	url := strings.TrimSpace(string(read))
	path, own := strings.CutPrefix(url, v.Address)
	if !own {
		v.T.Fatalf("the invitation leads to %q", url)
	}
	path, _, _ = strings.Cut(path, "#")
	if status, _ := v.Get(path); status != 200 {
		v.T.Errorf("%s is answered %d", url, status)
	}
	v.press("Đóng")
	v.until(`document.querySelector('dialog') === null`)
	v.click(`[aria-label="Mời A03"]`)
	v.expectText(`dialog li`, "còn hạn")
	v.press("Đóng")
	v.until(`document.querySelector('dialog') === null`)
}

// posters of two stalls land as a PDF that another program reads.
func (v *official) posters() {
	v.T.Helper()
	s := v.shelve()
	v.open("posters")
	v.choose(`.form label:nth-of-type(2) select`, "single")
	v.write(`input[placeholder="A001, A002"]`, "A01, A02")
	v.press("Tải PDF để in")
	file := s.next()
	printed, err := exec.CommandContext(v.T.Context(), "pdfinfo", file).Output()
	must(v.T, err)
	if !strings.Contains(string(printed), "Pages:           2") || !strings.HasSuffix(file, ".pdf") {
		v.T.Errorf("%s: %s", file, printed)
	}
	v.write(`input[placeholder="A001, A002"]`, "Z99")
	v.press("Tải PDF để in")
	v.until(`document.querySelector('[data-work=failed]') !== null`)
	v.expectText(`[data-work=failed]`, "Z99")
}

// aCheck of a sticker, by a picture of it, takes its stall off the list of those that want one; a
// sticker that pays another account is reported at once.
func (v *official) aCheck() {
	v.T.Helper()
	v.open("checks")
	v.expectText(`main p`, "10 sạp cần kiểm tra tem.")
	v.follow("Quét một tem")
	v.until(`document.querySelector('.pick input') !== null`)
	_, own := v.Get("/q/" + v.codes["BANGOI"][0] + ".txt")
	_, another := v.Get("/q/" + v.codes["DAM"][0] + ".txt")
	scan := func(payload string) {
		picture, err := vietqr.PNG(strings.TrimSpace(payload), 6)
		must(v.T, err)
		file := filepath.Join(v.T.TempDir(), "tem.png")
		must(v.T, os.WriteFile(file, picture, 0o600))
		v.do(chromedp.SetUploadFiles(`.card input[type=file]`, []string{file}))
	}
	scan(own)
	v.expectText(`.note.bad`, "Chọn một sạp trong danh sách.")
	for payload, verdict := range map[string]string{own: "official", another: "swapped"} {
		v.write(`.pick input`, map[string]string{own: "a01", another: "a02"}[payload])
		v.click(`.pick li button`)
		scan(payload)
		v.until(fmt.Sprintf(`document.querySelector('[data-verdict]')?.dataset.verdict === %q`, verdict))
	}
	v.checkScreen("sticker-check")
	v.open("checks")
	v.expectText(`main p`, "9 sạp cần kiểm tra tem.")
	v.expectText(`tbody tr`, "bị tráo")
	v.open("alerts")
	v.expectText(`main .card`, "Mã bị tráo")
	v.press("Xử lý xong")
	v.write(`[name=reason]`, "đã gỡ tem, dán lại mã đúng")
	v.press("Đóng lại")
	v.expectText(`.note.good`, "Không có cảnh báo nào.")
	v.open("alerts?state=closed")
	v.expectText(`main .card`, "đã gỡ tem, dán lại mã đúng")
}

// aStall is registered on the screen; an account that another merchant receives on is refused in a
// sentence, and nothing typed is lost.
func (v *official) aStall() {
	v.T.Helper()
	v.open("stalls")
	v.until(
		`(() => { const d = document.querySelector('details[name=register]'); if (d) d.open = true; return !!d && document.querySelector('[name=bank_bin]')?.options.length > 1; })()`,
	)
	for name, text := range map[string]string{
		"number": "B07", "zone": "Rau củ", "full_name": "Nguyễn Thị Hoà",
		"phone": "0905 777 888", "account_number": v.account("BANGOI", 3), "holder_name": "NGUYEN THI HOA",
	} {
		v.write(`details [name=`+name+`]`, text)
	}
	v.choose(`details [name=bank_bin]`, "970436")
	v.choose(`details [name=goods_group]`, "rau")
	v.press("Đăng ký")
	v.expectText(`details [role=alert]`, "Tài khoản này đã đăng ký cho tiểu thương khác.")
	v.write(`details [name=account_number]`, "0071000999888")
	v.press("Đăng ký")
	v.write(`[name=sought]`, "nguyen thi hoa")
	v.until(
		`document.querySelector('[data-found="1"]') !== null && document.querySelector('[data-stall=B07]')?.textContent.includes('Rau củ')`,
	)
	href, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](`document.querySelector('[data-stall=B07] a').getAttribute('href')`))
	must(v.T, err)
	status, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](
			fmt.Sprintf(`fetch(%q).then(async (r) => r.status + ' ' + (await r.text()).slice(0, 5))`, href),
			chromedp.EvalAwaitPromise))
	must(v.T, err)
	if status != "200 %PDF-" {
		v.T.Errorf("its poster is answered %s", status)
	}
}

// theDormant are shown with why, to the board and to the team; never one who did not agree.
func (v *official) theDormant() {
	v.T.Helper()
	team := v.seatAs("to-cong-nghe", "team", "market:BANGOI", 360)
	for _, who := range []*official{v, team} {
		who.open("market/" + v.markets["BANGOI"])
		who.until(`document.querySelector('#dormant tbody tr') !== null`)
		said := who.read(`#dormant tbody`)
		if !strings.Contains(said, "A12") || !strings.Contains(said, "sợ thuế") ||
			!strings.Contains(said, "chưa từng") || strings.Contains(said, "A11") {
			v.T.Errorf("dormant: %s", said)
		}
		for _, language := range []string{"en", "vi"} {
			who.click(`.who [lang=` + language + `]`)
			who.until(fmt.Sprintf(`document.documentElement.lang === %q`, language))
			name := fmt.Sprintf("district-dormant-%s-%d", language, who.width)
			who.waitSettled()
			apptest.CheckFits(v.T, who.tab, name)
			apptest.CheckAccessible(v.T, who.tab, name)
		}
	}
}

// TestABoardImportsItsRoster: a list with errors is not written and says which rows are wrong;
// mended, it is.
func TestABoardImportsItsRoster(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("manager", "market:DAM", 1440)
	v.open("import")
	file := func(name, text string) []string {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return []string{path}
	}
	const header = "Số sạp,Khu,Ngành hàng,Họ tên,Điện thoại\n"
	v.do(chromedp.SetUploadFiles(`input[name=roster]`, file("sai.csv", header+
		"B01,Rau củ,rau,Đặng Thị Đào,0905111222\nB02,Rau củ,rau,Lê Văn Út,12\n")))
	v.until(
		`document.querySelector('[data-import=faulty]') !== null && document.querySelectorAll('[data-row-error]').length === 1`,
	)
	if said := v.read(`[data-row-error]`); !strings.Contains(said, "B02") {
		t.Errorf("the wrong row is reported as %s", said)
	}
	v.do(chromedp.SetUploadFiles(`input[name=roster]`, file("dung.csv", header+
		"B01,Rau củ,rau,Đặng Thị Đào,0905111222\nB02,Rau củ,rau,Lê Văn Út,0905111223\n")))
	v.until(`document.querySelector('[data-import=tried]') !== null`)
	v.press("Ghi 2 điểm kinh doanh")
	v.until(`document.querySelector('[data-import=applied]') !== null`)
	// Two names with one phone: the choice names both, and the result names the stall's merchant.
	v.do(chromedp.SetUploadFiles(`input[name=roster]`, file("chung.csv", header+
		"B11,Rau củ,rau,Vợ Một,0905111333\nB12,Rau củ,rau,Chồng Một,0905111333\n")))
	v.expectText(`label:has([name=phone-3])`,
		"Dòng 3: Số điện thoại này đã ghi cho Vợ Một ở dòng 2, dòng này ghi cho Chồng Một")
	v.choose(`[name=phone-3]`, "same_person")
	v.press("Xem thử lại")
	v.expectText(`[data-row-warning=name_dropped]`,
		"Dòng 3, cột D: Sạp ghi cho Vợ Một, vì đã chọn là cùng một người; tên Chồng Một không được ghi.")
	v.press("Ghi 2 điểm kinh doanh")
	v.expectText(`[data-import=applied] [data-row-warning=name_dropped]`, "Sạp ghi cho Vợ Một")
	// The result of a workbook of several sheets names the sheet; a plain account number needs a
	// confirmation.
	v.do(chromedp.SetUploadFiles(`input[name=roster]`, file("khu.xlsx", twoZones(t))))
	v.until(
		`document.querySelector('[data-import=tried]') !== null && document.querySelector('[data-sheets="2"]') !== null && document.querySelector('[data-unread="Bìa"]') !== null`,
	)
	if said := v.read(`[data-row-warning=zeros_lost]`); !strings.Contains(said, "Dòng 2 (Khu 2)") {
		t.Errorf("the bare account is shown as %s", said)
	}
	v.until(
		`[...document.querySelectorAll('button')].find((b) => b.textContent.includes('Ghi 2 điểm kinh doanh')).disabled`,
	)
	v.do(chromedp.Click(`input[name=zeros]`))
	v.press("Ghi 2 điểm kinh doanh")
	v.until(`document.querySelector('[data-import=applied]') !== null`)
	v.open("stalls")
	v.write(`[name=sought]`, "dang thi dao")
	v.until(
		`document.querySelector('[data-found]').dataset.found === '1' && document.querySelector('[data-stall=B01]') !== null`,
	)

	// What was under way when the page was left is requested again when it is opened.
	stored, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](fmt.Sprintf(`new Promise((done, failed) => {
		const opening = indexedDB.open('market40-district');
		opening.onerror = failed;
		opening.onsuccess = () => {
			const tx = opening.result.transaction('work', 'readwrite');
			tx.objectStore('work').put({ key: crypto.randomUUID(), kind: 'import', label: 'Nhập dở.csv', method: 'POST', path: %q, file: new File([%q], 'dở.csv'), startedAt: Date.now() });
			tx.oncomplete = () => { opening.result.close(); done(true); };
		};
	})`, "/api/v1/markets/"+o.markets["DAM"]+"/stalls/import", header+"B03,Rau củ,rau,Phan Thị Mơ,0905111224\n"),
		chromedp.EvalAwaitPromise))
	if err != nil || !stored {
		t.Fatalf("keeping work: %v", err)
	}
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-work=done]')?.textContent.includes('Nhập dở.csv')`)
	v.open("import")
	v.open("stalls")
	v.write(`[name=sought]`, "phan thi mo")
	v.until(`document.querySelector('[data-stall=B03]') !== null`)
}

// twoZones is a workbook with a cover and a list for each of two zones, one with an account that is
// a bare number.
func twoZones(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for name, cells := range map[string]map[string]any{
		"Bìa":   {"A1": "BAN QUẢN LÝ CHỢ"},
		"Khu 1": {"A1": "Số sạp", "B1": "Họ tên", "A2": "C01", "B2": "Đỗ Một"},
		"Khu 2": {
			"A1": "Số sạp", "B1": "Họ tên", "C1": "Ngân hàng", "D1": "STK", "A2": "C02", "B2": "Đỗ Hai",
			"C2": "VCB", "D2": 61000900002,
		},
	} {
		_, err := f.NewSheet(name)
		must(t, err)
		for cell, value := range cells {
			must(t, f.SetCellValue(name, cell, value))
		}
	}
	var file bytes.Buffer
	must(t, f.Write(&file))
	return file.String()
}
