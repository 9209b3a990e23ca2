package merchants_test

import (
	"strings"
	"testing"
	"time"
)

// readings returns who read a stall's merchant, as key sees it: "role office program what", newest
// first.
func (w *world) readings(key, stall string) []string {
	w.t.Helper()
	var readers []string
	for _, r := range w.call(key, "GET", "/api/v1/stalls/"+stall+"/readers?limit=200", nil, 200).items() {
		readers = append(
			readers,
			strings.Join([]string{r.text("role"), r.text("what"), r.text("method"), r.text("screen")},
				" "),
		)
	}
	return readers
}

func TestMerchantSeesReadersOfItsNumbers(t *testing.T) {
	w := newWorld(t)
	s, other := w.stall("A1", "1111"), w.stall("A2", "2222")
	id := s.text("id")
	mine, theirs := w.key("merchant", "stall:"+id), w.key("merchant", "stall:"+other.text("id"))
	program := w.key("integration", "market:CHODAM")
	atFirst := []string{"admin contact POST /api/v1/markets/:id/stalls"}
	if got := w.readings(mine, id); strings.Join(got, ", ") != strings.Join(atFirst, ", ") {
		t.Fatalf("at first: %v", got)
	}
	for _, key := range []string{
		mine, w.key("manager", "market:CHODAM"), w.key("auditor", ""),
		w.key("province_officer", ""), w.key("team", "market:CHODAM"),
	} {
		w.call(key, "GET", "/api/v1/stalls/"+id, nil, 200) // own data, or masked: not recorded
		w.call(key, "GET", "/api/v1/markets/"+w.market+"/stalls", nil, 200)
		w.call(key, "GET", "/api/v1/codes", nil, 200)
	}
	w.call(w.admin, "GET", "/api/v1/markets/"+w.market+"/stalls?zone=Khu%20Z", nil, 200) // shows no merchant
	w.clock = w.clock.Add(time.Minute)
	w.call(w.admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	w.clock = w.clock.Add(time.Minute)
	w.call(program, "GET", "/api/v1/markets/"+w.market+"/stalls", nil, 200)
	w.clock = w.clock.Add(time.Minute)
	w.call(program, "GET", "/api/v1/codes", nil, 200)
	w.call(w.admin, "PATCH", "/api/v1/stalls/"+id, object{"zone": "Khu B"}, 200) // answers the stall, whole
	want := "admin contact PATCH /api/v1/stalls/:id, integration contact GET /api/v1/codes, integration contact GET /api/v1/markets/:id/stalls, " +
		"admin contact GET /api/v1/stalls/:id, " + atFirst[0]
	if got := strings.Join(w.readings(mine, id), ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := w.readings(theirs, other.text("id")); len(got) != 3 { // registered, and in two lists
		t.Errorf("the neighbour got %v", got)
	}
	page := w.call(mine, "GET", "/api/v1/stalls/"+id+"/readers?limit=2", nil, 200)
	if r := page.items()[1]; r.text("kind") != "key" || r.text("program") != t.Name() ||
		r.text("office") != "Chợ CHODAM" || r.text("at") == "" {
		t.Errorf("a program is shown as %v", r)
	}
	rest := w.call(mine, "GET", "/api/v1/stalls/"+id+"/readers?limit=200&after="+page.text("next"), nil, 200)
	if len(rest.items()) != 3 || rest["next"] != nil {
		t.Errorf("the second page is %v", rest)
	}
	w.refuse(theirs, "GET", "/api/v1/stalls/"+id+"/readers", nil, 404, "not_found")
	w.refuse(w.key("manager", "market:CHODAM"), "GET", "/api/v1/stalls/"+id+"/readers", nil, 403, "not_allowed")
	if got := w.readings(w.key("auditor", ""), id); len(got) != 5 {
		t.Errorf("an auditor got %v", got)
	}
}

func TestNewTenantSeesOnlyOwnReaders(t *testing.T) {
	w := newWorld(t)
	id := w.stall("A1", "1111").text("id")
	former := w.key("merchant", "stall:"+id)
	w.call(w.admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	w.clock = w.clock.Add(time.Hour)
	_, manager := w.signIn("quan", "manager", "market:CHODAM")
	w.call(manager, "POST", "/api/v1/stalls/"+id+"/tenancies", object{
		"merchant": w.merchant("Lê Văn Ba"),
		"account":  account("970436", "9999"),
	}, 201)
	w.clock = w.clock.Add(time.Hour)
	w.call(w.admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	if got := w.readings(w.key("merchant", "stall:"+id), id); len(got) != 1 {
		t.Errorf("the new tenant got %v", got)
	}
	if got := w.readings(former, id); len(got) != 2 {
		t.Errorf("the former tenant got %v", got)
	}
	if got := w.readings(w.admin, id); len(got) != 3 {
		t.Errorf("an admin got %v", got)
	}
}

func TestTrailFailureBlocksRequests(t *testing.T) {
	w := newWorld(t)
	id := w.stall("A1", "1111").text("id")
	w.call(w.admin, "GET", "/api/v1/stalls/"+id, nil, 200)
	_, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE audit_events ADD CONSTRAINT full_disk CHECK (false) NOT VALID`)
	must(t, err)
	w.refuse(w.admin, "PATCH", "/api/v1/stalls/"+id, object{"zone": "Khu X"}, 503, "trail_unavailable")
	w.refuse(w.admin, "GET", "/api/v1/stalls/"+id, nil, 500, "internal")
	if zone := w.call(w.key("team", "market:CHODAM"), "GET", "/api/v1/stalls/"+id, nil, 200).text(
		"zone"); zone != "Khu A" {
		t.Errorf("the zone is %s", zone)
	}
}
