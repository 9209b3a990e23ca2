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
	At    string
	Width int64
}

func (v *Visitor) Do(steps ...chromedp.Action[chromedp.Void]) {
	v.T.Helper()
	program.Must(v.T, chromedp.Do(v.Tab, steps...))
}

func (v *Visitor) Code(secret string, ahead time.Duration) string {
	v.T.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(ahead))
	program.Must(v.T, err)
	return code
}

func (v *Visitor) WaitMessage(text string) {
	v.T.Helper()
	Until(v.T, v.Tab, fmt.Sprintf(`document.getElementById('message')?.textContent.includes(%q)`, text))
}
