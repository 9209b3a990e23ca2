package periodic_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
)

// plain writes canonical JSON independently of the program. It supports texts without control
// characters except line ends.
func plain(t *testing.T, value any) string {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(v) + `"`
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, plain(t, item))
		}
		return "[" + strings.Join(list, ",") + "]"
	case map[string]any:
		var list []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			list = append(list, plain(t, key)+":"+plain(t, v[key]))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	t.Fatalf("%T is no JSON", value)
	return ""
}

// checkProof checks a version's hash and signature independently of the program.
func checkProof(t *testing.T, version object) {
	t.Helper()
	digest := sha256.Sum256([]byte(plain(t, map[string]any(version.Member("content")))))
	if got := hex.EncodeToString(digest[:]); got != version.Text("sha256") {
		t.Errorf("the hash is %s, and the content's %s", version.Text("sha256"), got)
	}
	key, err := base64.StdEncoding.DecodeString(version.Text("public_key"))
	must(t, err)
	signature, err := base64.StdEncoding.DecodeString(version.Text("signature"))
	must(t, err)
	if !ed25519.Verify(key, digest[:], signature) {
		t.Error("the signature does not hold")
	}
}

// shortFigure returns a short form of a figure: 7/12.
func shortFigure(figure object) string {
	if figure == nil {
		return "none"
	}
	return fmt.Sprintf("%v/%v", figure["numerator"], figure["denominator"])
}

// differenceText lists the changed figures of a difference with each unit's code; the total has no code.
func differenceText(difference object) string {
	var list []string
	for _, c := range difference.List("figures") {
		list = append(list, c.Text("locality.code")+" "+c.Text("indicator")+" "+shortFigure(c.Member("before"))+"→"+
			shortFigure(c.Member("after")))
	}
	return strings.Join(list, ", ")
}

