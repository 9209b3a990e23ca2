package stall_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
)

// TestASilentAccountIsRed: no bank reports the stall's account, so silence must not look like "not
// paid".
func TestASilentAccountIsRed(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenUnconnectedShop(t), 360)
	v.until(
		`document.querySelector('[data-silent]')?.textContent.includes('Tài khoản này chưa nối báo có: loa sẽ không kêu.')`,
	)
	v.until(`document.querySelectorAll('[data-silent] li').length === 3`)
	v.press("Bắt đầu bán")
	v.expectSpoken("alarm no_feed")
	v.checkScreen("silent")
	// A second account that a bank reports: the silent one is still named.
	v.Approve(v.Env, v.CallAs(v.Admin, "POST", "/api/v1/stalls/"+v.Stall+"/accounts", program.SecondAccount, 202))
	v.Connect([]any{object{"bank_bin": "970415", "account_number": "100200300"}})
	v.do(chromedp.Reload())
	v.until(
		`document.querySelector('[data-silent]')?.textContent.includes('Tài khoản Vietcombank ••••4567 chưa nối báo có')`,
	)
	v.checkScreen("one-silent")

	// An account that was registered as a wallet's phone number before such were refused has no
	// code.
	program.Execute(t, v.Database(), `UPDATE accounts SET bank_bin = '971025'`)
	v.do(chromedp.Reload())
	v.open("code")
	v.until(
		`document.querySelector('main')?.textContent.includes('là ví điện tử, hoặc số tài khoản chưa đúng, nên sạp không có mã VietQR') && document.querySelector('.code svg') === null`,
	)
	v.checkScreen("wallet")
}

// TestEachAccountHasItsCode: a stall with two accounts shows the one that its owner chooses, as
// large as the screen, offline too; and the owner is reminded of the tax form until that is put
// aside.
func TestEachAccountHasItsCode(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{360, 1440} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			s := program.OpenShop(t)
			s.Approve(
				s.Env,
				s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/accounts", program.SecondAccount, 202),
			)
			v := inviteOwner(s, width)
			v.until(
				`document.querySelector('[data-reminder="01/BK-STK"]')?.textContent.includes('VietinBank ••••0300')`,
			)
			v.checkScreen("reminder")
			v.press("Tôi đã biết")
			v.until(`document.querySelector('[data-reminder]') === null`)
			v.open("code")
			v.until(`document.querySelectorAll('[aria-pressed]').length === 2`)
			shown := `[...document.querySelectorAll('dd')].map((d) => d.textContent).join('|')`
			v.until(fmt.Sprintf(`%s === 'NGUYEN THI LAN|Vietcombank ••••4567|%s'`, shown, v.Code))
			v.press("VietinBank ••••0300")
			v.until(fmt.Sprintf(`%s.startsWith('NGUYEN THI LAN|VietinBank ••••0300|M4J') && !%s.includes(%q)`, shown,
				shown, v.Code))
			v.checkScreen("accounts")
			v.wire.Cut(true)
			v.do(chromedp.Reload())
			v.until(fmt.Sprintf(`%s.includes('VietinBank ••••0300')`, shown))
			v.wire.Cut(false)
			v.press("Phóng to")
			v.until(
				`(() => { const code = document.querySelector('dialog[open] svg')?.getBoundingClientRect(); return code && code.width > 300 && code.width <= innerWidth && code.bottom < innerHeight; })()`,
			)
			apptest.CheckFits(t, v.tab, fmt.Sprintf("stall-whole-%d", width))
			apptest.CheckAccessible(t, v.tab, "whole")
			v.until(
				`(() => { document.querySelector('dialog button').click(); return !document.querySelector('dialog').open; })()`,
			)
			v.open("sell")
			v.until(`document.querySelector('.head') !== null`)
			if there, err := chromedp.Run(v.tab,
				chromedp.Evaluate[bool](`document.querySelector('[data-reminder]') !== null`)); err != nil || there {
				t.Errorf("a reminder that was put aside is back: %v, %v", there, err)
			}
		})
	}
}

