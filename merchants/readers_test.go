package merchants_test

import (
	"strings"
	"testing"
	"time"

	"market40/merchants/registertest"
)

// readings returns who read a stall's merchant, as key sees it: "role office program what", newest
// first.
func (w *world) readings(key, stall string) []string {
	w.T.Helper()
	var readers []string
	for _, r := range w.Call(key, "GET", "/api/v1/stalls/"+stall+"/readers?limit=200", nil, 200).Items() {
		readers = append(
			readers,
			strings.Join([]string{r.Text("role"), r.Text("what"), r.Text("method"), r.Text("screen")},
				" "),
		)
	}
	return readers
}

func TestMerchantSeesReadersOfItsNumbers(t *testing.T) {
	w := newWorld(t)
	s, other := w.Stall("A1", "1111"), w.Stall("A2", "2222")
	id := s.Text("id")
	mine, theirs := w.Key("merchant", "stall:"+id), w.Key("merchant", "stall:"+other.Text("id"))
	program := w.Key("integration", "market:CHODAM")
	atFirst := []string{"admin contact POST /api/v1/markets/:id/stalls"}
	if got := w.readings(mine, id); strings.Join(got, ", ") != strings.Join(atFirst, ", ") {
		t.Fatalf("at first: %v", got)
	}
	for _, key := range []string{
		mine, w.Key("manager", "market:CHODAM"), w.Key("auditor", ""),
		w.Key("province_officer", ""), w.Key("team", "market:CHODAM"),
	} {
		w.Call(key, "GET", "/api/v1/stalls/"+id, nil, 200) // own data, or masked: not recorded
		w.Call(key, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200)
		w.Call(key, "GET", "/api/v1/codes", nil, 200)
	}
	w.Call(w.Admin, "GET", "/api/v1/markets/"+w.Market+"/stalls?zone=Khu%20Z", nil, 200) // shows no merchant
	w.Clock = w.Clock.Add(time.Minute)
	w.Call(w.Admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	w.Clock = w.Clock.Add(time.Minute)
	w.Call(program, "GET", "/api/v1/markets/"+w.Market+"/stalls", nil, 200)
	w.Clock = w.Clock.Add(time.Minute)
	w.Call(program, "GET", "/api/v1/codes", nil, 200)
	w.Call(w.Admin, "PATCH", "/api/v1/stalls/"+id, object{"zone": "Khu B"}, 200) // answers the stall, whole
	want := "admin contact PATCH /api/v1/stalls/:id, integration contact GET /api/v1/codes, integration contact GET /api/v1/markets/:id/stalls, " +
		"admin contact GET /api/v1/stalls/:id, " + atFirst[0]
	if got := strings.Join(w.readings(mine, id), ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := w.readings(theirs, other.Text("id")); len(got) != 3 { // registered, and in two lists
		t.Errorf("the neighbour got %v", got)
	}
	page := w.Call(mine, "GET", "/api/v1/stalls/"+id+"/readers?limit=2", nil, 200)
	if r := page.Items()[1]; r.Text("kind") != "key" || r.Text("program") != t.Name() ||
		r.Text("office") != "Chợ CHODAM" || r.Text("at") == "" {
		t.Errorf("a program is shown as %v", r)
	}
	rest := w.Call(mine, "GET", "/api/v1/stalls/"+id+"/readers?limit=200&after="+page.Text("next"), nil, 200)
	if len(rest.Items()) != 3 || rest["next"] != nil {
		t.Errorf("the second page is %v", rest)
	}
	w.Refuse(theirs, "GET", "/api/v1/stalls/"+id+"/readers", nil, 404, "not_found")
	w.Refuse(w.Key("manager", "market:CHODAM"), "GET", "/api/v1/stalls/"+id+"/readers", nil, 403, "not_allowed")
	if got := w.readings(w.Key("auditor", ""), id); len(got) != 5 {
		t.Errorf("an auditor got %v", got)
	}
}

func TestNewTenantSeesOnlyOwnReaders(t *testing.T) {
	w := newWorld(t)
	id := w.Stall("A1", "1111").Text("id")
	former := w.Key("merchant", "stall:"+id)
	w.Call(w.Admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	w.Clock = w.Clock.Add(time.Hour)
	_, manager := w.SignIn("quan", "manager", "market:CHODAM")
	w.Call(manager, "POST", "/api/v1/stalls/"+id+"/tenancies", object{
		"merchant": w.Merchant("Lê Văn Ba"),
		"account":  registertest.Account("970436", "9999"),
	}, 201)
	w.Clock = w.Clock.Add(time.Hour)
	w.Call(w.Admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	if got := w.readings(w.Key("merchant", "stall:"+id), id); len(got) != 1 {
		t.Errorf("the new tenant got %v", got)
	}
	if got := w.readings(former, id); len(got) != 2 {
		t.Errorf("the former tenant got %v", got)
	}
	if got := w.readings(w.Admin, id); len(got) != 3 {
		t.Errorf("an admin got %v", got)
	}
}

func TestTrailFailureBlocksRequests(t *testing.T) {
	w := newWorld(t)
	id := w.Stall("A1", "1111").Text("id")
	w.Call(w.Admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	_, err := w.DB.Pool.Exec(t.Context(), `ALTER TABLE audit_events ADD CONSTRAINT full_disk CHECK (false) NOT VALID`)
	must(t, err)
	w.Refuse(w.Admin, "PATCH", "/api/v1/stalls/"+id, object{"zone": "Khu X"}, 503, "trail_unavailable")
	w.Refuse(w.Admin, "GET", "/api/v1/stalls/"+id, nil, 500, "internal")
	if zone := w.Call(w.Key("team", "market:CHODAM"), "GET", "/api/v1/stalls/"+id, nil, 200).Text(
		"zone"); zone != "Khu A" {
		t.Errorf("the zone is %s", zone)
	}
}
