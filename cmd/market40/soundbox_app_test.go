package main_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheBoxSpeaksInThePhonesPlace pairs a box in the app. What the box takes the phone shows and
// does not say; what a box that hangs does not take, it says after five seconds; without a box it
// says everything at once.
func TestTheBoxSpeaksInThePhonesPlace(t *testing.T) {
	t.Parallel()
	s := openShop(t, "MQTT_LISTEN_ADDR=127.0.0.1:0")
	v := s.invite(360)
	b := newBox(t).start(mqttOf(s.serving))
	code := b.prints("code")
	v.press("Bắt đầu bán")
	v.hears("chime ready")
	v.pairInTheApp("000000", "Mã ghép không đúng")
	v.pairInTheApp(code, "Đã ghép Loa ở quầy")
	b.hears("chime ready")
	v.until(`document.querySelector('[data-soundbox]')?.textContent.includes('Loa ở quầy')`)
	v.looks("soundbox")
	v.do(chromedp.Reload()) // a stream that is opened tells of the box before it tells of payments
	v.open("sell")
	v.press("Bắt đầu bán")
	v.hears("chime ready")
	v.pay(v.code, 45000)
	b.hears("chime received 4 tens five_after_tens thousand dong")
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)

	must(t, b.cmd.Process.Signal(syscall.SIGSTOP)) // connected, and dead
	paid := time.Now()
	v.pay(v.code, 12000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '12.000 đ'`)
	v.hears("chime received ten 2 thousand dong")
	if waited := time.Since(paid); waited < 4500*time.Millisecond || waited > 40*time.Second {
		t.Errorf("the phone speaks after %s", waited)
	}
	must(t, b.cmd.Process.Signal(syscall.SIGCONT))
	b.hears("chime received ten 2 thousand dong") // it comes too late: both have said it
	b.off()
	var waited time.Duration
	// the server may not have heard yet that it is off, and the machine may be busy
	for _, said := range []string{"7", "8", "9"} {
		paid = time.Now()
		v.pay(v.code, int(said[0]-'0')*1000)
		v.hears("chime received " + said + " thousand dong")
		if waited = time.Since(paid); waited < 4*time.Second {
			break
		}
	}
	if waited >= 4*time.Second {
		t.Errorf("without a box the phone speaks after %s", waited)
	}
	heard, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`window.heard.join(', ')`))
	must(t, err)
	if strings.Contains(heard, "five_after_tens") {
		t.Errorf("what the box took the phone says too: %s", heard)
	}
	v.open("more")
	v.press("Loa báo tiền")
	v.until(`document.querySelector('[data-soundbox]')?.textContent.includes('Mất liên lạc từ')`)
	v.press("Bỏ loa này")
	v.until(`document.querySelector('[data-soundbox]') === null`)
	v.looks("soundbox-gone")
}

// pairInTheApp enters a code, and wants an answer.
func (v *seller) pairInTheApp(code, answer string) {
	v.t.Helper()
	v.open("more")
	v.press("Loa báo tiền")
	v.do(chromedp.WaitVisible(`[name=code]`))
	v.until(
		fmt.Sprintf(
			`(() => { const c = document.querySelector('[name=code]'); c.value = %q; c.form.requestSubmit(); return true; })()`,
			code,
		),
	)
	v.until(fmt.Sprintf(`document.body.textContent.includes(%q)`, answer))
}
