package district_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"market40/frontend/apptest"
)

// TestAHoldersNameIsChecked by a board: it sees which accounts are unchecked, by their last
// digits, and records how it did.
func TestAHoldersNameIsChecked(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("manager", "market:DAM", 1440)
	v.open("names")
	v.until(`document.querySelector('[data-names]').dataset.names === '0/12'`)
	if said := v.read(`[data-account=A01]`); !strings.Contains(said, "••••") ||
		strings.Contains(said, o.account("DAM", 0)) {
		t.Errorf("the account is shown as %s", said)
	}
	v.click(`[data-account=A01] button`)
	v.until(`document.querySelector('dialog[open] input[value=paper]') !== null`)
	apptest.CheckAccessible(t, v.tab, "the check of a name")
	v.click(`dialog input[value=paper]`)
	v.press("Ghi: tên đã đúng")
	v.until(
		`document.querySelector('dialog[open]') === null && document.querySelector('[data-names]').dataset.names === '1/12' && document.querySelector('[data-account=A01]') === null`,
	)
	v.choose(`[name=state]`, "done")
	v.until(`document.querySelector('[data-account=A01]')?.textContent.includes('Xem giấy tờ')`)
	v.do(chromedp.Reload())
	v.until(`document.querySelectorAll('[data-account]').length === 1`)
	for _, item := range o.CallAs(o.admin, "GET", "/api/v1/markets/"+o.markets["DAM"]+"/stalls?limit=200", nil,
		200).Items() {
		stall, _ := item.(map[string]any)
		accounts, _ := stall["accounts"].([]any)
		account, _ := accounts[0].(map[string]any)
		want := map[bool]string{true: "paper"}[stall["number"] == "A01"]
		if how := object(account).Text("name_checked_how"); how != want {
			t.Errorf("%s was checked %q, want %q", stall["number"], how, want)
		}
	}
}

// lists uploads a file of text into the field of a list.
func (v *official) lists(name, text string) {
	v.T.Helper()
	path := filepath.Join(v.T.TempDir(), name+".csv")
	must(v.T, os.WriteFile(path, []byte(text), 0o600))
	v.do(chromedp.SetUploadFiles(fmt.Sprintf(`input[name=%q]`, name), []string{path}))
}

// TestAFieldListIsImported: a list with a wrong row is not written and says which; mended it is,
// and a reload loses neither what was said nor the file.
func TestAFieldListIsImported(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("manager", "market:DAM", 360)
	const header = "Số sạp;Ngày;Kết quả;Ghi chú\n"
	at := "/api/v1/markets/" + o.markets["DAM"]
	day := time.Now().Format("02/01/2006")
	v.open("field/lists/visits")
	v.lists("visits", header+"A01;"+day+";Đã hỗ trợ;\nA02;"+day+";tuyệt vời;\n")
	const faulty = `document.querySelector('[data-import=faulty]') !== null && document.querySelectorAll('[data-row-error]').length === 1`
	v.until(faulty)
	if said := v.read(`[data-row-error]`); !strings.Contains(said, "3") || !strings.Contains(said, "Kết quả") {
		t.Errorf("the wrong row is reported as %s", said)
	}
	v.do(chromedp.Reload())
	v.until(faulty)
	v.lists("visits", header+"A01;"+day+";Đã hỗ trợ;\nA02;"+day+";Vắng;đóng sạp\n")
	v.until(`document.querySelector('[data-import=tried]') !== null`)
	if visits := o.CallAs(o.admin, "GET", at+"/visits", nil, 200).Items(); len(visits) != 0 {
		t.Errorf("a trial wrote %d visits", len(visits))
	}
	v.do(chromedp.Reload())
	v.until(`document.querySelector('[data-import=tried]') !== null`)
	apptest.CheckFits(t, v.tab, "field-lists-tried-360")
	v.press("Ghi 2 dòng")
	v.until(`document.querySelector('[data-import=applied]') !== null`)
	if visits := o.CallAs(o.admin, "GET", at+"/visits", nil, 200).Items(); len(visits) != 2 {
		t.Errorf("%d visits were written", len(visits))
	}
	v.lists("visits", header+"A01;"+day+";Đã hỗ trợ;\nA02;"+day+";Vắng;đóng sạp\n")
	v.until(`document.querySelector('[data-import=tried]')?.textContent.includes('2 dòng đã có')`)

	training := o.CallAs(o.admin, "POST", at+"/trainings", object{"held_on": time.Now().AddDate(0, 0, -3).Format(
		time.DateOnly), "topic": "An toàn thanh toán"}, 201).Text("id")
	v.open("field/lists/attendances")
	v.lists("attendances", "Số sạp\nA01\nA03\n")
	v.until(`document.querySelector('[data-import=tried]') !== null`)
	v.press("Ghi 2 dòng")
	v.until(`document.querySelector('[data-import=applied]') !== null`)
	came := o.CallAs(o.admin, "GET", "/api/v1/trainings/"+training+"/attendances", nil, 200).Items()
	if len(came) != 2 {
		t.Errorf("%d attended", len(came))
	}
}

