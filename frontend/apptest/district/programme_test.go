package district_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/merchants/platform/bizday"
)

// theProgramme: the province designates a pilot, exempts, changes its mind, records a milestone and
// sets a target, and puts boundaries on its map.
func theProgramme(o *office) {
	for _, m := range []struct{ code, name, commune string }{
		{"VANGIA", "Chợ Vạn Giã", "22489"},
		{"VANPHU", "Chợ Vạn Phú", "22489"},
	} {
		o.CallAs(o.admin, "POST", "/api/v1/markets", object{
			"code": m.code, "name": m.name, "class": 2, "kind": "dan_sinh",
			"commune_code": m.commune, "latitude": 12.69, "longitude": 109.22,
		}, 201)
	}
	v := o.seatAs("chuong-trinh", "province_officer", "", 1440)
	v.open("programme")
	v.expectText(`.card p`, "đã chọn 2, miễn 1, chưa chọn 6")
	v.edit("571", func() {
		v.pick(`dialog [name=market_id]`, "Chợ Đầm")
		v.press("Ghi")
		v.expectText(`dialog [role=alert]`, "Chợ này không nằm trong địa phương.")
		v.checkScreen("pilot")
		v.pick(`dialog [name=market_id]`, "Chợ Vạn Giã")
		v.press("Ghi")
	})
	v.expectText(`.card p`, "đã chọn 3, miễn 1, chưa chọn 5")
	v.expectText(`[data-pilot="571"] td`, "Chợ Vạn Giã")
	v.expectText(`[data-pilot="571"] td`, "từ 28/05/2024")
	v.edit("573", func() {
		v.click(`dialog [name=exempt]`)
		v.write(`dialog [name=exempt_reason]`, "chợ đang xây lại")
		v.press("Ghi")
	})
	v.expectText(`.card p`, "đã chọn 3, miễn 2, chưa chọn 4")
	v.expectText(`[data-pilot="573"] td`, "chợ đang xây lại")

	v.edit("571", func() {
		v.pick(`dialog [name=market_id]`, "Chợ Vạn Phú")
		v.press("Ghi")
	})
	v.expectText(`[data-pilot="571"] details`, "Lịch sử (2)")
	v.expectText(`[data-pilot="571"] details li`, "Chợ Vạn Giã, 28/05/2024 – ")
	v.expectText(`[data-pilot="571"] details li`, "Chợ Vạn Phú, ")

	v.edit("568", func() {
		v.choose(`dialog [name=milestone]`, "equipped")
		v.write(`dialog fieldset:last-of-type .day input`, "01/06/2024")
		v.press("Ghi mốc")
	})
	v.edit("568", func() {
		v.choose(`dialog [name=milestone]`, "launched")
		v.write(`dialog fieldset:last-of-type .day input`, "31/05/2024")
		v.press("Ghi mốc")
		v.expectText(`dialog [role=alert]`, "Các mốc theo thứ tự: đã trang bị")
		v.write(`dialog fieldset:last-of-type .day input`, "03/06/2024")
		v.press("Ghi mốc")
	})
	v.expectText(`[data-pilot="568"] [data-label="Đã ra mắt"]`, "03/06/2024")
	v.expectText(`[data-pilot="568"] [data-label="Đã trang bị"]`, "01/06/2024")

	v.write(`[name=value]`, "nhiều")
	v.press("Giao chỉ tiêu")
	v.expectText(`form [role=alert]`, "Viết số như 60 hoặc 83,5.")
	v.choose(`[name=indicator]`, "I01")
	v.pick(`[name=locality]`, "Huyện Vạn Ninh")
	v.write(`[name=value]`, "83,5")
	v.press("Giao chỉ tiêu")
	v.expectText(`tbody tr`, "Huyện Vạn Ninh83,5 %")
	year := time.Now().In(bizday.Vietnam).Year()
	// the choice is the default of the next one
	v.until(fmt.Sprintf(`[...document.querySelectorAll('form .day input')].some((e) => e.value === '31/12/%d')`, year))
	v.until(
		`(() => { const b = [...document.querySelectorAll('tbody tr')].find((r) => r.textContent.includes('Huyện Vạn Ninh83,5'))?.querySelector('button'); b?.click(); return !!b; })()`,
	)
	v.expectText(`[data-leaving]`, "Huyện Vạn Ninh: 83,5 %")
	v.press("Giữ lại")
	v.until(`document.querySelector('dialog[open]') === null`)
	v.expectText(`main`, "Huyện Vạn Ninh83,5 %")
	v.until(
		`(() => { const b = [...document.querySelectorAll('tbody tr')].find((r) => r.textContent.includes('Huyện Vạn Ninh83,5'))?.querySelector('button'); b?.click(); return !!b; })()`,
	)
	v.press("Bỏ chỉ tiêu")
	v.until(`![...document.querySelectorAll('tbody tr')].some((r) => r.textContent.includes('83,5 %'))`)
	v.until(`![...document.querySelectorAll('tbody tr')].some((r) => r.textContent.includes('83,5 %'))`)
	v.open("overview")
	v.expectText(`.tile`, "3 / 7")
	if said := v.read(`tr[data-locality="573"]`); !strings.Contains(said, "được miễn") ||
		!strings.Contains(said, "chợ đang xây lại") {
		v.T.Errorf("an exempt locality: %s", said)
	}
	v.boundaries()
	v.anotherCampaign()
}

