package pages_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestThreeDoors looks at the page at / of a server that is no demo, and goes through its doors.
func TestThreeDoors(t *testing.T) {
	t.Parallel()
	s := program.Serve(t, []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)})
	for _, width := range []int64{360, 1440} {
		tab := apptest.Browse(t, width)
		apptest.CheckPage(t, tab, s.Address+"/", "home", width)
		apptest.CheckWireSize(t, tab, 6<<10)
		for door, leads := range map[string]string{
			"/stall/": "/sign-in", "/district/": "/sign-in", "/sign-in": "/sign-in", "/account": "/sign-in",
		} {
			must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/"), chromedp.Click(`a[href="`+door+`"]`)))
			apptest.Until(t, tab, `location.pathname === '`+leads+`'`)
		}
	}
	for language, title := range map[string]string{"": "Tiểu thương", "vi": "Tiểu thương", "en-GB": "Stall owners"} {
		if page := s.HTML("/", language, 200); !strings.Contains(page, title) || strings.Contains(page, "<script") {
			t.Errorf("in language %q the page is %s", language, page)
		}
	}
	res, o := s.Visit("GET", "/", nil, "Accept", "application/json")
	if links, _ := o["links"].(map[string]any); res.StatusCode != 200 || links["openapi"] != "/openapi.json" {
		t.Errorf("a program is answered with %d %v", res.StatusCode, o)
	}
}
