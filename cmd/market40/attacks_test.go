package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"market40/frontend/apptest/program"
	"market40/merchants/platform/bizday"
)

// subtracted is the demo as the province's officer reads it.
type subtracted struct {
	*program.Server
	admin, officer string
	markets        map[string]string // ids by code
	today          string
}

// TestDemoResistsSubtraction repeats over HTTP what once revealed single people in the
// demo: dividing a market twice, taking units from their total, and reading sums that the report
// hides. What the attacks write also marks the past that it changed.
func TestDemoResistsSubtraction(t *testing.T) {
	t.Parallel()
	s := program.Serve(
		t,
		[]string{"DATABASE_URL=" + program.DemoURL(t), "SECRET_KEY=" + program.SecretKey(1)},
		"--demo",
	)
	keys := program.DemoKeys(t, s)
	a := &subtracted{
		Server: s, admin: "Bearer " + keys["admin"], officer: "Bearer " + keys["province_officer"],
		markets: map[string]string{},
	}
	for _, m := range s.CallAs(a.officer, "GET", "/api/v1/markets?limit=200", nil, 200).Items() {
		a.markets[object(m.(map[string]any)).Text("code")] = object(m.(map[string]any)).Text("id")
	}
	now := time.Now().In(bizday.Vietnam)
	a.today = now.Format(time.DateOnly)
	a.dividesOnce()
	a.hidesUnitsOfTotals(now)
	before := a.hiddenRows()
	small := a.smallMarket(now)
	for hidden := range a.hiddenRows() {
		if !before[hidden] {
			t.Errorf("a market of three merchants hides %s", hidden)
		}
	}
	a.hidesSums(small)
}

// dividesOnce reads the parts of every market along all dimensions: only one shows any.
func (a *subtracted) dividesOnce() {
	shown, withheld := map[string]map[string]bool{}, 0
	for _, code := range []string{"I04", "I05", "I18"} {
		for _, by := range []string{"zone", "goods_group", "kind"} {
			d := a.CallAs(
				a.officer,
				"GET",
				"/api/v1/reports/drill-down?basis=current&indicator="+code+"&by="+by,
				nil,
				200,
			)
			for _, p := range d["parts"].([]any) {
				id := object(p.(map[string]any)["market"].(map[string]any)).Text("id")
				if shown[id] == nil {
					shown[id] = map[string]bool{}
				}
				shown[id][by] = true
			}
			withheld += len(d["withheld"].([]any))
		}
	}
	for id, dimensions := range shown {
		if len(dimensions) != 1 {
			a.T.Errorf("the parts of %s are shown along %v", id, dimensions)
		}
	}
	if len(shown) == 0 || withheld == 0 {
		a.T.Errorf("the parts of %d markets are shown, %d withheld", len(shown), withheld)
	}
}

// smallMarket has three merchants, fees and counted half-hours.
func (a *subtracted) smallMarket(now time.Time) string {
	id := a.CallAs(a.admin, "POST", "/api/v1/markets", object{
		"code": "BA-NGUOI", "name": "Chợ Ba Người", "class": 3,
		"kind": "dan_sinh", "commune_code": "22366",
	}, 201).Text("id")
	for i := range 3 {
		a.stall(id, fmt.Sprint("T", i), object{
			"full_name": fmt.Sprint("Người Ba ", i),
			"phone":     fmt.Sprintf("09370001%02d", i),
		}, fmt.Sprintf("8800000%d", i))
	}
	month, yesterday := now.AddDate(0, 0, -now.Day()).Format("2006-01"), now.AddDate(0, 0, -1).Format(time.DateOnly)
	a.CallAs(a.admin, "POST", "/api/v1/markets/"+id+"/fees", object{
		"month": month, "due": "900000", "paid": "600000",
		"paid_by_transfer": "200000",
	}, 201)
	plan := a.CallAs(a.admin, "POST", "/api/v1/markets/"+id+"/sample-plans", object{
		"from": yesterday, "to": yesterday, "slots_per_stratum": 4,
		"strata": []any{object{"stratum": "sáng", "hours": []any{5, 9}}},
	}, 201)
	for _, slot := range plan["slots"].([]any) {
		a.CallAs(a.admin, "PUT", "/api/v1/sample-slots/"+object(slot.(map[string]any)).Text("id"),
			object{"sales": 10, "cashless_sales": 4, "turnover": "800000", "cashless_turnover": "300000"}, 200)
	}
	return id
}

// hiddenRows returns of which districts a report of all markets hides what, and holds that the
// province's figures are shown.
func (a *subtracted) hiddenRows() map[string]bool {
	a.T.Helper()
	hidden := map[string]bool{}
	report := a.CallAs(a.officer, "GET", "/api/v1/reports/adoption?basis=districts_2024&as_of="+a.today, nil, 200)
	for _, code := range []string{"I01", "I03", "I04", "I05", "I18"} {
		if f := figureOf(report["total"], code); f["suppressed"] != false || f["numerator"] == nil {
			a.T.Errorf("the province's %s is %v", code, f)
		}
		for _, row := range report["rows"].([]any) {
			row := row.(map[string]any)
			if figureOf(row["indicators"], code)["suppressed"] == true {
				hidden[code+" "+object(row["locality"].(map[string]any)).Text("code")] = true
			}
		}
	}
	return hidden
}

