package pages_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// TestShopInABrowser looks at the page in each of its states, and sees an order turn when its money
// comes.
func TestShopInABrowser(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	for _, width := range []int64{360, 1440} {
		tab := apptest.Browse(t, width)
		at := func() string {
			url, err := chromedp.Run(tab, chromedp.Evaluate[string](`location.origin + location.pathname`))
			must(t, err)
			return url
		}
		apptest.CheckPage(t, tab, s.Address+"/q/"+s.Code, "shop", width)
		must(t, chromedp.Do(tab, chromedp.SendKeys(`main > form [name=amount]`, "45.000"),
			chromedp.Click(`main > form button`)))
		apptest.Until(t, tab, `document.querySelector('.wait') !== null`)
		apptest.CheckPage(t, tab, at(), "shop-order", width)
		code, err := chromedp.Run(tab, chromedp.Text(`.code`))
		must(t, err)
		s.Pay(code, 40000)
		apptest.Until(t, tab, `document.querySelector('.old')?.textContent.includes('còn thiếu')`)
		apptest.CheckPage(t, tab, at(), "shop-under", width)
		must(t, chromedp.Do(tab, chromedp.Click(`main > form button`)))
		apptest.Until(t, tab, `document.querySelector('.amount')?.textContent === '5.000 đ'`)
		rest, err := chromedp.Run(tab, chromedp.Text(`.code`))
		must(t, err)
		s.Pay(rest, 5000)
		apptest.Until(t, tab, `document.querySelector('.good')?.textContent.includes('Quầy đã nhận')`)
		apptest.CheckPage(t, tab, at(), "shop-paid", width)
		// Its receipt has an address of its own, without scripts too.
		must(t, chromedp.Do(tab, chromedp.Click(`.tools a`)))
		apptest.Until(t, tab, fmt.Sprintf(
			`location.pathname === '/q/%s' && document.querySelector('.good')?.textContent.includes('Quầy đã nhận')`,
			rest))
		must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/q/"+s.Code+"?lang=vi"),
			chromedp.Click(`#problem summary`)))
		apptest.CheckFits(t, tab, fmt.Sprintf("shop-problem-%d", width))
		apptest.CheckAccessible(t, tab, "shop-problem")
		apptest.CheckPage(t, tab, s.Address+"/q/M4J2222222AB", "shop-unknown", width)
		if width == 1440 { // last: the code is no more
			s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/codes", object{}, 201)
		}
	}
	phone, screen := apptest.Browse(t, 360), apptest.Browse(t, 1440)
	apptest.CheckPage(t, phone, s.Address+"/q/"+s.Code, "shop-superseded", 360)
	apptest.CheckPage(t, screen, s.Address+"/q/"+s.Code, "shop-superseded", 1440)
	s.Approve(s.Env, s.CallAs(s.Admin, "POST", "/api/v1/stalls/"+s.Stall+"/tenancies",
		object{"merchant": object{"full_name": "Lê Văn Ba", "phone": "0905000009"}}, 202))
	apptest.CheckPage(t, phone, s.Address+"/q/"+s.Code, "shop-revoked", 360)
	apptest.CheckPage(t, screen, s.Address+"/q/"+s.Code, "shop-revoked", 1440)
}

// TestUnknownCodeIsReported: the page of a false sticker's code asks not to pay; a
// program gets the problem.
func TestUnknownCodeIsReported(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	for _, path := range []string{"/q/M4J2222222AB", "/q/nothing", "/q/" + s.Code +
		"/orders/019a0000-0000-7000-8000-000000000000"} {
		if page := s.HTML(path, "vi", 404); !strings.Contains(page, "không có trong sổ của chợ") ||
			!strings.Contains(page, `action="/q/check"`) {
			t.Errorf("%s says %s", path, page)
		}
		if page := s.HTML(path, "en", 404); !strings.Contains(page, "do not pay by it") {
			t.Errorf("in English %s says %s", path, page)
		}
	}
	if res, o := s.Visit("GET", "/q/M4J2222222AB", nil); res.StatusCode != 404 || o.Text("code") != "not_found" {
		t.Errorf("a program is answered %d %v", res.StatusCode, o)
	}
}

// TestThePageIsShared: the address it is shared by has a picture, which is the code itself.
func TestThePageIsShared(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t, "PUBLIC_URL=https://cho.example.vn")
	page := s.HTML("/q/"+s.Code, "vi", 200)
	for _, want := range []string{
		`property="og:title" content="Sạp A-12 · Chợ Đầm"`,
		`property="og:url" content="https://cho.example.vn/q/` + s.Code + `"`,
		`property="og:image" content="https://cho.example.vn/q/` + s.Code + `.png"`,
		`Chuyển khoản thẳng vào tài khoản của sạp: NGUYEN THI LAN, Vietcombank ••••4567`,
		`Mã chính thức của sạp</b>, cấp ngày `,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s: %s", want, page)
		}
	}
}

// TestThePageIsPrinted on one sheet of A4, on which an independent reader finds the code.
func TestThePageIsPrinted(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	tab := apptest.Browse(t, 1440)
	must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/q/"+s.Code+"?lang=vi"), chromedp.WaitVisible(`main img`)))
	printed, err := chromedp.Call(tab, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
	must(t, err)
	folder := t.TempDir()
	file := filepath.Join(folder, "x.pdf")
	must(t, os.WriteFile(file, printed.Data, 0o600))
	must(t, exec.CommandContext(t.Context(), "pdftoppm", "-png", "-gray", "-r", "150", file,
		filepath.Join(folder, "page")).Run())
	sheets, err := filepath.Glob(filepath.Join(folder, "page*.png"))
	must(t, err)
	if len(sheets) != 1 {
		t.Fatalf("it takes %d sheets", len(sheets))
	}
	read, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
		sheets[0]).Output()
	must(t, err)
	if _, payload := s.Get("/q/" + s.Code + ".txt"); strings.TrimSpace(string(read)) != strings.TrimSpace(payload) {
		t.Errorf("on paper the code is %q, want %q", read, payload)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
	must(t, err)
	if said := string(text); !strings.Contains(said, "NGUYEN THI LAN") || strings.Contains(said, "Báo sự cố") {
		t.Errorf("the printed text is %s", said)
	}
}

// TestTheShoppersPageIsSmall bounds the bytes of the page with its style, script and picture, as a
// browser receives them.
func TestTheShoppersPageIsSmall(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	tab := apptest.Browse(t, 360)
	must(t, chromedp.Do(tab, chromedp.Navigate(s.Address+"/q/"+s.Code)))
	apptest.Until(t, tab, `document.readyState === 'complete'`)
	apptest.CheckWireSize(t, tab, 15<<10)
}
