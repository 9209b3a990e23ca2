package main_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// TestAccountPages: a person signs in with a password, adds a passkey, signs out, comes back with
// the passkey alone, proves itself with it and changes the password; at the width of a phone and of
// a screen.
func TestAccountPages(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + demoURL(t), "SECRET_KEY=" + someSecret(1)}
	s := serve(t, env, "--demo")
	for width, login := range map[int64]string{360: "demo.manager", 1440: "demo.auditor"} {
		found := regexp.MustCompile(login + ` +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.told, "\n"))
		if found == nil {
			t.Fatalf("no sign-in is printed: %v", s.told)
		}
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			v := &visitor{
				t: t, tab: browse(t, width), at: strings.Replace(s.address, "127.0.0.1", "localhost", 1),
				width: width,
			}
			v.account(login, found[1], found[2])
		})
	}
}

// visitor is a person at a browser with a device for passkeys.
type visitor struct {
	t     *testing.T
	tab   context.Context
	at    string
	width int64
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	must(v.t, chromedp.Do(v.tab, steps...))
}

func (v *visitor) code(secret string, ahead time.Duration) string {
	v.t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(ahead))
	must(v.t, err)
	return code
}

func (v *visitor) says(text string) {
	v.t.Helper()
	until(v.t, v.tab, fmt.Sprintf(`document.getElementById('message')?.textContent.includes(%q)`, text))
}

func (v *visitor) account(login, password, secret string) {
	_, err := chromedp.Call(v.tab, webauthn.Enable, webauthn.EnableParams{})
	must(v.t, err)
	device, err := chromedp.Call(v.tab, webauthn.AddVirtualAuthenticator,
		webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	must(v.t, err)

	// A stranger is sent to sign in, and never to another site from there.
	v.do(chromedp.Navigate(v.at + "/account"))
	until(v.t, v.tab, `location.pathname === '/sign-in'`)
	stand(v.t, v.tab, v.at+"/sign-in", "sign-in", v.width)
	v.do(chromedp.Navigate(v.at+"/sign-in?next=//evil.example/"), chromedp.WaitVisible(`#password`))
	v.do(chromedp.SendKeys(`[name=login]`, login), chromedp.SendKeys(`[name=password]`, password),
		chromedp.Click(`#password button`))
	v.says("Cần mã xác thực")
	v.do(chromedp.SendKeys(`#password [name=code]`, v.code(secret, 0)), chromedp.Click(`#password button`))
	until(v.t, v.tab, `location.origin + location.pathname === '`+v.at+`/district/'`)
	v.do(chromedp.Navigate(v.at + "/account"))
	until(v.t, v.tab, `document.querySelectorAll('#sessions li').length === 1`)

	v.do(chromedp.Click(`#add-passkey`))
	v.says("Đã thêm khóa truy cập")
	until(v.t, v.tab, `document.querySelectorAll('#passkeys li').length === 1`)
	stand(v.t, v.tab, v.at+"/account", "account", v.width)
	until(v.t, v.tab, `document.querySelectorAll('#passkeys li').length === 1`)
	v.do(chromedp.Click(`#sign-out`))
	until(v.t, v.tab, `location.pathname === '/sign-in'`)

	// A device that does not know who holds it opens nothing.
	setVerified := func(yes bool) {
		_, err := chromedp.Call(v.tab, webauthn.SetUserVerified,
			webauthn.SetUserVerifiedParams{AuthenticatorID: device.AuthenticatorID, IsUserVerified: yes})
		must(v.t, err)
	}
	setVerified(false)
	v.do(chromedp.WaitVisible(`#passkey`), chromedp.Click(`#passkey`))
	v.says("chưa xác nhận trên thiết bị")
	setVerified(true)
	v.do(chromedp.Click(`#passkey`))
	until(v.t, v.tab, `location.pathname === '/district/'`)
	v.do(chromedp.Navigate(v.at + "/account"))
	until(v.t, v.tab, `document.querySelectorAll('#passkeys li').length === 1`)
	until(v.t, v.tab, `document.querySelector('#passkeys li small').textContent.includes('dùng lần cuối')`)

	changed := "mắm ruốc ba năm"
	v.do(chromedp.SendKeys(`#password [name=current_password]`, password), chromedp.SendKeys(`#password [name=code]`,
		v.code(secret, 30*time.Second)),
		chromedp.SendKeys(`#password [name=password]`, "12345678"), chromedp.Click(`#password button`))
	v.says("dễ đoán")
	v.do(chromedp.SetValue(`#password [name=password]`, changed), chromedp.Click(`#password button`))
	v.says("Đã đổi mật khẩu")
	v.do(chromedp.Click(`#passkeys li button`))
	until(v.t, v.tab, `document.querySelectorAll('#passkeys li').length === 0`)
	v.do(chromedp.Click(`#sign-out`))
	until(v.t, v.tab, `location.pathname === '/sign-in'`)
	v.do(chromedp.WaitVisible(`#passkey`), chromedp.Click(`#passkey`)) // the device still knows it, we no longer do
	v.says("không đúng")
}
