package field_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/platform/bizday"
)

// TestCountsComeAsAList checks that each half-hour is found by its start, that existing counts are
// unchanged, and that one wrong row refuses the whole list.
func TestCountsComeAsAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(w.team, 42)
	path := w.at + "/sample-slots/import"
	begins := func(i string) string {
		at, err := time.Parse(time.RFC3339, plan.Text("slots."+i+".starts_at"))
		must(t, err)
		return at.In(bizday.Vietnam).Format("02/01/2006 15:04")
	}
	const header = "Nửa giờ;Khung giờ;Tổng lượt bán;Lượt không dùng tiền mặt;Tổng tiền;Tiền không dùng tiền mặt\n"
	good := header + begins("0") + ";;40;12;4.000.000;1.000.000\n" + begins("1") + ";" +
		strings.ToUpper(plan.Text("slots.1.stratum")) + ";30;30;;\n"
	for _, query := range []string{"?dry_run=true", ""} {
		if done := w.Upload(w.team, path+query, "a.csv", []byte(good), 200); done.Text("created") != "2" ||
			done.Text("faulty") != "0" {
			t.Errorf("%q says %v", query, done)
		}
	}
	if n := w.Count(`SELECT count(*) FROM sample_slots WHERE sales IS NOT NULL
		AND (turnover IS NULL OR turnover = 4000000)`); n != 2 {
		t.Errorf("%d half-hours were counted", n)
	}
	if again := w.Upload(w.admin, path, "a.csv", []byte(good), 200); again.Text("unchanged") != "2" ||
		again.Text("created") != "0" {
		t.Errorf("the same again says %v", again)
	}
	faulty := w.Upload(w.admin, path, "a.csv", []byte(header+begins("0")+";;41;12;;\n"+begins("2")+
		";;5;6;;\n01/11/2026 03:00;;5;1;;\n30/11/2026 08:00;;5;1;;\n"+begins("3")+";;5;1;;\n"+begins("3")+";;5;1;;\n"),
		422)
	checkFaults(t, path, faulty, []string{
		"2 starts_at slot_counted", "3 cashless_sales more_than_all",
		"4 starts_at slot_unknown", "5 starts_at in_future", "7 starts_at slot_repeated",
	})
	if n := w.Count(`SELECT count(*) FROM sample_slots WHERE sales IS NOT NULL`); n != 2 {
		t.Errorf("a refused list recorded %d counts", n)
	}
	w.plan(w.admin, 42) // the same half-hours, drawn by another plan
	twice := w.Upload(w.admin, path, "a.csv", []byte(header+begins("4")+";;5;1;;\n"), 422)
	checkFaults(t, path, twice, []string{"2 stratum slot_ambiguous"})
}
