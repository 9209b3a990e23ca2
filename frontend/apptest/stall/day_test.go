package stall_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/vietqr"
)

// seller is a stall owner with a phone, at an own stall.
type seller struct {
	*program.Shop
	tab   context.Context
	width int64
	wire  *program.Network
}

// spokenScript notes what the app says, clip by clip, as the page hears it.
const spokenScript = `window.heard = []; addEventListener('m40:say', (e) => window.heard.push(e.detail.join(' ')));`

// inviteOwner lets a board invite the owner, who opens the app with the invitation.
func inviteOwner(s *program.Shop, width int64) *seller {
	s.T.Helper()
	return inviteOwnerIn(apptest.Browse(s.T, width), s, width)
}

func inviteOwnerIn(tab context.Context, s *program.Shop, width int64) *seller {
	s.T.Helper()
	v := &seller{
		Shop:  s,
		tab:   tab,
		width: width,
		wire: program.NewNetwork(s.T, strings.TrimPrefix(s.Address,
			"http://")),
	}
	_, err := chromedp.Call(v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: spokenScript})
	must(s.T, err)
	url := s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/invitations", nil, 201).Text("url")
	url = strings.Replace(url, s.Address, "http://"+v.wire.Listener.Addr().String(), 1)
	v.do(chromedp.Navigate(url), chromedp.Click("button"), chromedp.WaitVisible(`a[href="/stall/"]`),
		chromedp.Click(`a[href="/stall/"]`))
	v.until(`document.querySelector('h1')?.textContent.includes('A-12')`)
	return v
}

func (v *seller) do(steps ...chromedp.Action[chromedp.Void]) {
	v.T.Helper()
	must(v.T, chromedp.Do(v.tab, steps...))
}

func (v *seller) until(condition string) {
	v.T.Helper()
	apptest.Until(v.T, v.tab, condition)
}

