package district_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
	"market40/migrations/database/dbtest"
)

// office is a server with two pilot markets of twelve merchants each, who were paid last month:
// seven at Chợ Đầm, five at Chợ Ba Ngòi.
type office struct {
	*program.Server
	env         []string
	admin, hook string
	markets     map[string]string   // ids by code
	codes       map[string][]string // memo codes by the market's code
	sent        int
}

// lastMonth is a moment of the month that ended last, and firstDay the day after it, on which its
// state is taken.
func lastMonth() (at time.Time, firstDay string) {
	now := time.Now().In(bizday.Vietnam)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	return first.AddDate(0, 0, -10).Add(9 * time.Hour), first.Format(time.DateOnly)
}

func openOffice(t *testing.T) *office {
	t.Helper()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	o := &office{
		env: env, admin: program.AdminKey(t, env), Server: program.Serve(t, env), markets: map[string]string{},
		codes: map[string][]string{},
	}
	o.hook = o.CallAs(o.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay",
		"name":     "office",
		"secrets":  object{"api_key": strings.TrimPrefix(program.SepayKey, "Apikey ")},
	}, 201).Text("webhook_path")
	o.CallAs(o.admin, "POST", "/api/v1/campaigns", object{
		"code": "CHO40", "name": "Mỗi địa phương một chợ",
		"legal_ref": "Công văn ngày 28/05/2024", "basis": "districts_2024", "starts_on": "2024-05-28",
	}, 201)
	at, _ := lastMonth()
	for i, m := range []struct {
		code, name, commune, district string
		latitude, longitude           float64
		paid                          int
	}{
		{"DAM", "Chợ Đầm", "22366", "568", 12.2545, 109.1917, 7},
		{"BANGOI", "Chợ Ba Ngòi", "22423", "569", 11.9095, 109.1389, 5},
	} {
		o.markets[m.code] = o.CallAs(o.admin, "POST", "/api/v1/markets", object{
			"code": m.code, "name": m.name, "class": 1, "kind": "dan_sinh", "commune_code": m.commune,
			"latitude": m.latitude, "longitude": m.longitude,
		}, 201).Text("id")
		for n := range 12 {
			stall := o.CallAs(o.admin, "POST", "/api/v1/markets/"+o.markets[m.code]+"/stalls", object{
				"number": fmt.Sprintf("A%02d", n+1), "kind": "stall", "zone": "Hải sản", "goods_group": "hai_san",
				"merchant": object{"full_name": fmt.Sprintf("Người bán %d", n+1), "phone": fmt.Sprintf("09050%d%04d", i,
					n)},
				"account": object{
					"bank_bin": "970436", "account_number": o.account(m.code, n),
					"holder_name": "NGUOI BAN", "holder_kind": "ca_nhan",
				},
			}, 201)
			code, _ := stall["code"].(map[string]any)
			o.codes[m.code] = append(o.codes[m.code], object(code).Text("code"))
		}
		for n := range m.paid {
			o.pay(m.code, n, at)
		}
		o.CallAs(
			o.admin,
			"PUT",
			"/api/v1/campaigns/CHO40/pilots/"+m.district,
			object{"market_id": o.markets[m.code]},
			200,
		)
	}
	o.CallAs(
		o.admin,
		"PUT",
		"/api/v1/campaigns/CHO40/pilots/576",
		object{"exempt_reason": "huyện đảo, không có chợ"},
		200,
	)
	o.CallAs(o.admin, "POST", "/api/v1/campaigns/CHO40/targets", object{
		"indicator": "I05", "value": "0.5000",
		"due_on": "2030-12-31",
	}, 201)
	return o
}

func (o *office) account(market string, n int) string {
	return fmt.Sprintf("00110%d%02d", len(market), n)
}

// pay has the bank report a transfer to the n-th stall of a market at some time.
func (o *office) pay(market string, n int, at time.Time) {
	o.T.Helper()
	o.sent++
	o.CallAs(program.SepayKey, "POST", o.hook, object{
		"id": o.sent, "gateway": "", "transactionDate": at.Format(time.DateTime), "accountNumber": o.account(market, n),
		"code": nil, "content": o.codes[market][n],
		"transferType": "in", "transferAmount": 45000, "accumulated": 0, "subAccount": nil,
		"referenceCode": fmt.Sprintf("FT26301%09d", o.sent), "description": "",
	}, 200)
}

