package stall_test

import (
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// is waits until the bar shows a state, and checks that it fits the space of every state.
func (v *seller) is(state string) {
	v.T.Helper()
	v.until(fmt.Sprintf(`document.querySelector('[data-listening]')?.dataset.listening === %q`, state))
	high, err := chromedp.Run(v.tab,
		chromedp.Evaluate[bool](
			`((bar) => bar.offsetHeight > Math.ceil(parseFloat(getComputedStyle(bar).minHeight)))(document.querySelector('.bar'))`,
		))
	must(v.T, err)
	if high {
		v.T.Errorf("%s: the bar takes more than its room", state)
	}
}

// isOnEveryScreen goes through the screens and checks that each has the bar.
func (v *seller) isOnEveryScreen(state string) {
	v.T.Helper()
	for _, screen := range []string{"keypad", "code", "today", "more", "sell"} {
		v.open(screen)
		v.is(state)
	}
}

// brokenSound lets a page lose its recordings and its audio: window.noClips fails their download,
// window.audio is what the browser says of its audio, as after a phone call; window.clock is what
// the audio's clock shows; window.shaken is whether the phone shook.
const brokenSound = `(() => {
	const real = window.fetch;
	window.fetch = (...call) => window.noClips && String(call[0]?.url ?? call[0]).includes('.mp3') ? Promise.reject(new TypeError('Failed to fetch')) : real(...call);
	window.contexts = [];
	window.AudioContext = class extends AudioContext {
		constructor() { super(); window.contexts.push(this); }
		get state() { return window.audio ?? super.state; }
		get currentTime() { return window.clock ?? super.currentTime; }
		resume() { return window.audio ? Promise.reject(new Error(window.audio)) : super.resume(); }
	};
	Object.defineProperty(navigator, 'vibrate', { value: () => { window.shaken = true; } });
	window.tellAudio = (state) => { window.audio = state; for (const c of window.contexts) c.onstatechange?.(); };
	return true;
})()`

// spoke waits until everything up to a payment's version has been said to its end.
func (v *seller) spoke(version int) {
	v.T.Helper()
	v.until(fmt.Sprintf(`(() => {
		const open = indexedDB.open('market40-stall');
		open.onsuccess = () => {
			open.result.transaction('facts').objectStore('facts').openCursor(IDBKeyRange.bound('spoken:', 'spoken;')).onsuccess = (e) => { window.spoken = e.target.result?.value; };
			open.result.close();
		};
		return window.spoken === %d;
	})()`, version))
}

// TestSilentPhoneIsReported takes from a selling phone its recordings, its audio, its line and its
// session, one after the other. It never looks as if it listened, and says later what it could not
// say.
func TestSilentPhoneIsReported(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 320)
	v.is("selling_off")
	v.isOnEveryScreen("selling_off")
	v.Pay(v.Code, 1000) // the account has reported: what is deaf from here on is the phone
	v.until(`document.querySelector('[data-newest]')?.textContent === '1.000 đ'`)
	v.until(brokenSound)

	v.until(`(window.noClips = true)`)
	v.press("Bắt đầu bán")
	v.is("no_sound")
	v.expectSpoken("alarm") // a tone without recordings
	v.checkScreen("no-sound")
	for _, amount := range []int{45000, 12000, 200} {
		v.Pay(v.Code, amount)
	}
	v.until(
		`document.querySelector('[data-newest]')?.textContent === '200 đ' && document.querySelector('[data-small]')?.textContent === 'CHỈ 200 ĐỒNG'`,
	)
	v.until(`(window.noClips = false, true)`)
	v.is("live")
	v.expectSpoken("chime ready")
	v.catchesUp("chime have 3 payments total 5 tens 7 thousand 2 hundred dong", "chime received ten 2 thousand dong")
	v.expectSpoken("alarm only 2 hundred dong")
	v.spoke(4)

	for n, state := range []string{"interrupted", "suspended"} {
		v.until(`(window.heard.length = 0, window.shaken = false, tellAudio('` + state + `'), true)`)
		v.is("no_sound")
		v.until(`window.shaken`) // no tone sounds: the phone shakes
		v.Pay(v.Code, 52000)
		v.Pay(v.Code, 7000)
		v.until(`document.querySelector('[data-newest]')?.textContent === '7.000 đ'`)
		v.until(`(tellAudio(undefined), true)`)
		v.is("live")
		v.expectSpoken("chime sound_back")
		v.catchesUp("chime have 2 payments total 5 tens 9 thousand dong", "chime received 7 thousand dong")
		v.spoke(6 + 2*n)
	}
	v.swallowed()
	v.open("today")
	v.Pay(v.Code, 300)
	v.until(`document.querySelector('[data-arrival].bad')?.textContent.includes('CHỈ 300 ĐỒNG')`)
	v.open("sell")
	v.spoke(11)
	v.endedElsewhere()
}

