package field_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func (w *world) campaign() string {
	w.T.Helper()
	w.Exec(`INSERT INTO campaigns (id, code, name, legal_ref, basis, starts_on, created_by, created_at)
		SELECT gen_random_uuid(), 'THU', 'Thử', 'x', 'districts_2024', '2024-05-28', id, now() FROM actors LIMIT 1`)
	return "/api/v1/campaigns/THU/costs"
}

func TestEachFactIsRecordedAndListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	training := w.Call(w.team, "POST", w.at+"/trainings", object{
		"held_on": "2026-11-09",
		"topic":   "Nhận tiền bằng mã QR", "trainer": "Tổ công nghệ số",
	}, 201)
	for _, tt := range []struct {
		path   string
		as     string
		body   object
		listed map[string]string
	}{
		{
			w.at + "/trainings", w.team,
			object{"held_on": "2026-11-12", "topic": "An toàn"},
			map[string]string{"held_on": "2026-11-12", "topic": "An toàn", "attended": "0"},
		},
		{w.at + "/visits", w.team, object{
			"stall_number": "A-2", "visited_at": "2026-11-09T23:00:00+07:00",
			"outcome": "helped",
		}, map[string]string{
			"merchant_name": "Nguyễn Thị Hoa", "outcome": "helped",
			"stall_number": "A-2",
		}},
		{w.at + "/visits", w.team, object{
			"stall_id": w.a2.String(), "visited_at": "2026-11-10T01:00:00+07:00",
			"outcome": "absent", "note": "đóng sạp",
		}, map[string]string{
			"merchant_name": "Trần Thị Lan",
			"note":          "đóng sạp",
		}},
		{
			"/api/v1/trainings/" + training.Text("id") + "/attendances", w.team,
			object{"stall_number": "A-2"},
			map[string]string{"merchant_name": "Nguyễn Thị Hoa"},
		},
		{
			"/api/v1/trainings/" + training.Text("id") + "/attendances", w.team,
			object{"merchant_id": w.lan.String()},
			map[string]string{"merchant_name": "Trần Thị Lan"},
		},
		{w.at + "/declared-shares", w.team, object{
			"stall_number": "A-1", "asked_on": "2026-11-20", "customers": 10,
			"transfers": 6,
		}, map[string]string{"customers": "10", "transfers": "6"}},
		{w.at + "/survey-answers", w.team, object{
			"asked_on": "2026-11-20", "smartphone": true, "signal": false,
			"active": true, "sex": "female", "aged_60": true, "non_fixed": false,
		}, map[string]string{
			"sex":     "female",
			"aged_60": "true", "minority": "", "id": "",
		}},
		{w.at + "/refusals", w.team, object{
			"stall_number": "A-1", "kind": "withdrawal", "reason": "tax",
			"said_on": "2026-11-20",
		}, map[string]string{"reason": "tax", "merchant_name": "Nguyễn Thị Hoa"}},
		{w.at + "/incidents", w.team, object{
			"stall_number": "A-3", "kind": "swapped_code",
			"occurred_at": "2026-11-20T08:00:00+07:00",
		}, map[string]string{"stall_number": "A-3", "closed_at": ""}},
		{w.at + "/fees", w.Key("manager", "market:CHODAM"), object{
			"month": "2026-10", "due": "125000000",
			"paid": "118000000", "paid_by_transfer": "64000000",
		}, map[string]string{
			"month": "2026-10", "version": "1",
			"paid": "118000000", "currency": "VND",
		}},
		{w.campaign(), w.Key("province_officer", ""), object{
			"market": "CHODAM", "spent_on": "2026-11-20",
			"purpose": "printing", "amount": "1250000",
		}, map[string]string{
			"market_code": "CHODAM",
			"amount":      "1250000",
		}},
	} {
		made := w.Call(tt.as, "POST", tt.path, tt.body, 201)
		listed, reader := false, w.admin
		if strings.HasSuffix(tt.path, "/fees") || strings.HasSuffix(tt.path, "/survey-answers") {
			reader = tt.as // only the manager sees figures of so few merchants
		}
		for _, item := range w.Call(reader, "GET", tt.path, nil, 200).Items() {
			listed = listed || fmt.Sprint(item) == fmt.Sprint(made)
		}
		if !listed {
			t.Errorf("%s does not list %v", tt.path, made)
		}
		for field, want := range tt.listed {
			if made.Text(field) != want {
				t.Errorf("%s: %s is %q, want %q", tt.path, field, made.Text(field), want)
			}
		}
	}
	if got := w.Call(w.team, "GET", w.at+"/trainings", nil, 200).Items()[1].Text("attended"); got != "2" {
		t.Errorf("%s merchants came", got)
	}
}

func TestListsAreNarrowedAndPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for day := 1; day <= 5; day++ {
		w.Call(w.team, "POST", w.at+"/visits", object{
			"stall_number": "A-1",
			"visited_at":   fmt.Sprintf("2026-11-%02dT00:00:00+07:00", day), "outcome": "helped",
		}, 201)
		w.Call(w.team, "POST", w.at+"/refusals", object{
			"stall_number": "A-1", "kind": "refusal", "reason": "other",
			"said_on": fmt.Sprintf("2026-11-%02d", day),
		}, 201)
		w.Call(w.admin, "POST", w.at+"/fees", object{
			"month": fmt.Sprintf("2026-%02d", day), "due": "10", "paid": "5",
			"paid_by_transfer": "1",
		}, 201)
	}
	for path, query := range map[string]string{
		"/visits":   "from=2026-11-02&to=2026-11-04",
		"/refusals": "from=2026-11-02&to=2026-11-04", "/fees": "from=2026-02-17&to=2026-04-01",
	} {
		var days []string
		for after := ""; ; {
			page := w.Call(w.admin, "GET", w.at+path+"?limit=2&"+query+after, nil, 200)
			for _, item := range page.Items() {
				days = append(days, item.Text("visited_at")+item.Text("said_on")+item.Text("month"))
			}
			if page.Text("next") == "" {
				break
			}
			after = "&after=" + page.Text("next")
		}
		if len(days) != 3 || days[0] <= days[1] || days[1] <= days[2] {
			t.Errorf("%s: %v", path, days)
		}
	}
	for _, query := range []string{"from=1/2/2026", "from=2026-11-02&to=2026-11-01", "after=x"} {
		w.Call(w.admin, "GET", w.at+"/visits?"+query, nil, 422)
	}
}

// fact is a request that a phone stored while it had no network.
type fact struct{ method, path, body, key string }

// A day of forty facts is sent twice, each time in another order, by a phone that repeats refused
// requests. An attendance may arrive before its training. Each fact is recorded once.
func TestADayOfFortyFactsComesTwiceInBadOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var facts []fact
	add := func(path string, body object) {
		raw, err := json.Marshal(body)
		must(t, err)
		facts = append(facts, fact{"POST", path, string(raw), uuid.NewString()})
	}
	training := uuid.NewString()
	add(w.at+"/trainings", object{"id": training, "held_on": "2026-11-20", "topic": "Nhận tiền"})
	add("/api/v1/trainings/"+training+"/attendances", object{"stall_number": "A-1"})
	add("/api/v1/trainings/"+training+"/attendances", object{"stall_number": "A-2"})
	for i := range 15 {
		add(w.at+"/visits", object{
			"id": uuid.NewString(), "stall_number": fmt.Sprintf("A-%d", i%2+1),
			"visited_at": fmt.Sprintf("2026-11-20T08:%02d:00+07:00", i), "outcome": "helped",
		})
	}
	for range 10 { // identical answers are still ten answers
		add(w.at+"/survey-answers", object{
			"asked_on": "2026-11-20", "smartphone": true, "signal": true,
			"active": false, "sex": "male", "non_fixed": false,
		})
	}
	for i := range 6 {
		add(w.at+"/refusals", object{
			"stall_number": "A-1", "kind": "refusal", "reason": "tax", "said_on": "2026-11-20",
			"note": fmt.Sprint(i),
		})
		add(w.at+"/incidents", object{"kind": "fake_transfer", "occurred_at": fmt.Sprintf("2026-11-20T09:%02d:00+07:00",
			i)})
	}
	if len(facts) != 40 {
		t.Fatalf("%d facts", len(facts))
	}
	draw := rand.New(rand.NewPCG(1, 2))
	for range 2 {
		left := append([]fact{}, facts...)
		draw.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		if left[0].path == w.at+"/trainings" {
			left[0], left[1] = left[1], left[0]
		}
		for range 5 {
			var again []fact
			for _, f := range left {
				switch got, answer := w.Try(w.team, f.method, f.path, []byte(f.body), "Idempotency-Key", f.key); got {
				case 201:
				case 404: // its training has not arrived yet
					again = append(again, f)
				default:
					t.Fatalf("%v is answered with %d %v", f, got, answer)
				}
			}
			left = again
		}
		if len(left) > 0 {
			t.Fatalf("not taken: %v", left)
		}
	}
	for table, want := range map[string]int{
		"trainings": 1, "attendances": 2, "visits": 15, "survey_answers": 10,
		"refusals": 6, "incidents": 6,
	} {
		if n := w.Count(`SELECT count(*) FROM ` + table); n != want {
			t.Errorf("%d %s, want %d", n, table, want)
		}
	}
}

