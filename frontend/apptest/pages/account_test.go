package pages_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// TestAccountPages: a person signs in with a password, adds a passkey, signs out, comes back with
// the passkey alone, proves itself with it and changes the password; at the width of a phone and of
// a screen.
func TestAccountPages(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)}
	s := program.Serve(t, env, "--demo")
	for width, login := range map[int64]string{360: "demo.manager", 1440: "demo.auditor"} {
		found := regexp.MustCompile(login + ` +(\S+)  (\S+)`).FindStringSubmatch(strings.Join(s.Printed, "\n"))
		if found == nil {
			t.Fatalf("no sign-in is printed: %v", s.Printed)
		}
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			v := &apptest.Visitor{
				T: t, Tab: apptest.Browse(t, width), At: strings.Replace(s.Address, "127.0.0.1", "localhost", 1),
				Width: width,
			}
			changeAccount(v, login, found[1], found[2])
		})
	}
}

func changeAccount(v *apptest.Visitor, login, password, secret string) {
	_, err := chromedp.Call(v.Tab, webauthn.Enable, webauthn.EnableParams{})
	must(v.T, err)
	device, err := chromedp.Call(v.Tab, webauthn.AddVirtualAuthenticator,
		webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	must(v.T, err)

	// A stranger is sent to sign in, and never to another site from there.
	v.Do(chromedp.Navigate(v.At + "/account"))
	apptest.Until(v.T, v.Tab, `location.pathname === '/sign-in'`)
	apptest.CheckPage(v.T, v.Tab, v.At+"/sign-in", "sign-in", v.Width)
	v.Do(chromedp.Navigate(v.At+"/sign-in?next=//evil.example/"), chromedp.WaitVisible(`#password`))
	v.Do(chromedp.SendKeys(`[name=login]`, login), chromedp.SendKeys(`[name=password]`, password),
		chromedp.Click(`#password button`))
	v.WaitMessage("Cần mã xác thực")
	v.Do(chromedp.SendKeys(`#password [name=code]`, v.Code(secret, 0)), chromedp.Click(`#password button`))
	apptest.Until(v.T, v.Tab, `location.origin + location.pathname === '`+v.At+`/district/'`)
	v.Do(chromedp.Navigate(v.At + "/account"))
	apptest.Until(v.T, v.Tab, `document.querySelectorAll('#sessions li').length === 1`)

	v.Do(chromedp.Click(`#add-passkey`))
	v.WaitMessage("Đã thêm khóa truy cập")
	apptest.Until(v.T, v.Tab, `document.querySelectorAll('#passkeys li').length === 1`)
	apptest.CheckPage(v.T, v.Tab, v.At+"/account", "account", v.Width)
	apptest.Until(v.T, v.Tab, `document.querySelectorAll('#passkeys li').length === 1`)
	v.Do(chromedp.Click(`#sign-out`))
	apptest.Until(v.T, v.Tab, `location.pathname === '/sign-in'`)

	// A device that does not know who holds it opens nothing.
	setVerified := func(yes bool) {
		_, err := chromedp.Call(v.Tab, webauthn.SetUserVerified,
			webauthn.SetUserVerifiedParams{AuthenticatorID: device.AuthenticatorID, IsUserVerified: yes})
		must(v.T, err)
	}
	setVerified(false)
	v.Do(chromedp.WaitVisible(`#passkey`), chromedp.Click(`#passkey`))
	v.WaitMessage("chưa xác nhận trên thiết bị")
	setVerified(true)
	v.Do(chromedp.Click(`#passkey`))
	apptest.Until(v.T, v.Tab, `location.pathname === '/district/'`)
	v.Do(chromedp.Navigate(v.At + "/account"))
	apptest.Until(v.T, v.Tab, `document.querySelectorAll('#passkeys li').length === 1`)
	apptest.Until(v.T, v.Tab, `document.querySelector('#passkeys li small').textContent.includes('dùng lần cuối')`)

	changed := "mắm ruốc ba năm"
	v.Do(chromedp.SendKeys(`#password [name=current_password]`, password), chromedp.SendKeys(`#password [name=code]`,
		v.Code(secret, 30*time.Second)),
		chromedp.SendKeys(`#password [name=password]`, "12345678"), chromedp.Click(`#password button`))
	v.WaitMessage("dễ đoán")
	v.Do(chromedp.SetValue(`#password [name=password]`, changed), chromedp.Click(`#password button`))
	v.WaitMessage("Đã đổi mật khẩu")
	v.Do(chromedp.Click(`#passkeys li button`))
	apptest.Until(v.T, v.Tab, `document.querySelectorAll('#passkeys li').length === 0`)
	v.Do(chromedp.Click(`#sign-out`))
	apptest.Until(v.T, v.Tab, `location.pathname === '/sign-in'`)
	v.Do(chromedp.WaitVisible(`#passkey`), chromedp.Click(`#passkey`)) // the device still knows it, we no longer do
	v.WaitMessage("không đúng")
}
