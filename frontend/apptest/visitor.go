package apptest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"market40/frontend/apptest/program"
)

// Visitor is a person at a browser with a device for passkeys.
type Visitor struct {
	T     *testing.T
	Tab   context.Context
	At    string // the server's address
	Width int64
}

// Do runs steps in the visitor's tab.
func (v *Visitor) Do(steps ...chromedp.Action[chromedp.Void]) {
	v.T.Helper()
	program.Must(v.T, chromedp.Do(v.Tab, steps...))
}

// Code returns the code that the visitor's authenticator shows after some time.
func (v *Visitor) Code(secret string, ahead time.Duration) string {
	v.T.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(ahead))
	program.Must(v.T, err)
	return code
}

// WaitMessage waits until the page's message contains a text.
func (v *Visitor) WaitMessage(text string) {
	v.T.Helper()
	Until(v.T, v.Tab, fmt.Sprintf(`document.getElementById('message')?.textContent.includes(%q)`, text))
}