// The id that the phone sends deduplicates a fact like the idempotency key, even after the key has
// expired.
func TestAPhonesOwnIDIsOneFact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	visit := object{
		"id": uuid.NewString(), "stall_number": "A-1", "visited_at": "2026-11-20T08:00:00+07:00",
		"outcome": "helped",
	}
	first, again := w.Call(w.team, "POST", w.at+"/visits", visit, 201), w.Call(w.team, "POST", w.at+"/visits", visit,
		201)
	if first.Text("id") != visit["id"] || again.Text("recorded_at") != first.Text("recorded_at") || w.Count(`SELECT
		count(*) FROM visits`) != 1 {
		t.Errorf("%v, then %v", first, again)
	}
	visit["outcome"] = "absent"
	if refused := w.Call(w.team, "POST", w.at+"/visits", visit, 409); refused.Text("code") != "id_in_use" {
		t.Errorf("%v", refused)
	}
}

func TestFeesAreCorrectedByAFurtherVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fee := object{"month": "2026-10", "due": "100", "paid": "90", "paid_by_transfer": "50"}
	for _, want := range []struct{ paid, version string }{{"90", "1"}, {"90", "1"}, {"95", "2"}, {"90", "3"}} {
		fee["paid"] = want.paid
		if got := w.Call(w.admin, "POST", w.at+"/fees", fee, 201); got.Text("version") != want.version ||
			got.Text("paid") != want.paid {
			t.Errorf("%v, want version %s", got, want.version)
		}
	}
	if list := w.Call(w.admin, "GET", w.at+"/fees", nil, 200).Items(); len(list) != 1 ||
		list[0].Text("version") != "3" {
		t.Errorf("listed are %v", list)
	}
}

func TestAnIncidentIsClosedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	incident := w.Call(w.team, "POST", w.at+"/incidents", object{
		"kind":        "fake_transfer",
		"occurred_at": "2026-11-20T08:00:00+07:00",
	}, 201).Text("id")
	at := "/api/v1/incidents/" + incident + "/close"
	for body, code := range map[string]string{
		"2026-11-20T07:00:00+07:00": "closed_before",
		"2026-11-25T07:00:00+07:00": "in_future", "gestern": "time_form",
	} {
		if refused := w.Call(w.team, "POST", at, object{"closed_at": body}, 422); refused.Text("code") != code {
			t.Errorf("%s: %v", body, refused)
		}
	}
	w.Call(w.Key("team", "market:BANGOI"), "POST", at, object{}, 404)
	w.Call(w.Key("auditor", ""), "POST", at, object{}, 403)
	if closed := w.Call(w.team, "POST", at, object{}, 200); closed.Text("closed_at") == "" {
		t.Errorf("%v", closed)
	}
	w.Call(w.team, "POST", at, object{}, 409)
}