// press clicks the button or the link that says something.
func (v *seller) press(label string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const b = [...document.querySelectorAll('button, summary, main a')].find((b) => b.textContent.trim().startsWith(%q) && !b.disabled); b?.click(); return !!b; })()`,
			label,
		),
	)
}

// open goes to one of the app's screens.
func (v *seller) open(screen string) {
	v.T.Helper()
	v.do(chromedp.Click(`nav a[href="#` + screen + `"]`))
	v.until(fmt.Sprintf(`document.querySelector('nav a[href="#%s"]').getAttribute('aria-current') === 'page'`, screen))
}

// expectSpoken waits until the app has said something.
func (v *seller) expectSpoken(clips string) {
	v.T.Helper()
	v.until(fmt.Sprintf(`window.heard.includes(%q)`, clips))
}

// checkScreen holds a screen against axe-core's rules in both languages, and leaves a picture of each at
// the width of a phone and of a screen.
func (v *seller) checkScreen(name string) {
	v.T.Helper()
	for _, language := range []string{"vi", "en"} {
		ending := map[string]string{"vi": "", "en": "-en"}[language]
		for _, width := range []int64{1800 - v.width, v.width} { // its own width last: it stays
			v.do(chromedp.EmulateViewport(width, 900))
			apptest.CheckFits(v.T, v.tab, fmt.Sprintf("stall-%s%s-%d", name, ending, width))
		}
		apptest.CheckAccessible(v.T, v.tab, name+ending)
		v.do(chromedp.Click(`header button[lang]`))
		v.until(fmt.Sprintf(`document.documentElement.lang !== %q`, language))
	}
}

// TestAStallsDay: the owner comes in by an invitation, sells, hears what comes, collects exact
// amounts, and looks back.
func TestAStallsDay(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{360, 1440} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			v := inviteOwner(program.OpenShop(t), width)
			v.checkScreen("before")
			v.press("Bắt đầu bán")
			v.expectSpoken("chime ready")
			v.Pay(v.Code, 45000)
			v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
			v.expectSpoken("chime received 4 tens five_after_tens thousand dong")
			v.Pay("tien rau", 12000) // without the code: the account has one stall
			v.expectSpoken("chime received ten 2 thousand dong")
			v.Pay(v.Code, 200)
			v.expectSpoken("alarm only 2 hundred dong")
			v.checkScreen("selling")
			v.collect()
			v.open("code")
			v.until(`document.querySelector('.code svg') !== null`)
			v.checkScreen("code")
			v.open("today")
			v.until(`document.querySelector('.amount').textContent === '112.200 đ'`)
			v.do(chromedp.SendKeys(`input[type=search]`, "45"))
			v.until(`document.querySelectorAll('.list li').length === 1`)
			v.press("Đọc tổng kết")
			v.checkScreen("today")
			v.open("more")
			v.checkScreen("more")
		})
	}
}

// collect shows codes with amounts: one paid in two parts, one exactly, one too much.
func (v *seller) collect() {
	v.T.Helper()
	v.open("keypad")
	v.checkScreen("keypad")
	for _, key := range []string{"2", "5", "Hiện mã"} {
		v.press(key)
	}
	v.until(`document.querySelector('[data-order=open]') !== null && document.querySelector('.code svg') !== null`)
	v.checkScreen("order")
	v.Pay(v.shown(), 20000)
	v.until(`document.querySelector('[data-order=under]')?.textContent.includes('5.000 đ')`)
	v.expectSpoken("alarm different received 2 tens thousand dong missing 5 thousand dong")
	v.checkScreen("under")
	v.press("Mã cho phần còn thiếu")
	v.until(
		`document.querySelector('[data-order=open]') !== null && document.querySelector('.amount')?.textContent === '5.000 đ'`,
	)
	v.Pay(v.shown(), 5000)
	v.until(`document.querySelector('[data-order=paid]') !== null`)
	v.expectSpoken("chime received 5 thousand dong")
	v.checkScreen("paid")
	v.press("Khách tiếp theo")
	for _, key := range []string{"1", "0", "Hiện mã"} {
		v.press(key)
	}
	v.until(`document.querySelector('[data-order=open]') !== null`)
	v.Pay(v.shown(), 30000)
	v.until(`document.querySelector('[data-order=over]') !== null`)
	v.expectSpoken("alarm different received 3 tens thousand dong over")
	v.until(`document.querySelector('[data-order=over] .amount').textContent === '20.000 đ'`)
	v.checkScreen("over")
	v.press("Khách tiếp theo")
	for _, key := range []string{"7", "Hiện mã"} {
		v.press(key)
	}
	v.until(`document.querySelector('[data-order=open]') !== null`)
	v.open("sell")
	v.open("keypad")
	v.until(`document.querySelector('.code svg') !== null`) // another screen does not lose it
	v.until(`(window.real = Date.now, Date.now = () => real() + 16 * 60000, true)`)
	v.until(`document.querySelector('[data-order=expired]')?.textContent.includes('7.000 đ')`)
	v.until(`(Date.now = real, true)`)
	v.until(`document.querySelector('[data-order=open]') !== null`)
	v.until(`(Date.now = () => real() + 16 * 60000, true)`)
	v.until(`document.querySelector('[data-order=expired]') !== null`)
	v.checkScreen("expired")
	v.until(`(Date.now = real, true)`)
	v.press("Đóng")
}

// shown is the code of the stall's newest order, which is on the screen.
func (v *seller) shown() string {
	v.T.Helper()
	newest, _ := v.CallAs(v.Admin, "GET", "/api/v1/orders?limit=1&stall_id="+v.Stall, nil, 200).Items()[0].(map[string]any)
	return object(newest).Text("code")
}

// TestNothingIsLostOrRepeatedWhenTheNetworkIsCut pays fifty times while the line is cut ten times:
// each payment is shown once.
func TestNothingIsLostOrRepeatedWhenTheNetworkIsCut(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	total := 0
	for cut := range 10 {
		for n := range 5 {
			v.wire.Cut(n == 1 || n == 2) // two of five come while the phone hears nothing
			amount := 1000 * (10*cut + n + 1)
			v.Pay(v.Code, amount)
			total += amount
		}
		v.wire.Cut(false)
		v.until(fmt.Sprintf(`document.querySelector('[data-newest]')?.dataset.newest === '%d'`, 5*(cut+1)))
	}
	v.open("today")
	v.until(fmt.Sprintf(`document.querySelector('.amount').textContent.replace(/\D/g, '') === '%d'`, total))
	v.until(`document.querySelectorAll('.list li').length === 50`)
	// Alone or in a count and a sum, each is said once.
	v.until(`(() => {
		const value = { ten: 10, five_after_tens: 5, one_after_tens: 1 };
		const number = (clips) => clips.reduce((n, clip) => clip === 'tens' ? n * 10 : n + (value[clip] ?? Number(clip)), 0);
		return window.heard.map((said) => said.split(' ')).reduce((n, said) => n + (said[1] === 'received' ? 1 : said[1] === 'have' ? number(said.slice(2, said.indexOf('payments'))) : 0), 0) === 50;
	})()`)
}

// TestTheAppOpensWithoutANetwork shows the code and what came, with its age; and nothing once its
// owner has signed out.
func TestTheAppOpensWithoutANetwork(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.Pay(v.Code, 45000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.until(`navigator.serviceWorker.controller !== null`)
	v.wire.Cut(true)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.until(`document.querySelector('.bad')?.textContent.includes('Mất mạng, cập nhật lúc')`)
	v.checkScreen("offline")
	v.do(chromedp.Click(`main button.huge`)) // a start without a network is no "ready"
	v.expectSpoken("lost offline")
	v.is("no_network")
	v.open("code")
	v.until(`document.querySelector('.code svg') !== null`)
	v.open("today")
	v.until(`document.querySelector('.amount').textContent === '45.000 đ' && !window.heard.includes('chime ready')`)
	v.wire.Cut(false)
	v.expectSpoken("online")
	v.expectSpoken("chime ready")
	v.is("live")
	v.open("more")
	v.press("Đăng xuất")
	v.until(`location.pathname === '/sign-in'`)
	left, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](`indexedDB.databases().then((all) => all.map((d) => d.name).join(','))`,
			chromedp.EvalAwaitPromise))
	must(t, err)
	if left != "" {
		t.Errorf("after signing out the phone keeps %q", left)
	}
}

// TestAHelpersShift: the owner lends the phone, a helper chooses the name and types the PIN, and
// sees what comes in the shift alone.
func TestAHelpersShift(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.Pay(v.Code, 45000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.open("more")
	v.press("Người bán giúp")
	v.do(chromedp.WaitVisible(`[name=pin]`), chromedp.SendKeys(`[name=name]`, "Chị Năm"),
		chromedp.SendKeys(`[name=pin]`, "4831"))
	v.press("Thêm người bán giúp")
	v.until(`[...document.querySelectorAll('.list li')].some((li) => li.textContent.includes('Chị Năm'))`)
	v.press("Cho phép người bán giúp")
	v.until(`document.querySelector('.good')?.textContent.includes('Máy này giờ dành cho')`)
	v.checkScreen("helpers")
	v.open("more")
	v.press("Đăng xuất")
	v.until(`location.pathname === '/sign-in' && !document.getElementById('helpers').hidden`)
	apptest.CheckFits(t, v.tab, "sign-in-helper")
	v.do(chromedp.SendKeys(`#shift [name=pin]`, "1379"), chromedp.Click(`#shift button`))
	v.until(`document.getElementById('message').textContent !== ''`)
	v.do(chromedp.SendKeys(`#shift [name=pin]`, "4831"), chromedp.Click(`#shift button`))
	v.until(`location.pathname === '/stall/' && document.querySelector('h1')?.textContent.includes('A-12')`)
	v.until(`document.body.textContent.includes('Chưa có khoản nào hôm nay')`)
	v.press("Bắt đầu bán")
	v.Pay(v.Code, 12000)
	v.expectSpoken("chime received ten 2 thousand dong")
	v.open("today")
	v.until(
		`document.querySelector('.amount').textContent === '12.000 đ' && document.querySelectorAll('.list li').length === 1`,
	)
	v.open("more")
	v.checkScreen("helper-more")
	owner := inviteOwner(v.Shop, 360)
	owner.open("today")
	owner.until(
		`document.querySelector('[data-shifts]')?.textContent.includes('Chị Năm') && document.querySelector('[data-shifts]').textContent.includes('1 · 12.000 đ')`,
	)
	owner.checkScreen("today-shifts")

	// A shift that is over and a helper who is removed are heard of: the phone is deaf, and says so
	// until somebody signs in again.
	v.open("sell")
	program.Execute(t, v.Database(), `UPDATE sessions SET created_at = created_at - interval '15 hours'
		WHERE user_id IN (SELECT id FROM users WHERE role = 'staff')`)
	v.is("signed_out")
	v.expectSpoken("alarm signed_out")
	// it may be touched
	v.until(
		`(() => { const a = document.querySelector('.bar a'); return a && !a.getAnimations().length && getComputedStyle(a).pointerEvents !== 'none'; })()`,
	)
	v.do(chromedp.Click(`.bar a`))
	v.until(`location.pathname === '/sign-in' && !document.getElementById('helpers').hidden`)
	v.do(chromedp.SendKeys(`#shift [name=pin]`, "4831"), chromedp.Click(`#shift button`))
	v.until(`location.pathname === '/stall/' && document.querySelector('main button.huge') !== null`)
	v.press("Bắt đầu bán")
	v.is("live")
	owner.open("more")
	owner.press("Người bán giúp")
	owner.press("Xóa")
	v.is("signed_out")
	v.expectSpoken("alarm signed_out")
}