// catchesUp checks that what could not be spoken is announced: as a count and a sum, or one by one
// where the sound was back before it was missed.
func (v *seller) catchesUp(sum, last string) {
	v.T.Helper()
	v.until(fmt.Sprintf(`[%q, %q].some((said) => window.heard.includes(said))`, sum, last))
}

// swallowed wants a line that delivers nothing to be heard of within ten seconds of the server's
// silence.
func (v *seller) swallowed() {
	v.T.Helper()
	v.wire.Swallow(true)
	began := time.Now()
	v.is("no_network")
	if waited := time.Since(began); waited > 40*time.Second { // ten, and what a busy machine takes
		v.T.Errorf("a line that is dead without an end looks alive for %s", waited)
	}
	v.expectSpoken("lost offline")
	v.Pay(v.Code, 8000)
	v.Pay(v.Code, 9000)
	v.wire.Cut(true)
	v.wire.Swallow(false)
	v.wire.Cut(false)
	v.expectSpoken("online")
	v.is("live")
	v.spoke(10) // together or one by one, as they come again
}

// endedElsewhere ends the session as from another phone. What comes meanwhile is said once somebody
// has signed in again.
func (v *seller) endedElsewhere() {
	v.T.Helper()
	v.until(`(window.heard.length = 0, true)`)
	program.Execute(v.T, v.Database(), `UPDATE sessions SET ended_at = now()`)
	v.is("signed_out")
	v.expectSpoken("alarm signed_out")
	v.until(`!window.heard.includes('lost offline')`) // the network was there
	v.isOnEveryScreen("signed_out")
	v.checkScreen("signed-out")
	v.until(`location.pathname === '/stall/' && document.querySelector('.bar a')?.textContent === 'Đăng nhập lại'`)
	v.Pay(v.Code, 20000)
	v.Pay(v.Code, 30000)
	url := v.CallAs(v.Admin, "POST", "/api/v1/stalls/"+v.Stall+"/invitations", nil, 201).Text("url")
	url = strings.Replace(url, v.Address, "http://"+v.wire.Listener.Addr().String(), 1)
	_, err := chromedp.Call(v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: fastMinutes})
	must(v.T, err)
	v.do(chromedp.Navigate(url), chromedp.Click("button"), chromedp.WaitVisible(`a[href="/stall/"]`),
		chromedp.Click(`a[href="/stall/"]`))
	v.is("selling_off")
	v.press("Bắt đầu bán")
	v.catchesUp("chime have 2 payments total 5 tens thousand dong", "chime received 3 tens thousand dong")
	v.switchedOff()
}

// fastMinutes lets the page do every second what it does every minute.
const fastMinutes = `((every) => { window.setInterval = (does, ms, ...more) => every(does, ms === 60000 ? 1000 : ms, ...more); })(window.setInterval);`