// official is somebody at a browser, signed in.
type official struct {
	*office
	tab    context.Context
	width  int64
	secret string // of the authenticator
}

// seat makes a user, called as its role, and signs it in by the page.
func (o *office) seat(role, scope string, width int64) *official {
	o.T.Helper()
	return o.seatAs(strings.ReplaceAll(role, "_", "-"), role, scope, width)
}

// seatAs is seat under another name.
func (o *office) seatAs(login, role, scope string, width int64) *official {
	o.T.Helper()
	args := []string{"users", "create", "--role", role, "--login", login, "--name", "Trần Thị " + login}
	if scope != "" {
		args = append(args, "--scope", scope)
	}
	cmd := program.Command(o.T, o.env, args...)
	cmd.Stdin = strings.NewReader("tôm hùm 9 con\n")
	out, err := cmd.Output()
	must(o.T, err)
	secret := regexp.MustCompile(`second factor +([A-Z2-7]{32})`).FindStringSubmatch(string(out))
	v := &official{office: o, tab: apptest.BrowseFor(o.T, width, 8*time.Minute), width: width, secret: secret[1]}
	v.do(chromedp.Navigate(o.Address+"/sign-in"), chromedp.WaitVisible(`#password`), chromedp.SendKeys(`[name=login]`,
		login), chromedp.SendKeys(`[name=password]`, "tôm hùm 9 con"), chromedp.Click(`#password button`))
	v.until(`!document.getElementById('code').hidden`)
	v.do(
		chromedp.SendKeys(`#password [name=code]`, program.SecondFactor(o.T, v.secret)),
		chromedp.Click(`#password button`),
	)
	v.until(`location.pathname === '/district/' && document.querySelector('nav') !== null`)
	return v
}

func (v *official) do(steps ...chromedp.Action[chromedp.Void]) {
	v.T.Helper()
	must(v.T, chromedp.Do(v.tab, steps...))
}

func (v *official) until(condition string) {
	v.T.Helper()
	apptest.Until(v.T, v.tab, condition)
}

// read is what the page says somewhere.
func (v *official) read(selector string) string {
	v.T.Helper()
	v.until(fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
	said, err := chromedp.Run(v.tab,
		chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).textContent.trim()`, selector)))
	must(v.T, err)
	return said
}

// click clicks what a selector finds, once it is there and enabled.
func (v *official) click(selector string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const e = document.querySelector(%q); if (!e || e.disabled) return false; e.click(); return true; })()`,
			selector,
		),
	)
}

// press clicks the button that says something.
func (v *official) press(label string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const b = [...document.querySelectorAll('main button')].find((b) => b.textContent.trim().startsWith(%q) && !b.disabled); b?.click(); return !!b; })()`,
			label,
		),
	)
}

// choose chooses an option of a field.
func (v *official) choose(selector, value string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const e = document.querySelector(%q); if (!e || ![...e.options].some((o) => o.value === %q)) return false; e.value = %q; e.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`,
			selector,
			value,
			value,
		),
	)
}