// TestTheOwnersBookInTheApp: receipts become turnover only by the owner's word, cash is added, and
// the form is printed.
func TestTheOwnersBookInTheApp(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	for n := range 3 {
		v.Pay(v.Code, 10000*(n+1))
	}
	v.open("more")
	v.do(chromedp.Click(`main a[href="#book"]`))
	v.until(
		`document.querySelectorAll('.choices').length === 3 && document.querySelector('.amount').textContent === '0 đ'`,
	)
	v.checkScreen("book")
	v.until(
		`(() => { document.querySelectorAll('.choices')[0].querySelectorAll('button')[1].click(); return true; })()`,
	)
	v.until(`document.querySelectorAll('.choices').length === 2`)
	v.press("Ghi cả 2 khoản")
	v.until(`document.querySelector('.amount').textContent === '50.000 đ'`)
	v.press("Thêm tiền mặt")
	for _, text := range append(apptest.AmbiguousAmounts, "7\u00a0000") { // the last is pasted
		v.until(
			fmt.Sprintf(
				`(() => { const e = document.querySelector('[name=amount]'); if (!e) return false; e.value = %q; return true; })()`,
				text,
			),
		)
		v.press("Ghi vào sổ")
		if text[0] != '7' {
			v.until(fmt.Sprintf(`document.querySelector('[role=alert]')?.textContent.startsWith(%q)`, "“"+text+
				"” chưa phải số tiền"))
		}
	}
	v.until(`document.querySelector('.amount').textContent === '57.000 đ'`)
	v.checkScreen("book-written")
	kind, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](
			`fetch(document.querySelector('a[href*="revenue-book.pdf"]').href).then((r) => r.status + ' ' + r.headers.get('content-type'))`,
			chromedp.EvalAwaitPromise,
		))
	must(t, err)
	if kind != "200 application/pdf" {
		t.Errorf("the form is %s", kind)
	}
}