// TestTwoStallsOfOneOwner: one phone, two stalls, and each announces its own money.
func TestTwoStallsOfOneOwner(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	merchant, _ := s.CallAs(s.Admin, "GET", "/api/v1/stalls/"+s.Stall, nil, 200)["merchant"].(map[string]any)
	second := s.CallAs(s.Admin, "POST", "/api/v1/markets/"+s.Market+"/stalls", object{
		"number": "B-7", "kind": "stall", "goods_group": "rau", "merchant": object{"id": object(merchant).Text("id")},
		"account": program.SecondAccount,
	}, 201)
	code, _ := second["code"].(map[string]any)
	v := inviteOwner(s, 360)
	v.Pay(v.Code, 45000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.open("more")
	v.until(
		fmt.Sprintf(
			`(() => { const s = document.querySelector('select'); if (!s) return false; s.value = %q; s.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`,
			second.Text("id"),
		),
	)
	v.until(`document.querySelector('h1').textContent.includes('B-7')`)
	v.open("sell")
	v.until(`document.querySelector('[data-newest]') === null`)
	v.Account = "100200300"
	v.Pay(object(code).Text("code"), 12000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '12.000 đ'`)
	v.open("today")
	v.until(`document.querySelector('.amount').textContent === '12.000 đ'`)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('h1')?.textContent.includes('B-7')`)
}

// TestLatePaymentsAreMarked: a payment of ten minutes ago is announced with its time; what came in a
// gap is counted, and no small one hides.
func TestLatePaymentsAreMarked(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	v.PayAt(v.Code, 45000, time.Now().Add(-10*time.Minute))
	v.until(`window.heard.some((said) => said.startsWith('chime received 4 tens five_after_tens thousand dong at '))`)
	v.wire.Cut(true)
	v.expectSpoken("lost offline")
	v.until(
		`/Mất mạng, cập nhật lúc \d\d:\d\d\. Im lặng không có nghĩa là đã trả tiền/.test(document.querySelector('.line')?.textContent)`,
	)
	v.checkScreen("lost")
	for _, amount := range []int{10000, 20000, 200, 30000, 5000} {
		v.Pay(v.Code, amount)
	}
	v.wire.Cut(false)
	v.expectSpoken("online")
	v.expectSpoken("chime have 5 payments total 6 tens five_after_tens thousand 2 hundred dong")
	v.expectSpoken("alarm only 2 hundred dong")
	v.until(`document.querySelector('.line') === null`)
}

// TestDaysAreStoredOnThePhone: yesterday's sum is shown without a network, though none of its
// payments is on the phone, with its age.
func TestDaysAreStoredOnThePhone(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	yesterday := time.Now().AddDate(0, 0, -1)
	s.PayAt(s.Code, 45000, yesterday)
	s.PayAt(s.Code, 12000, yesterday)
	s.Pay(s.Code, 7000)
	v := inviteOwner(s, 360)
	v.open("today")
	v.until(`document.querySelector('[data-days] li')?.textContent.includes('57.000 đ')`)
	v.checkScreen("days")
	v.until(`navigator.serviceWorker.controller !== null`)
	gone, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](
			`new Promise((done) => { const open = indexedDB.open('market40-stall'); open.onsuccess = () => {
		const clear = open.result.transaction('payments', 'readwrite').objectStore('payments').clear(); clear.onsuccess = () => { open.result.close(); done('gone'); }; }; })`, chromedp.EvalAwaitPromise))
	if err != nil || gone != "gone" {
		t.Fatalf("the payments on the phone: %s, %v", gone, err)
	}
	v.wire.Cut(true)
	v.do(chromedp.Reload())
	v.until(`/Cập nhật lúc \d\d:\d\d \d\d\/\d\d\/\d{4}/.test(document.querySelector('[data-days]')?.textContent)`)
	v.press(yesterday.In(bizday.Vietnam).Format("02/01/2006"))
	v.until(
		`document.querySelector('.amount').textContent === '57.000 đ' && document.querySelectorAll('.bars li').length > 0`,
	)
	v.until(`document.body.textContent.includes('không có trên máy') && document.querySelector('[data-kept]') !== null`)
	v.checkScreen("days-offline")
}

