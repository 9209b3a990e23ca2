package district_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
	"market40/frontend/apptest/program"
)

// worksScript notes the states of long work as the page shows them.
const worksScript = `window.worked = []; new MutationObserver(() => { for (const w of document.querySelectorAll('[data-work]')) { const said = w.dataset.work + ' ' + w.querySelector('b').textContent + (w.querySelector('progress') ? ' with progress' : ''); if (window.worked.at(-1) !== said) window.worked.push(said); } }).observe(document, { subtree: true, childList: true, attributes: true });`

// twoOffices: a locality drafts, sees the live figures and submits; the province returns it with a
// note; it is corrected after a late payment, the difference is shown, and the province, not the
// author, approves.
func twoOffices(o *office) {
	v := o.seatAs("nha-trang", "locality_officer", "locality:districts_2024/568", 1440)
	_, err := chromedp.Call(v.tab, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: worksScript})
	must(v.T, err)
	v.do(chromedp.Reload())
	at, _ := lastMonth()
	v.open("reports")
	v.choose(`[name=period]`, at.Format("2006-01"))
	v.press("Lập bản nháp")
	v.until(`document.querySelector('[data-state=draft]') !== null`)
	const figure = `[data-figure="568-I05"]`
	if said := v.read(figure); !strings.HasPrefix(said, "58,3 %") {
		v.T.Errorf("the draft says %s", said)
	}
	v.write(`[name=note]`, "số liệu tháng, xin duyệt")
	v.press("Chốt số liệu và nộp")
	v.until(
		`document.querySelector('[data-state=submitted]') !== null && document.querySelector('[data-version="1"]') !== null`,
	)
	v.until(
		`window.worked.some((w) => w.startsWith('running Chốt số liệu') && w.endsWith('with progress')) && window.worked.some((w) => w.startsWith('done Chốt số liệu'))`,
	)
	v.expectText(`.steps li`, "số liệu tháng, xin duyệt")
	v.mayNotPress("Duyệt báo cáo")
	id := v.placeID()
	if status, _ := v.expectQuestion("POST", "/api/v1/periodic-reports/"+id+"/approve", object{}); status != 403 {
		v.T.Errorf("a locality that approves is answered %d", status)
	}

	p := o.seatAs("so-cong-thuong", "province_officer", "", 1440)
	p.open("reports")
	p.follow(at.Format("01/2006"))
	p.until(`document.querySelector('[data-version="1"]') !== null`)
	p.expectText(`.steps li`, "nha-trang")
	p.write(`[name=note]`, "thiếu một khoản báo muộn")
	p.press("Trả lại")
	p.until(`document.querySelector('[data-state=returned]') !== null`)

	o.pay("DAM", 7, at)
	v.open("reports")
	v.expectText(`.note.warn li`, "bị trả lại")
	v.follow("mở")
	v.expectText(`[data-returned]`, "thiếu một khoản báo muộn")
	v.checkScreen("returned")
	v.write(`[name=reason]`, "ngân hàng báo muộn một khoản")
	v.interrupted("/correct", func() { v.press("Chốt bản đính chính") })
	v.until(
		`document.querySelector('[data-version="2"]') !== null && document.querySelector('[data-difference="568-I05"]') !== null`,
	)
	v.checkDifference()
	v.checkScreen("corrected")

	p.do(chromedp.Reload())
	p.until(`document.querySelector('[data-version="2"]') !== null`)
	p.files(id)
	p.press("Duyệt báo cáo")
	p.until(`document.querySelector('[data-state=approved]') !== null`)
	if status, said := p.expectQuestion("POST", "/api/v1/periodic-reports/"+id+"/approve", object{}); status != 409 ||
		said.Text("code") != "report_state" {
		p.T.Errorf("approved twice: %d %v", status, said)
	}
	p.lateness(at)
	p.ownReport(at)
}