// TestTheOwnerAgreesAndWithdraws says yes to standing on the shopper's page, sees it there, and
// takes it back.
func TestTheOwnerAgreesAndWithdraws(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	named := func() bool { return strings.Contains(v.HTML("/q/"+v.Code, "vi", 200), "Nguyễn Thị Lan") }
	click := `(() => { const b = document.querySelector('[data-consent=public_page] button'); b?.click(); return !!b; })()`
	v.open("more")
	v.do(chromedp.Click(`main a[href="#visibility"]`))
	v.press("Điều tôi đồng ý")
	v.until(click)
	v.until(`document.querySelector('[data-consent=public_page]').dataset.given === 'true'`)
	v.checkScreen("consents")
	if !named() {
		t.Error("with consent the page does not name the seller")
	}
	v.until(click)
	v.until(`document.querySelector('[data-consent=public_page]').dataset.given === 'false'`)
	if named() {
		t.Error("withdrawn, the page still names the seller")
	}
}

// TestAStickerIsChecked gives the app pictures of stickers: the stall's own, and one that pays
// somebody else.
func TestAStickerIsChecked(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	_, own := v.Get("/q/" + v.Code + ".txt")
	foreign, err := vietqr.Encode(vietqr.Payment{BIN: "970422", Account: "666", Purpose: v.Code})
	must(t, err)
	v.open("more")
	v.press("Kiểm tra tem")
	for payload, verdict := range map[string]string{own: "official", foreign: "swapped"} {
		picture, err := vietqr.PNG(payload, 6)
		must(t, err)
		file := filepath.Join(t.TempDir(), "sticker.png")
		must(t, os.WriteFile(file, picture, 0o600))
		v.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
		v.until(fmt.Sprintf(`document.querySelector('[data-verdict]')?.dataset.verdict === %q`, verdict))
	}
	v.checkScreen("check")
}

// TestTheAppIsSmall bounds the bytes to a working first screen, as a browser receives them; the voice
// comes with the first touch.
func TestTheAppIsSmall(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	apptest.CheckWireSize(t, v.tab, 60<<10)
}
