package main_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// is waits until the bar says a state.
func (v *seller) is(state string) {
	v.t.Helper()
	v.until(fmt.Sprintf(`document.querySelector('[data-listening]')?.dataset.listening === %q`, state))
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

// unbroken wants every amount of the page on one line and inside of the screen.
func (v *seller) unbroken(name string) {
	v.t.Helper()
	fits(v.t, v.tab, "stall-320-"+name)
	broken, err := chromedp.Run(v.tab, chromedp.Evaluate[[]string](brokenNumbers))
	must(v.t, err)
	if len(broken) > 0 {
		v.t.Errorf("%s: broken are %q", name, broken)
	}
}

// TestNumbersFitOnASmallScreen shows a day of more than a thousand million on a phone of 320 × 568.
func TestNumbersFitOnASmallScreen(t *testing.T) {
	t.Parallel()
	v := openShop(t).invite(320)
	v.do(chromedp.EmulateViewport(320, 568))
	for _, amount := range []int{411522630, 411522630, 411522630} {
		v.pay(v.code, amount)
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
	v.pay(v.shown(), 200)
	v.until(`document.querySelector('[data-order=under].bad')?.textContent.includes('CHỈ 200 ĐỒNG')`) // red although the stall does not sell
	v.unbroken("under")
	v.open("today")
	v.until(`document.querySelector('.amount')?.textContent === '1.234.568.090 đ'`)
	v.unbroken("today")
	v.open("more")
	v.until(`(location.hash = '#book') !== ''`)
	v.press("Ghi cả")
	v.until(`document.querySelector('.amount')?.textContent === '1.234.568.090 đ'`)
	v.unbroken("book")
	order, _ := v.ask(v.admin, "GET", "/api/v1/orders?limit=1&stall_id="+v.stall, nil, 200).items()[0].(map[string]any)
	for _, language := range []string{"vi", "en"} {
		v.do(chromedp.Navigate(v.address + "/q/" + v.code + "/orders/" + object(order).text("id") + "?lang=" + language))
		v.until(`document.querySelector('.amount') !== null`)
		v.unbroken("shopper-" + language)
	}
}

// TestEightTabsShareOneLine opens the app in more tabs than a browser has connections to a host: each answers and shows what comes, and goes
// on when the tab that holds the line is closed.
func TestEightTabsShareOneLine(t *testing.T) {
	t.Parallel()
	v := openShop(t).invite(360)
	v.is("selling_off")
	tabs := []context.Context{v.tab}
	shows := func(amount string) {
		t.Helper()
		for _, tab := range tabs {
			until(t, tab, fmt.Sprintf(`document.querySelector('[data-newest]')?.textContent === %q && document.querySelector('[data-listening]').dataset.listening === 'selling_off'`, amount))
		}
	}
	for range 7 {
		tab, end := chromedp.NewContext(v.tab)
		t.Cleanup(end)
		must(t, chromedp.Do(tab, chromedp.Navigate("http://"+v.wire.listener.Addr().String()+"/stall/")))
		tabs = append(tabs, tab)
		until(t, tab, `document.querySelector('[data-listening=selling_off]') !== null`)
	}
	v.pay(v.code, 45000)
	shows("45.000 đ")
	v.do(chromedp.Navigate("about:blank"))
	tabs = tabs[1:]
	v.pay(v.code, 12000)
	shows("12.000 đ")
}
