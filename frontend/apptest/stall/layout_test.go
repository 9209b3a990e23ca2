package stall_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// places notes where all that may be tapped is; moved lists what of it is elsewhere now.
const places = `(() => {
	const at = () => Object.fromEntries([...document.querySelectorAll('a, button, input, select, summary')].filter((e) => e.checkVisibility({ visibilityProperty: true }))
		.map((e) => [[e.textContent.trim(), e.name, e.getAttribute('href')].join('|'), Math.round(e.getBoundingClientRect().top)]));
	const before = at();
	window.moved = () => { const now = at(); return Object.keys(now).filter((k) => k in before && before[k] !== now[k]).map((k) => k + ' ' + before[k] + ' → ' + now[k]); };
	return true;
})()`

// unchanged is true when the screen was the same at seven looks.
const unchanged = `(() => {
	const now = document.querySelector('main').innerHTML;
	window.same = now === window.seen ? window.same + 1 : 0;
	window.seen = now;
	return window.same >= 7;
})()`

// still checks that no control has moved since its position was recorded.
func (v *seller) still(screen, after string) {
	v.T.Helper()
	moved, err := chromedp.Run(v.tab, chromedp.Evaluate[[]string](`window.moved()`))
	must(v.T, err)
	if len(moved) > 0 {
		v.T.Errorf("%s: after %s these have moved: %q", screen, after, moved)
	}
}

// TestNothingMovesUnderTheFinger lets money, a lost line, a change of the account and the state of
// notifications come while a screen is looked at. A tap lands on what it was aimed at.
func TestNothingMovesUnderTheFinger(t *testing.T) {
	t.Parallel()
	v := inviteOwnerIn(apptest.BrowseWhole(t, 320), program.OpenShop(t), 320)
	v.do(chromedp.EmulateViewport(320, 568))
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	for n, screen := range []string{"sell", "keypad", "code", "today", "more"} {
		v.open(screen)
		v.until(`document.querySelector('main .stack') !== null`)
		v.until(unchanged) // what the screen reads has come
		v.until(places)
		for k := range 3 {
			v.Pay(v.Code, []int{411522630, 45000, 200}[k])
		}
		v.until(
			fmt.Sprintf(
				`[...document.querySelectorAll('[data-newest], [data-arrival]')].some((e) => Number(e.dataset.newest ?? e.dataset.arrival) >= %d)`,
				3*n+3,
			),
		)
		v.still(screen, "money")
		v.wire.Cut(true)
		v.is("no_network")
		v.still(screen, "the line was lost")
		if screen == "sell" {
			proposeChange(v.Shop)
		}
		v.wire.Cut(false)
		v.is("live")
		if screen == "sell" {
			v.until(`document.querySelector('[data-change=pending]') !== null`)
		}
		v.still(screen, "the line is back")
	}
	v.notifications()
}

// notifications changes what the phone allows while the screen with the links is shown.
func (v *seller) notifications() {
	v.T.Helper()
	v.until(`document.querySelector('[data-push=off]') !== null`)
	v.until(
		`(sessionStorage.setItem('before', JSON.stringify([...document.querySelectorAll('main a')].map((a) => a.getBoundingClientRect().top))), true)`,
	)
	for state, setting := range map[string]browser.PermissionSetting{
		"blocked": browser.PermissionSettingDenied,
		"off":     browser.PermissionSettingGranted,
	} {
		apptest.Permit(v.T, v.tab, "notifications", setting)
		v.do(chromedp.Reload())
		v.until(fmt.Sprintf(`document.querySelector('[data-push=%s]') !== null`, state))
		v.until(
			`JSON.stringify([...document.querySelectorAll('main a')].map((a) => a.getBoundingClientRect().top)) === sessionStorage.getItem('before')`,
		)
	}
}
