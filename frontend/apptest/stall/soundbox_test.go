package stall_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest/program"
)

// TestTheBoxSpeaksInThePhonesPlace pairs a box in the app. What the box takes the phone shows and
// does not say; what a box that hangs does not take, it says after five seconds; without a box it
// says everything at once.
func TestTheBoxSpeaksInThePhonesPlace(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t, "MQTT_LISTEN_ADDR=127.0.0.1:0")
	v := inviteOwner(s, 360)
	b := program.NewBox(t).Start(program.MQTTAddress(s.Server))
	code := b.WaitFor("code")
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	v.pairInTheApp("000000", "Mã ghép không đúng")
	v.pairInTheApp(code, "Đã ghép Loa ở quầy")
	b.WaitSpoken("chime ready")
	v.until(`document.querySelector('[data-soundbox]')?.textContent.includes('Loa ở quầy')`)
	v.checkScreen("soundbox")
	v.do(chromedp.Reload()) // an opened stream first reports the box, then payments
	v.open("sell")
	v.press("Bắt đầu bán")
	v.expectSpoken("chime ready")
	v.Pay(v.Code, 45000)
	b.WaitSpoken("chime received 4 tens five_after_tens thousand dong")
	v.until(`document.querySelector('[data-newest]')?.textContent === '45.000 đ'`)

	must(t, b.Cmd.Process.Signal(syscall.SIGSTOP)) // connected, and dead
	paid := time.Now()
	v.Pay(v.Code, 12000)
	v.until(`document.querySelector('[data-newest]')?.textContent === '12.000 đ'`)
	v.expectSpoken("chime received ten 2 thousand dong")
	if waited := time.Since(paid); waited < 4500*time.Millisecond || waited > 40*time.Second {
		t.Errorf("the phone speaks after %s", waited)
	}
	must(t, b.Cmd.Process.Signal(syscall.SIGCONT))
	b.WaitSpoken("chime received ten 2 thousand dong") // it comes too late: both have said it
	b.Off()
	var waited time.Duration
	// the server may not have heard yet that it is off, and the machine may be busy
	for _, said := range []string{"7", "8", "9"} {
		paid = time.Now()
		v.Pay(v.Code, int(said[0]-'0')*1000)
		v.expectSpoken("chime received " + said + " thousand dong")
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
	v.checkScreen("soundbox-gone")
}

// pairInTheApp enters a code, and expects an answer.
func (v *seller) pairInTheApp(code, answer string) {
	v.T.Helper()
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
