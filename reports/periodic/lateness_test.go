package periodic_test

import (
	"fmt"
	"strings"
	"testing"

	"market40/merchants/access/roles"
)

// board returns a lateness board as text: each locality's code, state and delay, then the number on
// time out of those due.
func (w *world) board(key, query string) string {
	w.T.Helper()
	o := w.Call(key, "GET", all+"/lateness?campaign=CHO40"+query, nil, 200)
	var list []string
	for _, i := range o.Items() {
		list = append(list, fmt.Sprintf("%s %s %v %v", i.Text("locality.code"), i.Text("state"), i["on_time"],
			i["hours_late"]))
	}
	return strings.Join(list, ", ") + fmt.Sprintf("; %v/%v", o["on_time"], o["due"])
}

func TestLatenessBoard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	for _, code := range []string{"571", "572", "573", "574", "575", "576"} {
		w.Call(w.admin, "PUT", "/api/v1/campaigns/CHO40/pilots/"+code, object{"exempt_reason": "không có chợ"}, 200)
	}
	first, second := w.october(w.nhaTrang, "568"), w.october(w.camRanh, "569")
	if got := w.board(w.province, ""); got != "568 draft <nil> 0, 569 draft <nil> 0, 570 not_made <nil> 0; 0/0" {
		t.Errorf("before any report is due: %s", got)
	}
	w.at("2026-11-05 23:59")
	w.Call(w.nhaTrang, "POST", first+"/submit", nil, 200)
	w.at("2026-11-06 00:00")
	if got := w.board(w.province,
		"&period=2026-10"); got != "568 submitted true 0, 569 draft false 0, 570 not_made false 0; 1/3" {
		t.Errorf("as soon as it is late: %s", got)
	}
	w.at("2026-11-06 02:30")
	w.Call(w.camRanh, "POST", second+"/submit", nil, 200)
	w.at("2026-11-08 00:00")
	w.Call(w.province, "POST", first+"/return", object{"note": "xem lại"}, 200)
	// it was on time and remains so
	w.Call(w.nhaTrang, "POST", first+"/correct", object{"reason": "đã xem"}, 200)
	for key, want := range map[string]string{
		w.province:                           "568 submitted true 0, 569 submitted false 3, 570 not_made false 48; 1/3",
		w.nhaTrang:                           "568 submitted true 0; 1/1",
		w.Key(roles.Manager, "market:DAM"):   "568 submitted true 0; 1/1",
		w.Key(roles.Auditor, ""):             "568 submitted true 0, 569 submitted false 3, 570 not_made false 48; 1/3",
		w.Key(roles.Auditor, "locality:571"): "; 0/0",
	} {
		if got := w.board(key, "&kind=month&period=2026-10"); got != want {
			t.Errorf("the board is %s, not %s", got, want)
		}
	}
	// The indicator counts the same: of three localities and twelve months, one report was on time.
	whole := w.Call(w.province, "POST", all, object{"campaign": campaign, "kind": "month", "period": "2026-11"},
		201).Text("id")
	if got := shortFigure(
		w.Call(w.province, "GET", all+"/"+whole, nil, 200).Member("preview.report.total.I24"),
	); got != "1/36" {
		t.Errorf("I24 is %s", got)
	}
	if got := w.board(w.nhaTrang, "&kind=quarter&period=2026-Q4"); got != "568 not_made <nil> 0; 0/0" {
		t.Errorf("the quarter's: %s", got)
	}
	if got := w.Call(w.province, "GET", all+"/lateness?campaign=CHO40&kind=quarter", nil, 200).Text(
		"period"); got != "2026-Q3" {
		t.Errorf("the quarter that ended last is %s", got)
	}
	for query, code := range map[string]string{
		"?campaign=NONE": "not_found", "?campaign=CHO40&period=2027-01": "period_in_future",
		"?campaign=CHO40&period=2026-Q3":              "period_form",
		"?campaign=CHO40&kind=quarter&period=2026-10": "period_form",
		"?campaign=CHO40&period=2024-04":              "before_campaign", "": "required",
	} {
		status := 422
		if code == "not_found" {
			status = 404
		}
		w.Refuse(w.province, "GET", all+"/lateness"+query, nil, status, code)
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-01 09:00")
	w.Exec(`UPDATE campaigns SET starts_on = '2026-09-01'`)
	shortFigure := func(key string) string {
		var list []string
		for _, r := range w.Call(key, "GET", all+"/reminders", nil, 200).Items() {
			list = append(list, r.Text("locality.code")+" "+r.Text("period")+" "+r.Text("stage"))
		}
		return strings.Join(list, ", ")
	}
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q3 late, 568 2026-09 late" {
		t.Errorf("four days before October's is due: %q", got)
	}
	w.at("2026-11-02 09:00")
	if got := shortFigure(w.nhaTrang); got != "568 2026-10 due_soon, 568 2026-Q3 late, 568 2026-09 late" {
		t.Errorf("three days before: %q", got)
	}
	if got := shortFigure(w.province); strings.Count(got, "due_soon") != 9 {
		t.Errorf("the province's reminders are %q", got)
	}
	at := w.october(w.nhaTrang, "568")
	w.Call(w.nhaTrang, "POST", at+"/submit", nil, 200)
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q3 late, 568 2026-09 late" {
		t.Errorf("when it is submitted: %q", got)
	}
	w.Call(w.province, "POST", at+"/return", object{"note": "xem lại"}, 200)
	if got := shortFigure(w.nhaTrang); got != "568 2026-10 returned, 568 2026-Q3 late, 568 2026-09 late" {
		t.Errorf("when it is returned: %q", got)
	}
}