// No stored data about a survey answer shows who gave it, who recorded it, when, or after which
// other answer.
func TestSurveyAnswersCannotBeJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := object{
		"asked_on": "2026-11-20", "smartphone": true, "signal": true, "active": true, "sex": "female",
		"minority": true, "non_fixed": false,
	}
	for range 5 {
		made := w.Call(w.team, "POST", w.at+"/survey-answers", answer, 201)
		if _, has := made["id"]; has {
			t.Fatal("an answer shows its id")
		}
	}
	w.Upload(
		w.team,
		w.at+"/survey-answers/import",
		"a.csv",
		[]byte(
			"Ngày,Smartphone,Sóng,Nhận chuyển khoản,Giới tính\n20/11/2026,x,x,Không,Nữ\n20/11/2026,x,Không,Không,Nam\n",
		),
		200,
	)
	rows, err := w.DB.Pool.Query(t.Context(), `SELECT id FROM survey_answers`)
	must(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id uuid.UUID
		must(t, rows.Scan(&id))
		if n++; id.Version() != 4 {
			t.Errorf("the id %s is not random", id)
		}
	}
	must(t, rows.Err())
	if n != 7 {
		t.Errorf("%d answers", n)
	}
	w.Call(w.team, "POST", w.at+"/trainings", object{"held_on": "2026-11-12", "topic": "An toàn"}, 201)
	if w.Count(`SELECT count(*) FROM audit_changes WHERE kind = 'trainings'`) != 1 {
		t.Error("the trail stores nothing here, so the test proves nothing")
	}
	if lines := w.Count(`SELECT count(*) FROM audit_changes WHERE kind = 'survey_answers'`); lines != 0 {
		t.Errorf("%d rows of the trail name an answer", lines)
	}
	var columns string
	must(t, w.DB.Pool.QueryRow(t.Context(), `SELECT string_agg(attname, ' ') FROM pg_attribute
		WHERE attrelid = 'survey_answers'::regclass AND attnum > 0`).Scan(&columns))
	for _, column := range []string{"merchant", "tenancy", "stall", "actor", "recorded"} {
		if strings.Contains(columns, column) {
			t.Errorf("an answer has a column of %s: %s", column, columns)
		}
	}
}

func TestANameIsCheckedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := uuid.New()
	w.Exec(`INSERT INTO accounts (id, merchant_id, kind, number, number_index, last4, holder_name, holder_kind,
		created_at) VALUES ($1, $2, 'ewallet', '', 'x', '', 'X', 'ca_nhan', now())`, account, w.hoa)
	w.Exec(`INSERT INTO tenancy_accounts (tenancy_id, account_id, since) SELECT id, $1, now() FROM tenancies
		WHERE stall_id = $2`, account, w.a1)
	at := "/api/v1/stalls/" + w.a1.String() + "/accounts/" + account.String() + "/name-check"
	manager := w.Key("manager", "market:CHODAM")
	w.Call(w.team, "POST", at, object{"how": "paper"}, 403) // a team sees no accounts
	w.Call(w.Key("manager", "market:BANGOI"), "POST", at, object{"how": "paper"}, 404)
	w.Call(manager, "POST", strings.Replace(at, account.String(), uuid.NewString(), 1), object{"how": "paper"}, 404)
	w.Call(manager, "POST", strings.Replace(at, w.a1.String(), w.a2.String(), 1), object{"how": "paper"}, 404)
	w.Call(manager, "POST", at, object{"how": "guess"}, 422)
	first := w.Call(manager, "POST", at, object{"how": "paper"}, 200)
	w.Clock = w.Clock.AddDate(0, 1, 0)
	if again := w.Call(manager, "POST", at, object{"how": "bank_lookup"}, 200); again.Text("checked_at") != first.Text(
		"checked_at") || again.Text("how") != "paper" {
		t.Errorf("%v, then %v", first, again)
	}
}

func TestTheKitIsForADayOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Call(w.team, "POST", w.at+"/visits", object{
		"stall_number": "A-1", "visited_at": "2026-11-20T08:00:00+07:00",
		"outcome": "follow_up",
	}, 201)
	w.Call(w.team, "POST", w.at+"/trainings", object{"held_on": "2026-11-12", "topic": "An toàn"}, 201)
	w.Call(w.team, "POST", w.at+"/sample-plans", object{
		"from": "2026-11-23", "to": "2026-11-24",
		"strata": []any{object{"stratum": "sáng", "hours": []int{5, 9}}}, "slots_per_stratum": 3,
	}, 201)
	kit := w.Call(w.team, "GET", "/api/v1/me/field-kit", nil, 200) // its only market
	if kit.Text("market.code") != "CHODAM" || kit.Text("stalls.0.number") != "A-1" ||
		kit.Text("stalls.0.outcome") != "follow_up" || kit.Text("stalls.0.merchant_name") != "Nguyễn Thị Hoa" ||
		kit.Text("stalls.1.merchant_name") != "Trần Thị Lan" || kit.Text("stalls.2.merchant_name") != "" ||
		kit.Text("trainings.0.topic") != "An toàn" || kit.Text("slots.2.stratum") != "sáng" ||
		kit.Text("words.outcomes.0.vi") == "" || kit.Text("words.reasons.9.en") == "" {
		t.Errorf("%v", kit)
	}
	for _, secret := range []string{"phone\":", "account", "holder", "last4"} {
		raw, err := json.Marshal(kit["stalls"])
		must(t, err)
		if strings.Contains(string(raw), secret) {
			t.Errorf("the kit contains %s", secret)
		}
	}
	if all := w.Call(w.admin, "GET", "/api/v1/me/field-kit", nil, 200); all.Text("market") != "" ||
		all.Text("markets.1.code") != "CHODAM" {
		t.Errorf("an admin's kit without a market: %v", all)
	}
	w.Call(w.team, "GET", "/api/v1/me/field-kit?market="+w.ngoi.String(), nil, 404)
	w.Call(w.Key("locality_officer", "locality:568"), "GET", "/api/v1/me/field-kit", nil, 403)
}

// Officers read figures. They may not read a single fact about a named merchant, nor a market
// outside their scope.
func TestWhoReadsSingleFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer, stranger, stall := w.Key("locality_officer", "locality:568"), w.Key("team", "market:BANGOI"),
		w.Key("manager", "stall:"+w.a1.String())
	for _, path := range []string{
		"/visits", "/trainings", "/declared-shares", "/survey-answers", "/refusals",
		"/incidents",
	} {
		w.Call(officer, "GET", w.at+path, nil, 403)
		w.Call(stranger, "GET", w.at+path, nil, 404)
		w.Call(stall, "GET", w.at+path, nil, 403)
		reads := 200
		if path == "/survey-answers" { // several such lists combined would reveal what I22 hides
			reads = 403
			w.Call(w.admin, "GET", w.at+path, nil, 403)
			w.Call(w.Key("manager", "locality:568"), "GET", w.at+path, nil, 403)
			w.Call(w.Key("manager", "market:CHODAM"), "GET", w.at+path, nil, 200)
			w.Call(w.team, "GET", w.at+path, nil, 200)
		}
		w.Call(w.Key("auditor", ""), "GET", w.at+path, nil, reads)
		w.Call(w.Key("auditor", ""), "POST", w.at+path, object{}, 403)
	}
	for _, path := range []string{"/fees", "/sample-plans", "/sample-slots", "/sample-estimate"} {
		w.Call(officer, "GET", w.at+path, nil, 200)
	}
	w.Call(w.team, "GET", w.at+"/fees", nil, 403)
	costs := w.campaign()
	w.Call(w.admin, "POST", costs, object{
		"market": "BANGOI", "spent_on": "2026-11-20", "purpose": "other",
		"amount": "5",
	}, 201)
	if list := w.Call(officer, "GET", costs, nil, 200).Items(); len(list) != 0 {
		t.Errorf("an officer reads the costs of another locality: %v", list)
	}
	w.Call(w.Key("province_officer", "locality:568"), "POST", costs, object{
		"market":   "BANGOI",
		"spent_on": "2026-11-20", "purpose": "other", "amount": "5",
	}, 422)
	w.Call(w.admin, "GET", "/api/v1/campaigns/NONE/costs", nil, 404)
}

func TestFailureRevealsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`ALTER TABLE visits RENAME TO gone`)
	refused := w.Call(w.team, "POST", w.at+"/visits", object{
		"stall_number": "A-1",
		"visited_at":   "2026-11-20T08:00:00+07:00", "outcome": "helped",
	}, 500)
	if strings.Contains(fmt.Sprint(refused), "visits") {
		t.Errorf("%v", refused)
	}
}