// TestOwnerSeesWhoReadsWhat: who looked, and what an officer sees and never sees.
func TestOwnerSeesWhoReadsWhat(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.open("more")
	v.do(chromedp.Click(`main a[href="#visibility"]`))
	v.until(`document.querySelectorAll('[data-role]').length === 8`)
	v.until(
		`(() => { const officer = document.querySelector('[data-role=locality_officer]'); officer.open = true; const [sees, never] = officer.querySelectorAll('ul');
		return never.textContent.includes('Từng khoản thu') && never.textContent.includes('Sổ doanh thu') && !sees.textContent.includes('khoản thu') && sees.textContent.includes('Số liệu gộp'); })()`,
	)
	v.press("Xem 50 lần")
	// by who registered the stall
	v.until(`document.querySelector('.list')?.textContent.includes('điện thoại, tài khoản')`)
	v.checkScreen("visibility")
}

// TestALongBookIsWrittenAtOnce: more receipts than one page, and the gauge at 70, 90 and 100 %.
func TestALongBookIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	for range 203 {
		v.Pay(v.Code, 1000)
	}
	v.until(`document.querySelector('[data-total]')?.textContent === '203 khoản · 203.000 đ'`) // the phone keeps 200
	v.open("more")
	v.do(chromedp.Click(`main a[href="#book"]`))
	v.press("Ghi cả 203 khoản")
	v.until(`document.querySelector('.amount')?.textContent === '203.000 đ'`)
	v.press("Xem tiếp")
	v.until(`document.querySelectorAll('.list li').length === 203`)
	for _, step := range []struct {
		amount       int
		total, level string
	}{
		{350e6, "350.203.000 đ", "none"},
		{350e6, "700.203.000 đ", "70"},
		{200e6, "900.203.000 đ", "90"},
		{100e6, "1.000.203.000 đ", "100"},
	} {
		v.Pay(v.Code, step.amount)
		v.open("more")
		v.do(chromedp.Click(`main a[href="#book"]`))
		v.press("Ghi cả 1 khoản")
		v.until(
			fmt.Sprintf(
				`document.querySelector('.amount')?.textContent === %q && document.querySelector('[data-level]')?.dataset.level === %q`,
				step.total,
				step.level,
			),
		)
	}
	v.until(`document.querySelector('[data-level]').textContent.includes('Đã chạm ngưỡng')`)
}

// TestCheckReportsPositionIfAllowed: only where the owner ticks it, and the phone allows it;
// refused, the check counts all the same.
func TestCheckReportsPositionIfAllowed(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	_, own := v.Get("/q/" + v.Code + ".txt")
	picture, err := vietqr.PNG(strings.TrimSpace(own), 6)
	must(t, err)
	file := filepath.Join(t.TempDir(), "sticker.png")
	must(t, os.WriteFile(file, picture, 0o600))
	place := func(at int) any {
		checks := []any{}
		for until := time.Now().Add(program.Patience); len(checks) < at && time.Now().Before(until); time.Sleep(
			50 * time.Millisecond) {
			checks = v.CallAs(v.Admin, "GET", "/api/v1/stalls/"+v.Stall+"/checks", nil, 200).Items()
		}
		if len(checks) != at {
			t.Fatalf("%d checks are recorded, want %d", len(checks), at)
		}
		v.until(`document.querySelector('[data-verdict]')?.dataset.verdict === 'official'`)
		newest, _ := checks[0].(map[string]any)
		return newest["latitude"]
	}
	v.open("more")
	v.press("Kiểm tra tem")
	v.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	if got := place(1); got != nil {
		t.Errorf("without a tick the check is at %v", got)
	}
	apptest.Permit(t, v.tab, "geolocation", browser.PermissionSettingDenied)
	v.do(chromedp.Click(`input[name=placed]`), chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	v.until(`document.body.textContent.includes('không kèm vị trí')`)
	if got := place(2); got != nil {
		t.Errorf("refused by the phone the check is at %v", got)
	}
	apptest.Permit(t, v.tab, "geolocation", browser.PermissionSettingGranted)
	latitude, longitude, accuracy := 12.2529, 109.1899, 5.0
	_, err = chromedp.Call(v.tab, emulation.SetGeolocationOverride,
		emulation.SetGeolocationOverrideParams{Latitude: &latitude, Longitude: &longitude, Accuracy: &accuracy})
	must(t, err)
	v.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	v.until(`!document.body.textContent.includes('không kèm vị trí')`)
	if got := place(3); got != latitude {
		t.Errorf("the check is at %v", got)
	}
	v.checkScreen("check-place")
}
