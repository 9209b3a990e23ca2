package payments_test

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"market40/migrations/database/worldtest"
	"market40/payments/paymentstest"
)

// event is one Server-Sent Event.
type event struct{ id, name, data string }

// listen opens a stall's stream and passes its events on.
func (w *world) listen(key, stall, lastEventID string) <-chan event {
	w.T.Helper()
	return w.follow(stall, lastEventID, "Authorization", "Bearer "+key)
}

// listenAs opens a stream as the browser does.
func listenAs(b *paymentstest.Browser, stall, lastEventID string) <-chan event {
	b.T.Helper()
	return (&world{b.World}).follow(stall, lastEventID, "Cookie", b.Cookie())
}

func (w *world) follow(stall, lastEventID, header, caller string) <-chan event {
	w.T.Helper()
	req, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, w.Server.URL+"/api/v1/stalls/"+stall+
		"/payments/stream", nil)
	must(w.T, err)
	req.Header.Set(header, caller)
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := http.DefaultClient.Do(req)
	must(w.T, err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		w.T.Fatalf("the stream answered %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // the opening comment: from here on nothing is missed
	events := make(chan event, 100)
	go func() {
		defer res.Body.Close()
		defer close(events)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.data != "" {
					events <- e
				}
				e = event{}
			}
		}
	}()
	return events
}

func nextEvent(t *testing.T, events <-chan event) event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(worldtest.Patience):
		t.Fatal("no event came")
		return event{}
	}
}

func TestStreamSendsEachPaymentOnceAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	pay := func(id, amount int) {
		w.Accept(c, transfer{ID: id, Account: "1111111", Memo: code, Amount: amount})
	}
	pay(1, 1000)
	live := w.listen(w.Key("merchant", "stall:"+stall), stall, "")
	pay(2, 2000)
	pay(3, 3000)
	for i, want := range []string{"2", "3"} {
		e := nextEvent(t, live)
		if e.id != want || e.name != "payment" || !strings.Contains(e.data, `"amount":"`+want+`000"`) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	resumed := w.listen(w.Admin, stall, "1")
	if e := nextEvent(t, resumed); e.id != "2" {
		t.Errorf("resumed at %+v", e)
	}
	if e := nextEvent(t, w.listen(w.Admin, stall, "0")); e.id != "1" {
		t.Errorf("from the beginning: %+v", e)
	}
}

// TestStreamNamesItsNewestVersion: by the header a phone knows which payments it has missed.
func TestStreamNamesItsNewestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.SePay(nil)
	stall, code := w.Stall(w.Market, "A1", "970422", "1111111")
	for paid, last := range []string{"", "0", "1"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			w.Server.URL+"/api/v1/stalls/"+stall+"/payments/stream", nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+w.Admin)
		req.Header.Set("Last-Event-ID", last)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		defer res.Body.Close()
		if got := res.Header.Get("Newest-Version"); got != strconv.Itoa(paid) {
			t.Errorf("after %d payments the newest version is %q", paid, got)
		}
		w.Accept(c, transfer{ID: paid + 1, Account: "1111111", Memo: code, Amount: 1000})
		nextEvent(t, w.listen(w.Admin, stall, strconv.Itoa(paid)))
	}
}

func TestStreamRespectsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	other, _ := w.Stall(w.Market, "A2", "970422", "2222222")
	path := "/api/v1/stalls/" + stall + "/payments/stream"
	w.Call(w.Key("merchant", "stall:"+other), "GET", path, nil, 404)
	w.Call(w.Key("locality_officer", "locality:568"), "GET", path, nil, 403)
	w.Call(w.Key("locality_officer", "locality:569"), "GET", path, nil, 404)
	w.Call(w.Key("manager", "market:CHODAM"), "GET", path, nil, 403)
	w.Call("", "GET", path, nil, 401)
}

// TestStreamErrors checks that only a vacant stall is a conflict (409). A failure of the database is
// an error of the server.
func TestStreamErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.Stall(w.Market, "A1", "970422", "1111111")
	path := "/api/v1/stalls/" + stall + "/payments/stream"
	w.Exec(`UPDATE tenancies SET valid = tstzrange(lower(valid), now())`)
	if got := w.Call(w.Admin, "GET", path, nil, 409).Text("code"); got != "stall_vacant" {
		t.Errorf("a vacant stall is answered %q", got)
	}
	w.DB.Pool.Close()
	if status := w.Send(w.Admin, "GET", path, nil).Code; status != 500 && status != 503 {
		t.Errorf("without a database the stream is answered %d", status)
	}
}