// write types into a field.
func (v *official) write(selector, text string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const e = document.querySelector(%q); if (!e) return false; e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`,
			selector,
			text,
		),
	)
}

// open goes to a place behind the # and waits until it is read.
func (v *official) open(place string) {
	v.T.Helper()
	path, _, _ := strings.Cut(place, "?")
	_, err := chromedp.Run(v.tab, chromedp.Evaluate[string](fmt.Sprintf(`location.hash = %q`, "#/"+place)))
	must(v.T, err)
	v.until(fmt.Sprintf(`document.querySelector('main').dataset.place === %q`, path))
	v.waitSettled()
}

func (v *official) waitSettled() {
	v.T.Helper()
	v.until(`document.querySelector('h1') !== null && document.querySelector('.waiting, [aria-busy=true]') === null`)
}

// TestAnOfficersMonth: see who lags, open the market, read the definition, compare districts with
// communes, freeze the month, change the past, see the frozen report unchanged and what a
// correction differs in.
func TestAnOfficersMonth(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("province_officer", "", 1440)
	at, firstDay := lastMonth()
	v.open("overview?as_of=" + firstDay)
	v.choose(`.tools select`, "last")
	v.until(`document.querySelector('tbody tr').dataset.locality === '569'`)
	if said := v.read(`tr[data-locality="569"] .rate b`); said != "41,7 %" {
		t.Errorf("Cam Ranh is at %s", said)
	}
	if said := v.read(`tr[data-locality="576"]`); !strings.Contains(said, "được miễn") ||
		!strings.Contains(said, "huyện đảo") {
		t.Errorf("Trường Sa: %s", said)
	}
	if said := v.read(`tr[data-locality="571"]`); !strings.Contains(said, "chưa chọn chợ") ||
		strings.Contains(said, "0,0 %") {
		t.Errorf("a locality that chose none: %s", said)
	}
	v.click(`tr[data-locality="569"] a.market`)
	v.until(
		`document.querySelector('h1')?.textContent.includes('Chợ Ba Ngòi') && document.querySelector('.tile.main h2 a') !== null`,
	)
	v.click(`.tile.main h2 a`)
	v.until(`document.querySelector('[data-definition="1"] .formula') !== null`)
	v.waitSettled()

	// Charts begin where the data do, whatever the day; what was not chosen yet is not said to
	// be chosen.
	for _, place := range []string{"indicators/I05?as_of=2024-09-01", "market/" + o.markets["DAM"] +
		"?as_of=2024-09-01"} {
		v.open(place)
		v.until(`document.querySelector('.chart') !== null && document.querySelector('main [role=alert]') === null`)
	}
	v.open("indicators/I24?as_of=" + firstDay)
	v.until(
		`document.querySelector('[name=by]')?.value === 'locality' && document.querySelectorAll('[name=by] option').length === 1`,
	)
	v.open("indicators/I05?by=zone&as_of=" + firstDay)
	v.until(
		`[...document.querySelectorAll('.funnel li span')].map((s) => s.textContent).join('; ') === 'Chợ Đầm, hải sản; Chợ Ba Ngòi, hải sản'`,
	)
	o.CallAs(o.admin, "PUT", "/api/v1/campaigns/CHO40/pilots/572", object{
		"exempt_reason": "chợ đang xây lại",
		"since":         firstDay,
	}, 200)
	v.open("overview?as_of=2024-06-15")
	v.expectText(`.tile:last-child .big`, "2 / 8")
	v.expectText(`tr[data-locality="572"]`, "chưa chọn chợ")
	v.open("overview?as_of=" + firstDay)
	v.expectText(`.tile:last-child .big`, "2 / 7")

	v.open("compare?as_of=" + firstDay)
	if said := v.read(`[data-difference] .big`); said != "0,0 điểm" {
		t.Errorf("the same markets in two bases differ by %s", said)
	}
	v.expectText(`.said`, "Mỗi địa phương một chợ · I05")
	if said := v.read(`main table`); !strings.Contains(said, "Thành phố Cam Ranh") ||
		!strings.Contains(said, "Phường Ba Ngòi") {
		t.Errorf("side by side: %s", said)
	}

	v.open("reports")
	v.choose(`[name=period]`, at.Format("2006-01"))
	v.press("Lập bản nháp")
	v.until(`document.querySelector('[data-state=draft]') !== null`)
	const figure = `[data-figure="569-I05"]`
	v.until(`document.querySelector('` + figure + `')?.textContent.startsWith('41,7 %')`)
	v.press("Chốt số liệu và nộp")
	v.until(
		`document.querySelector('[data-state=submitted]') !== null && document.querySelector('[data-version="1"]') !== null`,
	)
	v.waitSettled()
	frozen, hash := v.read(figure), v.read(`[data-sha256]`)

	o.pay("BANGOI", 5, at)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-version="1"]') !== null`)
	if now := v.read(figure); now != frozen || v.read(`[data-sha256]`) != hash {
		t.Errorf("frozen as %s, it now says %s", frozen, now)
	}
	v.write(`[name=reason]`, "ngân hàng báo muộn một khoản")
	v.press("Chốt bản đính chính")
	v.until(
		`document.querySelector('[data-version="2"]') !== null && document.querySelector('[data-differences]')?.textContent.includes('+8,3 điểm')`,
	)
	v.choose(`[name=version]`, "1")
	v.until(`document.querySelector('[data-version="1"]') !== null`)
	v.waitSettled()
	if now := v.read(figure); now != frozen || v.read(`[data-sha256]`) != hash {
		t.Errorf("corrected, the first version says %s, not %s", now, frozen)
	}
	v.open("overview?as_of=" + firstDay)
	if said := v.read(`tr[data-locality="569"] .rate b`); said != "50,0 %" {
		t.Errorf("live, Cam Ranh is at %s", said)
	}
}