// Freeze October, then change past facts. The frozen version does not change by a byte. A
// correction is a new version that differs in exactly the changed figures.
func TestAFrozenReportDoesNotMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	var dam uuid.UUID
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT id FROM markets`).Scan(&dam))
	at := w.october(w.nhaTrang, "568")
	draft := w.Call(w.nhaTrang, "GET", at, nil, 200)
	preview := draft.Member("preview")
	if draft.Text("state") != "draft" || draft.Text("due_on") != "2026-11-05" ||
		preview.Text("as_of") != "2026-11-01" || preview["frozen"] != nil ||
		shortFigure(preview.List("report.rows")[0].Member("indicators.I05")) != "7/12" {
		t.Errorf("the draft is %v", draft)
	}
	submitted := w.Call(w.nhaTrang, "POST", at+"/submit", object{"note": "đúng hạn"}, 200)
	if submitted.Text("state") != "submitted" || submitted["version"] != 1.0 || submitted["preview"] != nil ||
		submitted.List("steps")[0].Text("note") != "đúng hạn" {
		t.Errorf("submitted: %v", submitted)
	}
	first := w.Send(w.nhaTrang, "GET", at+"/versions/1", nil).Body.Bytes()
	var one object
	must(t, json.Unmarshal(first, &one))
	checkProof(t, one)
	content := one.Member("content")
	for key, want := range map[string]string{
		"kind": "month", "period": "2026-10", "basis": "districts_2024",
		"as_of": "2026-11-01",
	} {
		if content.Text(key) != want {
			t.Errorf("%s is %s", key, content.Text(key))
		}
	}
	if got := content.List("units")[0].List("markets")[0].Text("code") + " " + content.List("statuses")[0].Text(
		"state") + " " + content.Text("locality.code"); got != "DAM chosen 568" {
		t.Errorf("the units are %s", got)
	}

	w.AddPaidDay(dam, 3, "2026-10-21") // reported late
	w.Exec(`UPDATE markets SET name = 'Chợ khác'`)
	if again := w.Send(w.nhaTrang, "GET", at+"/versions/1", nil).Body.Bytes(); !bytes.Equal(again, first) {
		t.Errorf("version 1 was\n%s\nand is\n%s", first, again)
	}
	w.Call(w.nhaTrang, "POST", at+"/correct", object{"reason": "ngân hàng báo muộn"}, 200)
	var two object
	must(t, json.Unmarshal(w.Send(w.province, "GET", at+"/versions/2", nil).Body.Bytes(), &two))
	checkProof(t, two)
	d := w.Call(w.nhaTrang, "GET", at+"/versions/2/difference", nil, 200)
	// These figures depend on payments; of I24 only the hours since the last one.
	const want = "568 I05 7/12→10/12, 568 I06 -7/12→-10/12, 568 I09 7/7→10/10, 568 I10 0/7→0/10, 568 I20 0/7→0/10, 568 I24 0/12→0/12"
	if got := differenceText(d); got != want || len(d.List("markets")) != 0 {
		t.Errorf("the difference is %s", got)
	}
	if back := w.Call(w.nhaTrang, "GET", at+"/versions/1/difference?from=2", nil, 200).List("figures"); len(
		back) != 6 || shortFigure(back[0].Member("after")) != "7/12" {
		t.Errorf("back it is %v", back)
	}
	if again := w.Send(w.nhaTrang, "GET", at+"/versions/1", nil).Body.Bytes(); !bytes.Equal(again, first) {
		t.Error("the correction changed version 1")
	}
	for _, statement := range []string{`UPDATE report_versions SET reason = 'x'`, `DELETE FROM report_versions`, `UPDATE
		report_steps SET note = ''`} {
		if _, err := w.DB.Pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	w.Refuse(w.nhaTrang, "GET", at+"/versions/3", nil, 404, "not_found")
	w.Refuse(w.nhaTrang, "GET", at+"/versions/1/difference", nil, 404, "not_found")
	w.Refuse(w.nhaTrang, "GET", at+"/versions/x", nil, 422, "invalid")
}

// A frozen report has the figures of the locality's own office, whoever freezes it. Only the
// report's own rules hide figures.
func TestTwoPeopleFreezeTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	w.market("BA-NGOI", "569", 12, 2)
	at := w.october(w.nhaTrang, "568")
	w.Call(w.nhaTrang, "POST", at+"/submit", nil, 200)
	w.Call(w.admin, "POST", at+"/correct", object{"reason": "xem lại"}, 200)
	if d := w.Call(w.nhaTrang, "GET", at+"/versions/2/difference", nil, 200); len(d.List("figures")) != 0 {
		t.Errorf("they differ by %v", d)
	}
	hidden := w.october(w.camRanh, "569")
	w.Call(w.camRanh, "POST", hidden+"/submit", nil, 200)
	figure := w.Call(w.camRanh, "GET", hidden+"/versions/1", nil, 200).List("content.report.rows")[0].Member(
		"indicators.I05",
	)
	if figure["suppressed"] != true || figure["numerator"] != nil {
		t.Errorf("a small count is frozen as %v", figure)
	}
}

// The report of the whole campaign contains each unit and its chosen market. It also lists the
// changes of the total.
func TestTheWholeCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	ngoi := w.market("BA-NGOI", "569", 20, 10)
	w.Call(w.admin, "PUT", "/api/v1/campaigns/CHO40/pilots/576", object{"exempt_reason": "không có chợ"}, 200)
	order := object{"campaign": campaign, "kind": "quarter", "period": "2026-Q3"}
	w.Refuse(w.nhaTrang, "POST", all, order, 403, "not_allowed")
	at := all + "/" + w.Call(w.province, "POST", all, order, 201).Text("id")
	w.Call(w.province, "POST", at+"/submit", nil, 200)
	content := w.Call(w.province, "GET", at+"/versions/1", nil, 200).Member("content")
	states := map[string]int{}
	for _, s := range content.List("statuses") {
		states[s.Text("state")]++
	}
	if content["locality"] != nil || content.Text("as_of") != "2026-10-01" ||
		len(content.List("report.rows")) != 9 || fmt.Sprint(states) != "map[chosen:2 exempt:1 missing:6]" {
		t.Errorf("the content is %v with %v", content, states)
	}
	w.Exec(`UPDATE stall_days SET day = '2026-09-20', last_at = '2026-09-20 17:00+07' WHERE market_id = $1`, ngoi)
	w.Call(w.province, "POST", at+"/correct", object{"reason": "ngày sai"}, 200)
	const want = "569 I05 0/20→10/20, 569 I06 0/20→-10/20, 569 I09 0/0→10/10, 569 I10 0/0→0/10, 569 I20 0/0→0/10, 569 I24 0/12→0/12, " +
		" I05 0/32→10/32,  I06 0/32→-10/32,  I09 0/0→10/10,  I10 0/0→0/10,  I20 0/0→0/10,  I24 0/96→0/96"
	if got := differenceText(w.Call(w.province, "GET", at+"/versions/2/difference", nil, 200)); got != want {
		t.Errorf("changed: %s", got)
	}
	w.Refuse(w.nhaTrang, "GET", at, nil, 404, "not_found")
	w.Call(w.Key(roles.Auditor, ""), "GET", at+"/versions/2", nil, 200)
}

// Of two submissions at the same time one succeeds. The same request with the same key gets the
// same answer.
func TestTwoSubmitAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-11-03 09:00")
	at := w.october(w.nhaTrang, "568")
	var answers [4]int
	var together sync.WaitGroup
	for i := range answers {
		together.Go(func() { answers[i] = w.Send(w.nhaTrang, "POST", at+"/submit", nil).Code })
	}
	together.Wait()
	slices.Sort(answers[:])
	if fmt.Sprint(answers) != "[200 409 409 409]" {
		t.Errorf("they are answered %v", answers)
	}
	first := w.Send(w.nhaTrang, "POST", at+"/correct", object{"reason": "xem lại"}, "Idempotency-Key", "once")
	again := w.Send(w.nhaTrang, "POST", at+"/correct", object{"reason": "xem lại"}, "Idempotency-Key", "once")
	if first.Code != 200 || again.Code != 200 || !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) {
		t.Errorf("once is answered with %d, then %d", first.Code, again.Code)
	}
	var versions int
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM report_versions`).Scan(&versions))
	if versions != 2 {
		t.Errorf("%d versions are stored", versions)
	}
}