// TestEarlyReturnIsReported checks that a report that was submitted and returned long before its
// due day is still listed as waiting for its locality.
func TestEarlyReturnIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-01 09:00")
	w.Exec(`UPDATE campaigns SET starts_on = '2026-10-01'`)
	at := w.october(w.nhaTrang, "568")
	w.Call(w.nhaTrang, "POST", at+"/submit", nil, 200)
	w.Call(w.province, "POST", at+"/return", object{"note": "xem lại"}, 200)
	list := w.Call(w.nhaTrang, "GET", all+"/reminders", nil, 200).Items()
	if len(list) != 1 || list[0].Text("stage") != "returned" || list[0].Text("period") != "2026-10" {
		t.Errorf("the reminders are %v", list)
	}
}

// TestQuartersAreRemindedLikeMonths checks that a quarterly report is due on the same day of the
// next month and late after that day. The board shows the last quarter if the request names no
// period.
func TestQuartersAreRemindedLikeMonths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-10-01 09:00")
	w.Exec(`UPDATE campaigns SET starts_on = '2026-05-20'`)
	shortFigure := func(key string) string {
		var list []string
		for _, r := range w.Call(key, "GET", all+"/reminders", nil, 200).Items() {
			if r.Text("kind") == "quarter" {
				list = append(list, r.Text("locality.code")+" "+r.Text("period")+" "+r.Text("stage")+" "+
					r.Text("due_on"))
			}
		}
		return strings.Join(list, ", ")
	}
	// two of its months were in the campaign
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q2 late 2026-07-05" {
		t.Errorf("four days before the third quarter's is due: %q", got)
	}
	w.at("2026-10-02 00:00")
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q3 due_soon 2026-10-05, 568 2026-Q2 late 2026-07-05" {
		t.Errorf("three days before: %q", got)
	}
	if got := w.board(w.nhaTrang, "&kind=quarter"); got != "568 not_made <nil> 0; 0/0" {
		t.Errorf("the board of the last quarter is %s", got)
	}
	made := func(period string) string {
		return all + "/" + w.Call(w.nhaTrang, "POST", all, object{
			"campaign": campaign, "locality": "568",
			"kind": "quarter", "period": period,
		}, 201).Text("id")
	}
	third := made("2026-Q3")
	w.at("2026-10-06 01:30")
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q3 late 2026-10-05, 568 2026-Q2 late 2026-07-05" {
		t.Errorf("as soon as it is late: %q", got)
	}
	w.Call(w.nhaTrang, "POST", third+"/submit", nil, 200)
	if got := w.board(w.nhaTrang, "&kind=quarter"); got != "568 submitted false 2; 0/1" {
		t.Errorf("the board is %s", got)
	}
	w.Call(w.province, "POST", third+"/return", object{"note": "xem lại"}, 200)
	if got := shortFigure(w.nhaTrang); got != "568 2026-Q3 returned 2026-10-05, 568 2026-Q2 late 2026-07-05" {
		t.Errorf("when it is returned: %q", got)
	}
	w.at("2027-01-01 09:00") // between two years
	if got := w.board(w.nhaTrang, "&kind=quarter"); got != "568 not_made <nil> 0; 0/0" {
		t.Errorf("the board of the fourth quarter is %s", got)
	}
	w.Exec(`UPDATE campaigns SET ends_on = '2026-09-30'`)
	w.at("2027-01-05 09:00")
	if got := shortFigure(w.nhaTrang); strings.Contains(got, "2026-Q4") {
		t.Errorf("a reminder of a quarter after the campaign: %q", got)
	}
}