// checkDifference says what the correction changed, each figure in its unit.
func (v *official) checkDifference() {
	v.T.Helper()
	for figure, row := range map[string]string{
		"568-I05": "58,3 % 7 / 12 | 66,7 % 8 / 12 | +8,3 điểm",
		"568-I06": "−58,3 điểm −7 / 12 | −66,7 điểm −8 / 12 | −8,3 điểm",
		"568-I09": "1,0 7 / 7 | 1,0 8 / 8 | 0,0",
	} {
		said, err := chromedp.Run(v.tab,
			chromedp.Evaluate[string](
				fmt.Sprintf(
					`[...document.querySelectorAll('[data-difference="%s"] td.num')].map((e) => [...e.childNodes].map((n) => n.textContent.trim()).filter(Boolean).join(' ')).join(' | ')`,
					figure,
				),
			))
		must(v.T, err)
		if said != row {
			v.T.Errorf("%s differs: %s", figure, said)
		}
	}
	v.expectText(`.steps li`, "ngân hàng báo muộn một khoản")
}

// checkScreen holds a screen against axe, and against the edge of a phone and a desk.
func (v *official) checkScreen(name string) {
	v.T.Helper()
	v.waitSettled()
	for _, width := range []int64{1800 - v.width, v.width} { // its own width last: it stays
		v.do(chromedp.EmulateViewport(width, 900))
		apptest.CheckFits(v.T, v.tab, fmt.Sprintf("district-%s-%d", name, width))
	}
	apptest.CheckAccessible(v.T, v.tab, name)
}

func (v *official) mayNotPress(label string) {
	v.T.Helper()
	v.waitSettled()
	there, err := chromedp.Run(v.tab,
		chromedp.Evaluate[bool](
			fmt.Sprintf(`[...document.querySelectorAll('main button')].some((b) => b.textContent.includes(%q))`,
				label)))
	must(v.T, err)
	if there {
		v.T.Errorf("there is a button %q", label)
	}
}

// placeID is the id behind the screen's name in the address.
func (v *official) placeID() string {
	v.T.Helper()
	place, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`document.querySelector('main').dataset.place`))
	must(v.T, err)
	_, id, _ := strings.Cut(place, "/")
	return id
}

// interrupted does something that requests a path, reloads the page when the server has answered
// but the page has not heard it, and waits until the work is taken up again and done.
func (v *official) interrupted(path string, does func()) {
	v.T.Helper()
	held := make(chan struct{}, 1)
	var met atomic.Bool
	must(v.T, chromedp.Listen(v.tab, func(ev any) {
		paused, is := ev.(*fetch.EventRequestPaused)
		if !is {
			return
		}
		if met.CompareAndSwap(false, true) {
			held <- struct{}{}
			return
		}
		go func() {
			_, _ = chromedp.Call(v.tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: paused.RequestID})
		}()
	}))
	_, err := chromedp.Call(v.tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*" +
		path, RequestStage: fetch.RequestStageResponse}}})
	must(v.T, err)
	does()
	select {
	case <-held:
	case <-time.After(program.Patience):
		v.T.Fatalf("%s was never asked for", path)
	}
	v.until(`document.querySelector('[data-work=running] progress') !== null`)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-work=done]') !== null`)
	_, err = chromedp.Call(v.tab, fetch.Disable, cdp.Empty{})
	must(v.T, err)
	left, err := chromedp.Run(v.tab,
		chromedp.Evaluate[float64](
			`new Promise((done, failed) => { const o = indexedDB.open('market40-district'); o.onerror = failed; o.onsuccess = () => { const r = o.result.transaction('work').objectStore('work').count(); r.onsuccess = () => { o.result.close(); done(r.result); }; }; })`,
			chromedp.EvalAwaitPromise,
		))
	must(v.T, err)
	if left != 0 {
		v.T.Errorf("%v works are still stored", left)
	}
}

