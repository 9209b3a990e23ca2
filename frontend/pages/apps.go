package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"market40/merchants/codes"
	"market40/merchants/platform/problem"
	"market40/merchants/vietqr"
)

// bankApp is a bank's app that reads transfer codes.
type bankApp struct {
	Name, ID string
	Fills    bool // it fills in account, amount and memo; others only open
}

// fillsIn are the apps that fill in what to pay, of those that vietqr.io's links open: its
// changelog to 2.18 of 31/07/2026.
var fillsIn = []string{"ocb", "acb", "bidv", "icb", "mb"}

// bankApps are the apps of the banks that may read transfer codes, those first that fill in what to
// pay.
var bankApps = func() []bankApp {
	var fill, open []bankApp
	for _, b := range vietqr.Banks() {
		if len(b.AppIDs) == 0 || b.Transfers == "false" {
			continue
		}
		if app := (bankApp{b.ShortName, b.AppIDs[0], slices.Contains(fillsIn, b.AppIDs[0])}); app.Fills {
			fill = append(fill, app)
		} else {
			open = append(open, app)
		}
	}
	return append(fill, open...)
}()

// appsOf returns the apps that a code's page offers: none if the code cannot be paid.
func appsOf(shown *codes.Printed) []bankApp {
	if shown.Payload == "" || shown.Revoked() || shown.Moved {
		return nil
	}
	return bankApps
}

// openApp redirects to a bank's app by dl.vietqr.io. That site learns the account, the amount and
// the memo, and the page says so before it offers the link. The link contains data of the register
// only, never of the request.
func (p *Pages) openApp(c *gin.Context) error {
	shown, err := p.register.Codes.FindPrinted(c.Request.Context(), c.Param("code"))
	if err != nil {
		return err
	}
	app := c.Param("app")
	if !slices.ContainsFunc(appsOf(shown), func(a bankApp) bool { return a.ID == app }) {
		return problem.Missing("app")
	}
	read, err := vietqr.Decode(shown.Payload)
	if err != nil {
		return problem.Missing("app")
	}
	query := url.Values{"app": {app}, "ba": {read.Account + "@" + read.BIN}, "tn": {read.Purpose}}
	if shown.Amount > 0 {
		query.Set("am", strconv.FormatInt(shown.Amount, 10))
	}
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, "https://dl.vietqr.io/pay?"+query.Encode())
	return nil
}