// switchedOff switches the stall's only connection off: within a minute the phone says that it
// hears nothing any more.
func (v *seller) switchedOff() {
	v.T.Helper()
	v.is("live")
	v.CallAs(v.Admin, "PATCH", "/api/v1/bank-connections/"+path.Base(v.Hook), object{"enabled": false}, 200)
	v.is("not_linked")
	v.expectSpoken("alarm no_feed")
}

// TestTheOwnerStopsAChangeOfTheAccount sees on the first screen what somebody proposed for the
// stall's account, and stops it; and is warned of a second account of which no bank ever reported,
// there and beside its code.
func TestTheOwnerStopsAChangeOfTheAccount(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	s.Pay(s.Code, 1000)
	s.Approve(s.Env, s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/accounts", program.SecondAccount, 202))
	// it began when it was approved
	program.Execute(t, s.Database(), `UPDATE beneficiary_changes SET proposed_at = proposed_at - interval '2 days'`)
	proposeChange(s)
	v := inviteOwner(s, 360)
	v.until(
		`(() => { const c = document.querySelector('[data-change=pending]'); return c?.textContent.includes('••••8777') && c.textContent.includes('••••4567') && c.classList.contains('bad'); })()`,
	)
	// an addition may be taken back for a day
	v.until(`document.querySelector('[data-change=effective]')?.textContent.includes('VietinBank ••••0300')`)
	v.until(`document.querySelector('[data-stale=unproven]')?.textContent.includes('VietinBank ••••0300')`)
	v.checkScreen("change")
	v.press("Bắt đầu bán")
	v.is("not_linked")
	v.expectSpoken("chime ready")
	v.expectSpoken("alarm unproven")
	v.open("code")
	v.until(
		`document.querySelectorAll('[aria-pressed]').length === 2 && document.querySelector('[data-stale]') === null`,
	)
	v.press("VietinBank ••••0300")
	v.until(`document.querySelector('[data-stale=unproven]') !== null`)
	v.checkScreen("unproven")
	v.open("sell")
	v.press("Không phải tôi, hủy")
	v.press("Hủy yêu cầu")
	v.until(`document.querySelector('[data-change=pending]') === null`)
	changes := s.CallAs(s.Admin, "GET", "/api/v1/stalls/"+s.Stall+"/beneficiary-changes", nil, 200).Items()
	if newest, _ := changes[0].(map[string]any); newest["state"] != "cancelled" {
		t.Errorf("the change is %v", newest["state"])
	}
	v.open("more")
	v.press("Tài khoản nhận tiền")
	v.until(`document.querySelector('[data-history]')?.textContent.includes('Đã hủy lúc')`)
	v.checkScreen("change-cancelled")
}

// proposeChange proposes another account of the stall's owner.
func proposeChange(s *program.Shop) {
	s.T.Helper()
	s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/beneficiary-changes", object{
		"reason": "đổi ngân hàng",
		"account": object{
			"bank_bin": "970407", "account_number": "190368777", "holder_name": "NGUYEN THI LAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
}

// brokenNumbers lists the amounts on a page that take more than one line or leave the screen.
const brokenNumbers = `(() => {
	const broken = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; (node = texts.nextNode());) {
		for (const found of node.data.matchAll(/-?\d[\d.]* đ/g)) {
			const range = document.createRange();
			range.setStart(node, found.index);
			range.setEnd(node, found.index + found[0].length);
			const boxes = [...range.getClientRects()];
			if (new Set(boxes.map((b) => Math.round(b.top))).size > 1 || boxes.some((b) => b.right > innerWidth || b.left < 0)) broken.push(found[0]);
		}
	}
	return broken;
})()`

// unbroken checks that every amount of the page is on one line and inside of the screen, in the app
// in both languages.
func (v *seller) unbroken(name string) {
	v.T.Helper()
	switches, err := chromedp.Run(v.tab,
		chromedp.Evaluate[bool](`document.querySelector('header button[lang]') !== null`))
	must(v.T, err)
	for _, language := range []string{"vi", "en"} {
		apptest.CheckFits(v.T, v.tab, "stall-320-"+name+"-"+language)
		broken, err := chromedp.Run(v.tab, chromedp.Evaluate[[]string](brokenNumbers))
		must(v.T, err)
		if len(broken) > 0 {
			v.T.Errorf("%s, %s: broken are %q", name, language, broken)
		}
		if !switches {
			break
		}
		v.do(chromedp.Click(`header button[lang]`))
		v.until(fmt.Sprintf(`document.documentElement.lang !== %q`, language))
	}
}

// TestNumbersFitOnASmallScreen shows a day of more than a thousand million on a phone of 320 × 568.
func TestNumbersFitOnASmallScreen(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 320)
	v.do(chromedp.EmulateViewport(320, 568))
	for _, amount := range []int{411522630, 411522630, 411522630} {
		v.Pay(v.Code, amount)
	}
	v.until(`document.querySelector('[data-total]')?.textContent.includes('1.234.567.890 đ')`)
	v.unbroken("sell")
	v.open("keypad")
	for _, key := range []string{"4", "9", "9", "9", "9", "9"} {
		v.press(key)
	}
	v.unbroken("keypad")
	v.press("Hiện mã")
	v.until(`document.querySelector('[data-order=open]') !== null`)
	v.unbroken("order")
	v.Pay(v.shown(), 200)
	// red although the stall does not sell
	v.until(`document.querySelector('[data-order=under].bad')?.textContent.includes('CHỈ 200 ĐỒNG')`)
	v.unbroken("under")
	v.open("today")
	v.until(`document.querySelector('.amount')?.textContent === '1.234.568.090 đ'`)
	v.unbroken("today")
	v.open("more")
	v.do(chromedp.Click(`main a[href="#book"]`))
	v.press("Ghi cả")
	v.until(`document.querySelector('.amount')?.textContent === '1.234.568.090 đ'`)
	v.unbroken("book")
	for _, screen := range []string{"visibility", "accounts", "helpers", "soundbox", "check"} {
		v.open("more")
		v.do(chromedp.Click(`main a[href="#` + screen + `"]`))
		v.until(`document.querySelector('main > .stack > h2') !== null`)
		v.unbroken(screen)
	}
	v.open("more")
	v.unbroken("more")
	order, _ := v.CallAs(v.Admin, "GET", "/api/v1/orders?limit=1&stall_id="+v.Stall, nil, 200).Items()[0].(map[string]any)
	for _, language := range []string{"vi", "en"} {
		v.do(chromedp.Navigate(v.Address + "/q/" + v.Code + "/orders/" + object(order).Text("id") + "?lang=" +
			language))
		v.until(`document.querySelector('.amount') !== null`)
		v.unbroken("shopper-" + language)
	}
}

// TestEightTabsShareOneStream opens the app in more tabs than a browser has connections to a host:
// each answers and shows what comes, and goes on when the tab that holds the line is closed.
func TestEightTabsShareOneStream(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.is("selling_off")
	tabs := []context.Context{v.tab}
	shows := func(amount string) {
		t.Helper()
		for _, tab := range tabs {
			apptest.Until(t, tab, fmt.Sprintf(
				`document.querySelector('[data-newest]')?.textContent === %q && document.querySelector('[data-listening]').dataset.listening === 'selling_off'`,
				amount,
			))
		}
	}
	for range 7 {
		tab, end := chromedp.NewContext(v.tab)
		t.Cleanup(end)
		must(t, chromedp.Do(tab, chromedp.Navigate("http://"+v.wire.Listener.Addr().String()+"/stall/")))
		tabs = append(tabs, tab)
		apptest.Until(t, tab, `document.querySelector('[data-listening=selling_off]') !== null`)
	}
	v.Pay(v.Code, 45000)
	shows("45.000 đ")
	v.do(chromedp.Navigate("about:blank"))
	tabs = tabs[1:]
	v.Pay(v.Code, 12000)
	shows("12.000 đ")
}