// TestALocalityOfficerSeesItsOwn and no other, by no address.
func TestALocalityOfficerSeesItsOwn(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("locality_officer", "locality:districts_2024/568", 1440)
	_, firstDay := lastMonth()
	v.open("overview?campaign=all&as_of=" + firstDay)
	if said := v.read(`main table`); !strings.Contains(said, "Chợ Đầm") || strings.Contains(said, "Ba Ngòi") {
		t.Errorf("Nha Trang's officer sees %s", said)
	}
	if said := v.read(`tr[data-locality="568"] [data-label="Hạng"]`); said != "–" {
		t.Errorf("who sees one locality sees rank %s of it", said)
	}
	v.open("market/" + o.markets["BANGOI"])
	v.until(`document.querySelector('.bad')?.textContent.includes('Không tìm thấy')`)
	v.open("cases")
	v.until(`document.querySelector('h1').textContent === 'Không có trang này'`)
}

// TestEveryDistrictScreen holds every screen against axe and the screen's edge, in both languages,
// on a phone and a desk.
func TestEveryDistrictScreen(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	made := o.CallAs(o.admin, "POST", "/api/v1/periodic-reports", object{
		"campaign": "CHO40", "kind": "month",
		"period": lastPeriod(),
	}, 201).Text("id")
	_, firstDay := lastMonth()
	places := []string{
		"overview", "map", "compare", "indicators", "indicators/I05", "reports", "reports/" + made,
		"lateness", "programme", "markets", "market/" + o.markets["DAM"], "stalls", "import", "posters", "invitations",
		"checks", "cases", "changes", "alerts", "complaints", "connections",
	}
	v := o.seat("admin", "", 1440)
	for _, language := range []string{"vi", "en"} {
		if language == "en" {
			v.click(`.who [lang=en]`)
			v.until(`document.documentElement.lang === 'en'`)
		}
		for _, width := range []int64{1440, 360} {
			v.do(chromedp.EmulateViewport(width, 900))
			for _, place := range places {
				v.open(place + "?as_of=" + firstDay)
				name, _, _ := strings.Cut(place, "/")
				if strings.Contains(place, "/") {
					name += "-one"
				}
				name = fmt.Sprintf("district-%s-%s-%d", name, language, width)
				apptest.CheckFits(t, v.tab, name)
				apptest.CheckAccessible(t, v.tab, name)
			}
		}
	}
}

func lastPeriod() string {
	at, _ := lastMonth()
	return at.Format("2006-01")
}

// TestTheDistrictAppIsSmall bounds what the officers' app loads to its first screen, as a browser
// receives it, and gzipped what it starts with and each part that a screen loads later.
func TestTheDistrictAppIsSmall(t *testing.T) {
	t.Parallel()
	s := program.OpenShop(t)
	v := (&office{env: s.Env, Server: s.Server}).seat("province_officer", "", 1440)
	v.waitSettled()
	apptest.CheckWireSize(t, v.tab, 150<<10)
	_, html := s.Get("/district/")
	start, parts := program.GzipSize(t, html), map[string]bool{}
	for _, asset := range regexp.MustCompile(`/district/(assets/[^"]+)`).FindAllStringSubmatch(html, -1) {
		_, text := s.Get("/district/" + asset[1])
		start += program.GzipSize(t, text)
		for _, part := range regexp.MustCompile(`assets/[\w.-]+\.(?:js|css)`).FindAllString(text, -1) {
			parts[part] = true
		}
	}
	for part := range parts {
		if strings.Contains(html, part) {
			delete(parts, part) // of the start, not a later part
		}
	}
	if start > 60<<10 || start < 20<<10 || len(parts) < 10 {
		t.Errorf("the app starts with %d bytes and has %d parts", start, len(parts))
	}
	for part := range parts {
		_, text := s.Get("/district/" + part)
		if size := program.GzipSize(t, text); size > 20<<10 {
			t.Errorf("%s takes %d bytes", part, size)
		}
	}
}

// TestProvinceInAPicture leaves the overview of the invented province as a picture, with SHOTS.
func TestProvinceInAPicture(t *testing.T) {
	t.Parallel()
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS names no folder")
	}
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1), "DEMO_MONTHS=8"}
	o := &office{env: env, Server: program.Serve(t, env, "--demo")}
	v := o.seat("province_officer", "", 1440)
	v.open("overview")
	v.until(`document.querySelector('main tbody tr td:last-child svg') !== null`)
	apptest.CheckFits(t, v.tab, "province-overview-1440")
}