// TestTheProgrammesCostsAreImported by the province's office, which records nothing at a market.
func TestTheProgrammesCostsAreImported(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := o.seat("province_officer", "", 1440)
	v.open("field/lists")
	v.lists("costs", "Mã chợ,Ngày chi,Khoản chi,Số tiền\nDAM,20/10/2026,In ấn,1.250.000\n")
	v.until(`document.querySelector('[data-import=tried]') !== null`)
	v.press("Ghi 1 dòng")
	v.until(`document.querySelector('[data-import=applied]') !== null`)
	costs := o.CallAs(o.admin, "GET", "/api/v1/campaigns/CHO40/costs", nil, 200).Items()
	if len(costs) != 1 || !strings.Contains(fmt.Sprint(costs[0]), "amount:1250000 ") {
		t.Errorf("the costs are %v", costs)
	}
}

// TestEveryFieldScreen holds the forms of the field and the check of names as
// TestEveryDistrictScreen holds the others.
func TestEveryFieldScreen(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := "/api/v1/markets/" + o.markets["DAM"]
	now := time.Now()
	o.CallAs(
		o.admin,
		"POST",
		at+"/trainings",
		object{"held_on": now.Format(time.DateOnly), "topic": "An toàn thanh toán"},
		201,
	)
	o.CallAs(o.admin, "POST", at+"/sample-plans", object{
		"from": now.Format(time.DateOnly), "to": now.AddDate(0, 0, 6).Format(time.DateOnly), "slots_per_stratum": 2,
		"strata": []any{object{"stratum": "sáng", "hours": []int{5, 9}}},
	}, 201)
	v := o.seat("admin", "", 1440)
	v.open("field/visit")
	v.choose(`.head select`, o.markets["DAM"])
	v.until(`document.querySelector('form.card') !== null`)
	for _, language := range []string{"vi", "en"} {
		if language == "en" {
			v.click(`.who [lang=en]`)
			v.until(`document.documentElement.lang === 'en'`)
		}
		for _, width := range []int64{1440, 360} {
			v.do(chromedp.EmulateViewport(width, 900))
			for _, place := range []string{
				"names", "field/visit", "field/share", "field/training", "field/count",
				"field/survey", "field/refusal", "field/incident", "field/fee", "field/cost", "field/lists/visits",
				"field/lists/attendances", "field/lists/costs",
			} {
				v.open(place)
				v.until(`document.querySelector('.card, [data-names]') !== null`)
				name := fmt.Sprintf("district-%s-%s-%d", strings.ReplaceAll(place, "/", "-"), language, width)
				apptest.CheckFits(t, v.tab, name)
				apptest.CheckAccessible(t, v.tab, name)
			}
		}
	}
}

// TestTemplatesHaveTheHeadingsThatTheServerReads: a file of each kind's headings alone is a list
// without rows, not one without a header.
func TestTemplatesHaveTheHeadingsThatTheServerReads(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.CallAs(o.admin, "POST", "/api/v1/markets/"+o.markets["DAM"]+"/trainings",
		object{"held_on": time.Now().Format(time.DateOnly), "topic": "An toàn thanh toán"}, 201)
	v := o.seat("admin", "", 1440)
	v.open("field/visit")
	v.choose(`.head select`, o.markets["DAM"])
	v.until(`document.querySelector('form.card') !== null`)
	for _, kind := range []string{
		"visits", "trainings", "attendances", "declared-shares", "sample-slots",
		"survey-answers", "refusals", "incidents", "fees", "costs", "roster",
	} {
		v.open(map[bool]string{true: "import", false: "field/lists/" + kind}[kind == "roster"])
		v.until(fmt.Sprintf(`document.querySelector('[data-template=%q]') !== null`, kind))
		headings, err := chromedp.Run(v.tab,
			chromedp.Evaluate[string](
				`[...document.querySelectorAll('details tbody th')].map((th) => th.textContent).join(';')`))
		must(t, err)
		v.lists(kind, headings+"\n")
		v.until(
			`document.querySelector('main .card [role=alert], [data-import=tried]')?.textContent.includes('không có dòng nào')`,
		)
	}
}
