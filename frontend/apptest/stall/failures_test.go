package stall_test

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest/program"
)

// failing lets a page's calls of the API be answered by others than the server: by one that stops,
// by a proxy without one, or not at all.
const failing = `(() => {
	const real = window.fetch;
	const answers = {
		stopping: () => new Response(JSON.stringify({ code: 'stopping', detail: 'x', status: 503 }), { status: 503, headers: { 'Content-Type': 'application/problem+json' } }),
		proxy: () => new Response('<html></html>', { status: 502, headers: { 'Content-Type': 'text/html' } }),
		silence: (signal) => new Promise((_, failed) => signal?.addEventListener('abort', () => failed(new TypeError('cut')))),
	};
	window.fetch = async (...call) => {
		const answer = answers[localStorage.getItem('failing')];
		if (!answer || !new URL(call[0]?.url ?? call[0], location.href).pathname.startsWith('/api/')) return real(...call);
		return answer((call[1] ?? call[0]).signal);
	};
})()`

// TestTheAppOpensWhileTheServerFails: what is not the server's own word opens what the phone keeps,
// as without a network, and is tried again; a phone that keeps nothing says what is wrong, also
// while no answer comes, and opens once it is answered.
func TestTheAppOpensWhileTheServerFails(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.Pay(v.Code, 45000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	_, err := chromedp.Call(v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: failing})
	must(t, err)
	for _, answer := range []string{"stopping", "proxy", "silence"} {
		v.until(`(localStorage.setItem('failing', '` + answer + `'), true)`)
		v.do(chromedp.Reload())
		v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
		v.is("no_network")
		v.until(`document.querySelector('.bad')?.textContent.includes('Mất mạng, cập nhật lúc')`)
		v.do(chromedp.Click(`main button.huge`))
		v.expectSpoken("lost offline")
		v.until(`(localStorage.removeItem('failing'), true)`)
		v.expectSpoken("chime ready")
		v.is("live")
		v.press("Nghỉ bán")
	}
	v.until(`(localStorage.setItem('failing', 'silence'), indexedDB.deleteDatabase('market40-stall'), true)`)
	v.do(chromedp.Reload())
	v.until(
		`document.querySelector('main [role=alert]')?.textContent === 'Hệ thống tạm gián đoạn, xin thử lại sau ít giây.'`,
	)
	v.until(`(localStorage.removeItem('failing'), true)`)
	v.press("Thử lại")
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.until(`(localStorage.setItem('failing', 'proxy'), indexedDB.deleteDatabase('market40-stall'), true)`)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('main [role=alert]')?.textContent.includes('Lỗi máy chủ, hãy thử lại (502)')`)
	v.until(`(localStorage.removeItem('failing'), true)`)
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)
	v.is("selling_off")
}

// TestAStoppedClock: audio that claims to run while its clock does not move is mute. What came
// meanwhile is said as a count and a sum.
func TestAStoppedClock(t *testing.T) {
	t.Parallel()
	v := inviteOwner(program.OpenShop(t), 360)
	v.until(brokenSound)
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	v.Pay(v.Code, 1000)
	v.spoke(1)
	v.is("live")
	v.until(`(window.clock = window.contexts.at(-1).currentTime, true)`)
	v.Pay(v.Code, 20000)
	v.is("no_sound")
	v.Pay(v.Code, 30000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '30.000 đ'`)
	v.until(`(window.clock = undefined, true)`)
	v.is("live")
	v.expectSpoken("chime have 2 payments total 5 tens thousand dong")
	v.spoke(3)
}