// files downloads what was frozen, as every kind, and has it proven; what was tampered with is not.
func (v *official) files(id string) {
	v.T.Helper()
	s := v.shelve()
	found := map[string]string{}
	for kind, begins := range map[string]string{"csv": "\ufeff", "xlsx": "PK", "pdf": "%PDF-", "docx": "PK"} {
		if kind == "pdf" { // the page is left while the file comes
			v.interrupted("/versions/2.pdf", func() { v.press("PDF") })
		} else {
			v.press(strings.ToUpper(kind))
		}
		found[kind] = s.next()
		raw, err := os.ReadFile(found[kind])
		must(v.T, err)
		if !strings.HasPrefix(string(raw), begins) || !regexp.MustCompile(`^bao-cao-CHO40-[\d-]+-568-v2\.`+kind+
			`$`).MatchString(filepath.Base(found[kind])) {
			v.T.Errorf("%s is %d bytes that begin %q", found[kind], len(raw), raw[:min(len(raw), 8)])
		}
		if a := program.Want(
			v.T,
			0,
			v.env,
			"reports",
			"verify",
			found[kind],
		); !strings.Contains(
			a.Out,
			"proven: report "+id+
				", version 2",
		) {
			v.T.Errorf("%s: %s", kind, a.Out)
		}
	}
	if lies := s.lies(); len(lies) != 4 {
		v.T.Errorf("the folder holds %v", lies)
	}
	raw, err := os.ReadFile(found["csv"])
	must(v.T, err)
	line := regexp.MustCompile(`(,I05,\d+,)8(,12,0\.6667)`)
	must(v.T, os.WriteFile(found["csv"], line.ReplaceAll(raw, []byte("${1}9${2}")), 0o600))
	if a := program.Want(v.T, 1, v.env, "reports", "verify", found["csv"]); !strings.Contains(a.Out,
		"I05, numerator): the file says “9”, the signed content “8”") {
		v.T.Errorf("a forged CSV: %s", a.Out)
	}
	must(v.T, os.WriteFile(found["xlsx"], forgedSheets(v, found["xlsx"], "<v>0.66666666666667</v>",
		"<v>0.96666666666667</v>"), 0o600))
	if a := program.Want(v.T, 1, v.env, "reports", "verify", found["xlsx"]); !strings.Contains(a.Out, "I05") ||
		!strings.Contains(a.Out, "0.96666") {
		v.T.Errorf("a forged workbook: %s", a.Out)
	}
}

// forgedSheets returns a workbook with one cell changed in its sheets.
func forgedSheets(v *official, path, old, next string) []byte {
	v.T.Helper()
	from, err := zip.OpenReader(path)
	must(v.T, err)
	defer from.Close()
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	changed := false
	for _, file := range from.File {
		r, err := file.Open()
		must(v.T, err)
		part, err := io.ReadAll(r)
		must(v.T, err)
		if strings.HasPrefix(file.Name, "xl/worksheets/sheet") && bytes.Contains(part, []byte(old)) {
			part, changed = bytes.ReplaceAll(part, []byte(old), []byte(next)), true
		}
		w, err := to.Create(file.Name)
		must(v.T, err)
		_, err = w.Write(part)
		must(v.T, err)
	}
	must(v.T, to.Close())
	if !changed {
		v.T.Errorf("no sheet holds %s", old)
	}
	return out.Bytes()
}

// lateness is what the board says of who handed in and who did not.
func (v *official) lateness(at time.Time) {
	v.T.Helper()
	v.open("lateness?period=" + at.Format("2006-01"))
	v.expectText(`tbody tr`, "Thành phố Cam Ranh")
	when := "trễ"
	if time.Now().In(at.Location()).Day() <= 5 {
		when = "đúng hạn"
	}
	for locality, said := range map[string][]string{
		"Thành phố Nha Trang": {when, "đã duyệt"},
		"Thành phố Cam Ranh":  {"chưa lập"},
	} {
		row, err := chromedp.Run(v.tab,
			chromedp.Evaluate[string](
				fmt.Sprintf(
					`[...document.querySelectorAll('tbody tr')].find((r) => r.textContent.includes(%q))?.textContent ?? ''`,
					locality,
				),
			))
		must(v.T, err)
		for _, word := range said {
			if !strings.Contains(row, word) {
				v.T.Errorf("the board says of %s: %s", locality, row)
			}
		}
	}
}

// ownReport: who submitted a report finds no button that approves it, and is refused when asking
// anyway.
func (v *official) ownReport(at time.Time) {
	v.T.Helper()
	v.open("reports")
	v.choose(`[name=period]`, at.Format("2006-01"))
	v.choose(`[name=locality]`, "")
	v.press("Lập bản nháp")
	v.press("Chốt số liệu và nộp")
	v.until(
		`document.querySelector('[data-state=submitted]') !== null && document.querySelector('[data-own]') !== null`,
	)
	v.mayNotPress("Duyệt báo cáo")
	if status, said := v.expectQuestion(
		"POST",
		"/api/v1/periodic-reports/"+v.placeID()+"/approve",
		object{},
	); status != 409 ||
		said.Text("code") != "second_person_needed" {
		v.T.Errorf("who approves the own report is answered %d %v", status, said)
	}
}
