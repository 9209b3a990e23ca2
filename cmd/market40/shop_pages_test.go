package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// stand holds a page against axe-core's rules in both languages, and leaves a picture of each.
func stand(t *testing.T, tab context.Context, address, name string, width int64) {
	t.Helper()
	for _, language := range []string{"en", "vi"} { // left in Vietnamese
		must(t, chromedp.Do(tab, chromedp.Navigate(address+"?lang="+language)))
		until(t, tab, fmt.Sprintf(`document.readyState === 'complete' && document.documentElement.lang === %q`,
			language))
		ending := map[string]string{"en": "-en", "vi": ""}[language]
		fits(t, tab, fmt.Sprintf("%s%s-%d", name, ending, width))
		clean(t, tab, name+ending)
	}
}

// TestShopInABrowser looks at the page in each of its states, and sees an order turn when its money
// comes.
func TestShopInABrowser(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for _, width := range []int64{360, 1440} {
		tab := browse(t, width)
		at := func() string {
			url, err := chromedp.Run(tab, chromedp.Evaluate[string](`location.origin + location.pathname`))
			must(t, err)
			return url
		}
		stand(t, tab, s.address+"/q/"+s.code, "shop", width)
		must(t, chromedp.Do(tab, chromedp.SendKeys(`main > form [name=amount]`, "45.000"),
			chromedp.Click(`main > form button`)))
		until(t, tab, `document.querySelector('.wait') !== null`)
		stand(t, tab, at(), "shop-order", width)
		code, err := chromedp.Run(tab, chromedp.Text(`.code`))
		must(t, err)
		s.pay(code, 40000)
		until(t, tab, `document.querySelector('.old')?.textContent.includes('còn thiếu')`)
		stand(t, tab, at(), "shop-under", width)
		must(t, chromedp.Do(tab, chromedp.Click(`main > form button`)))
		until(t, tab, `document.querySelector('.amount')?.textContent === '5.000 đ'`)
		rest, err := chromedp.Run(tab, chromedp.Text(`.code`))
		must(t, err)
		s.pay(rest, 5000)
		until(t, tab, `document.querySelector('.good')?.textContent.includes('Quầy đã nhận')`)
		stand(t, tab, at(), "shop-paid", width)
		// Its receipt has an address of its own, without scripts too.
		must(t, chromedp.Do(tab, chromedp.Click(`.tools a`)))
		until(t, tab, fmt.Sprintf(
			`location.pathname === '/q/%s' && document.querySelector('.good')?.textContent.includes('Quầy đã nhận')`,
			rest))
		must(t, chromedp.Do(tab, chromedp.Navigate(s.address+"/q/"+s.code+"?lang=vi"),
			chromedp.Click(`#problem summary`)))
		fits(t, tab, fmt.Sprintf("shop-problem-%d", width))
		clean(t, tab, "shop-problem")
		stand(t, tab, s.address+"/q/M4J2222222AB", "shop-unknown", width)
		if width == 1440 { // last: the code is no more
			s.ask(s.admin, "POST", "/api/v1/stalls/"+s.stall+"/codes", object{}, 201)
		}
	}
	phone, screen := browse(t, 360), browse(t, 1440)
	stand(t, phone, s.address+"/q/"+s.code, "shop-superseded", 360)
	stand(t, screen, s.address+"/q/"+s.code, "shop-superseded", 1440)
	s.approve(s.env, s.ask(s.admin, "POST", "/api/v1/stalls/"+s.stall+"/tenancies",
		object{"merchant": object{"full_name": "Lê Văn Ba", "phone": "0905000009"}}, 202))
	stand(t, phone, s.address+"/q/"+s.code, "shop-revoked", 360)
	stand(t, screen, s.address+"/q/"+s.code, "shop-revoked", 1440)
}

// TestAnUnknownCodeIsSaidSo: who reads a code of a false sticker is told not to pay, in words; a
// program gets the problem.
func TestAnUnknownCodeIsSaidSo(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for _, path := range []string{"/q/M4J2222222AB", "/q/nothing", "/q/" + s.code +
		"/orders/019a0000-0000-7000-8000-000000000000"} {
		if page := s.html(path, "vi", 404); !strings.Contains(page, "không có trong sổ của chợ") ||
			!strings.Contains(page, `action="/q/check"`) {
			t.Errorf("%s says %s", path, page)
		}
		if page := s.html(path, "en", 404); !strings.Contains(page, "do not pay by it") {
			t.Errorf("in English %s says %s", path, page)
		}
	}
	if res, o := s.visit("GET", "/q/M4J2222222AB", nil); res.StatusCode != 404 || o.text("code") != "not_found" {
		t.Errorf("a program is answered %d %v", res.StatusCode, o)
	}
}

// TestThePageIsShared: the address it is shared by has a picture, which is the code itself.
func TestThePageIsShared(t *testing.T) {
	t.Parallel()
	s := openShop(t, "PUBLIC_URL=https://cho.example.vn")
	page := s.html("/q/"+s.code, "vi", 200)
	for _, want := range []string{
		`property="og:title" content="Sạp A-12 · Chợ Đầm"`,
		`property="og:url" content="https://cho.example.vn/q/` + s.code + `"`,
		`property="og:image" content="https://cho.example.vn/q/` + s.code + `.png"`,
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
	s := openShop(t)
	tab := browse(t, 1440)
	must(t, chromedp.Do(tab, chromedp.Navigate(s.address+"/q/"+s.code+"?lang=vi"), chromedp.WaitVisible(`main img`)))
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
	if _, payload := s.get("/q/" + s.code + ".txt"); strings.TrimSpace(string(read)) != strings.TrimSpace(payload) {
		t.Errorf("on paper the code is %q, want %q", read, payload)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
	must(t, err)
	if said := string(text); !strings.Contains(said, "NGUYEN THI LAN") || strings.Contains(said, "Báo sự cố") {
		t.Errorf("on paper stands %s", said)
	}
}