func (a *subtracted) stall(market, number string, merchant object, account string) object {
	a.T.Helper()
	return a.CallAs(a.admin, "POST", "/api/v1/markets/"+market+"/stalls", object{
		"number": number, "kind": "stall", "goods_group": "rau", "zone": "A", "merchant": merchant,
		"account": object{
			"bank_bin": "970436", "account_number": account, "holder_name": "NGUOI BAN",
			"holder_kind": "ca_nhan",
		},
	}, 201)
}

// hidesSums reads what is shown beside the hidden figures of a small market.
func (a *subtracted) hidesSums(market string) {
	page := a.CallAs(a.officer, "GET", "/api/v1/reports/markets/"+market, nil, 200)
	for _, code := range []string{"I07", "I08", "I11", "I12"} {
		f := figureOf(page["figures"], code)
		if parts, divided := f["parts"]; divided {
			f = figureOf(parts, "D") // what was counted in the field
		}
		if f["suppressed"] != true || f["numerator"] != nil {
			a.T.Errorf("%s of three merchants is shown: %v", code, f)
		}
	}
	for _, path := range []string{"fees", "sample-estimate", "sample-slots"} {
		said := fmt.Sprint(a.CallAs(a.officer, "GET", "/api/v1/markets/"+market+"/"+path, nil, 200))
		for _, number := range []string{"900000", "600000", "200000", "800000", "300000", "0.4", "0.375"} {
			if strings.Contains(said, ":"+number) || strings.Contains(said, " "+number) {
				a.T.Errorf("/%s reveals %s: %s", path, number, said)
			}
		}
	}
}

// hidesUnitsOfTotals lets somebody be paid in two units, and takes the units from the total.
func (a *subtracted) hidesUnitsOfTotals(now time.Time) {
	first, second := a.markets["TOHAP"], a.markets["KHANHVINH"]
	one := a.stall(first, "X-1", object{"full_name": "Người Hai Chợ", "phone": "0937000200"}, "88111111")
	person := object(one["merchant"].(map[string]any)).Text("id")
	other := a.stall(second, "X-2", object{"id": person}, "88111111")
	connection := a.CallAs(a.admin, "POST", "/api/v1/bank-connections", object{
		"provider": "casso_v1", "name": "Hai chợ",
		"secrets": object{"secure_token": "token of two markets"},
	}, 201)
	for i, stall := range []object{one, other} {
		res, _ := a.Visit("POST", connection.Text("webhook_path"), object{"error": 0, "data": []any{object{
			"id": i + 1, "tid": fmt.Sprintf("FT2632500000000%d", i),
			"description": object(stall["code"].(map[string]any)).Text("code"), "amount": 45000, "cusum_balance": 0,
			"when": now.AddDate(0, 0, -1).Format(time.DateOnly) + " 08:00:00", "bank_sub_acc_id": "88111111",
		}}}, "Secure-Token", "token of two markets")
		if res.StatusCode != 200 {
			a.T.Fatalf("the bank is answered %d", res.StatusCode)
		}
	}
	for _, basis := range []string{"districts_2024", "communes_2025", "current", "districts_2024&campaign=CHO40-2024"} {
		report := a.CallAs(a.officer, "GET", "/api/v1/reports/adoption?basis="+basis+"&as_of="+a.today, nil, 200)
		for _, code := range []string{"I04", "I05"} {
			total := figureOf(report["total"], code)
			sum, all := 0.0, true
			for _, row := range report["rows"].([]any) {
				f := figureOf(row.(map[string]any)["indicators"], code)
				n, shown := f["numerator"].(float64)
				sum, all = sum+n, all && shown
			}
			if all && total["suppressed"] != true {
				a.T.Errorf("%s: the units' %s are %v, the total %v: it is known whether one person was paid in both",
					basis, code, sum, total["numerator"])
			}
		}
	}
	a.checkHeadlineShown()
	past := a.CallAs(a.officer, "GET", "/api/v1/reports/adoption?basis=current&as_of="+
		now.AddDate(0, -2, 0).Format(time.DateOnly), nil, 200)
	revised, _ := past["revised"].(map[string]any)
	if revised["merchants"] != 1.0 {
		a.T.Errorf("the past, to which one merchant was added, says %v", revised)
	}
}

// checkHeadlineShown checks that the campaign's headline is shown, whatever is hidden beside it.
func (a *subtracted) checkHeadlineShown() {
	a.T.Helper()
	report := a.CallAs(a.officer, "GET", "/api/v1/reports/adoption?basis=districts_2024&campaign=CHO40-2024&as_of="+
		a.today, nil, 200)
	for _, code := range []string{"I01", "I03", "I04", "I05", "I18"} {
		if f := figureOf(report["total"], code); f["suppressed"] != false || f["numerator"] == nil {
			a.T.Errorf("the campaign's %s is %v", code, f)
		}
	}
}

func figureOf(figures any, code string) map[string]any {
	f, _ := figures.(map[string]any)[code].(map[string]any)
	return f
}