// anotherCampaign is made on the screen and shown there; it began earlier, so who comes anew still
// sees the one that began last.
func (v *official) anotherCampaign() {
	v.T.Helper()
	v.open("programme")
	v.until(
		`(() => { const d = [...document.querySelectorAll('details.card')].at(-1); if (d) d.open = true; return !!d; })()`,
	)
	for name, text := range map[string]string{
		"code": "CHO40", "name": "Đợt thử", "legal_ref": "Kế hoạch 01/KH",
		"due_day": "10",
	} {
		v.write(`details.card [name=`+name+`]`, text)
	}
	v.write(`details.card .day input`, "02/01/2024")
	v.press("Thêm")
	v.expectText(`details.card [role=alert]`, "Mã chiến dịch này đã có.")
	v.write(`details.card [name=code]`, "A-THU")
	v.press("Thêm")
	v.expectText(`.card h2`, "Đợt thử")
	v.expectText(`.card dd`, "ngày 10 tháng sau")
	v.expectText(`.card dd`, "02/01/2024")
	v.do(chromedp.Navigate(v.Address+"/district/#/overview"), chromedp.Reload())
	v.expectText(`.said`, "Mỗi địa phương một chợ")
	v.CallAs(v.admin, "POST", "/api/v1/campaigns", object{
		"code": "B-HET", "name": "Đợt đã hết", "legal_ref": "x",
		"starts_on": "2025-08-01", "ends_on": "2025-12-31",
	}, 201)
	v.do(chromedp.Reload())
	v.expectText(`.said`, "Mỗi địa phương một chợ") // which runs, though the other began later
	v.open("programme?campaign=B-HET")
	v.expectText(`.row .soft`, "đã chọn 0, miễn 0, chiến dịch đã kết thúc ")
}

// edit opens a locality's dialog, does something there, and waits until it is closed.
func (v *official) edit(locality string, does func()) {
	v.T.Helper()
	v.click(`[data-pilot="` + locality + `"] button`)
	v.until(`document.querySelector('dialog[open] h2') !== null`)
	does()
	v.until(`document.querySelector('dialog[open]') === null`)
	v.waitSettled()
}

// pick chooses the option of a field that begins with some words.
func (v *official) pick(selector, words string) {
	v.T.Helper()
	v.until(
		fmt.Sprintf(
			`(() => { const e = document.querySelector(%q); const o = e && [...e.options].find((o) => o.textContent.startsWith(%q)); if (!o) return false; e.value = o.value; e.dispatchEvent(new Event('change', { bubbles: true })); return true; })()`,
			selector,
			words,
		),
	)
}

const districtsOfTwo = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"ten":"Nha Trang"},"geometry":{"type":"Polygon","coordinates":[[[109.1,12.15],[109.3,12.15],[109.3,12.4],[109.1,12.4],[109.1,12.15]]]}},
{"type":"Feature","properties":{"ten":"Cam Ranh"},"geometry":{"type":"MultiPolygon","coordinates":[[[[109.0,11.8],[109.2,11.8],[109.2,12.0],[109.0,11.8]]]]}}]}`

// boundaries are put on the map, stay over a reload, and leave the browser never; a file that is
// none is refused in a sentence.
func (v *official) boundaries() {
	v.T.Helper()
	file := func(name, text string) []string {
		path := filepath.Join(v.T.TempDir(), name)
		must(v.T, os.WriteFile(path, []byte(text), 0o600))
		return []string{path}
	}
	v.open("map")
	v.until(`document.querySelectorAll('svg.map a').length >= 2`)
	var sent atomic.Int32
	must(v.T, chromedp.Listen(v.tab, func(ev any) {
		if e, is := ev.(*network.EventRequestWillBeSent); is && (e.Request.Method != http.MethodGet ||
			e.Request.HasPostData) {
			sent.Add(1)
		}
	}))
	_, err := chromedp.Call(v.tab, network.Enable, network.EnableParams{})
	must(v.T, err)
	for _, tt := range []struct{ name, text, said string }{
		{"hong.geojson", `{"type":"Feature`, "không phải JSON"},
		{"la.geojson", `{"type":"Topology","objects":{}}`, "không phải GeoJSON"},
		{"diem.geojson", `{"type":"Point","coordinates":[109.1,12.2]}`, "không có vùng"},
		{"vn2000.geojson", `{"type":"Polygon","coordinates":[[[600000,1350000],[600010,1350000],[600010,1350010],[600000,1350000]]]}`, "VN-2000"},
	} {
		v.do(chromedp.SetUploadFiles(`input[name=boundaries]`, file(tt.name, tt.text)))
		v.expectText(`.note.bad`, tt.said)
		v.until(`document.querySelectorAll('path.area').length === 0`)
	}
	v.do(chromedp.SetUploadFiles(`input[name=boundaries]`, file("khanh-hoa.geojson", districtsOfTwo)))
	v.until(
		`document.querySelectorAll('path.area').length === 2 && document.querySelector('[data-boundaries="2"]') !== null && document.querySelector('.note.bad') === null`,
	)
	v.expectText(`path.area title`, "Cam Ranh")
	apptest.CheckFits(v.T, v.tab, "district-map-boundaries-1440")
	apptest.CheckAccessible(v.T, v.tab, "a map with boundaries")
	v.do(chromedp.Reload())
	v.until(`document.querySelectorAll('path.area').length === 2`)
	v.press("Bỏ ranh giới")
	v.until(`document.querySelectorAll('path.area').length === 0`)
	if n := sent.Load(); n > 0 {
		v.T.Errorf("the page sent %d times something", n)
	}
}
