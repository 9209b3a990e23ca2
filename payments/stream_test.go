package payments_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is one Server-Sent Event.
type event struct{ id, name, data string }

// listen opens a stall's stream and passes its events on.
func (w *world) listen(key, stall, lastEventID string) <-chan event {
	w.t.Helper()
	return w.follow(stall, lastEventID, "Authorization", "Bearer "+key)
}

// listen opens it as the browser does.
func (b *browser) listen(stall, lastEventID string) <-chan event {
	b.t.Helper()
	return b.follow(stall, lastEventID, "Cookie", b.cookie())
}

func (w *world) follow(stall, lastEventID, header, caller string) <-chan event {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+"/api/v1/stalls/"+stall+"/payments/stream", nil)
	must(w.t, err)
	req.Header.Set(header, caller)
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := http.DefaultClient.Do(req)
	must(w.t, err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("the stream answered %d %s", res.StatusCode, res.Header.Get("Content-Type"))
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

func next(t *testing.T, events <-chan event) event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		t.Fatal("no event came")
		return event{}
	}
}

func TestStreamSaysEachPaymentOnceAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.sepay(nil)
	stall, code := w.stall(w.market, "A1", "970422", "1111111")
	pay := func(id, amount int) { w.accept(c, transfer{ID: id, Account: "1111111", Memo: code, Amount: amount}) }
	pay(1, 1000)
	live := w.listen(w.key("merchant", "stall:"+stall), stall, "")
	pay(2, 2000)
	pay(3, 3000)
	for i, want := range []string{"2", "3"} {
		e := next(t, live)
		if e.id != want || e.name != "payment" || !strings.Contains(e.data, `"amount":"`+want+`000"`) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	resumed := w.listen(w.admin, stall, "1")
	if e := next(t, resumed); e.id != "2" {
		t.Errorf("resumed at %+v", e)
	}
	if e := next(t, w.listen(w.admin, stall, "0")); e.id != "1" {
		t.Errorf("from the beginning: %+v", e)
	}
}

func TestStreamKeepsToItsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall, _ := w.stall(w.market, "A1", "970422", "1111111")
	other, _ := w.stall(w.market, "A2", "970422", "2222222")
	path := "/api/v1/stalls/" + stall + "/payments/stream"
	w.call(w.key("merchant", "stall:"+other), "GET", path, nil, 404)
	w.call(w.key("locality_officer", "locality:568"), "GET", path, nil, 403)
	w.call(w.key("locality_officer", "locality:569"), "GET", path, nil, 404)
	w.call(w.key("manager", "market:CHODAM"), "GET", path, nil, 403)
	w.call("", "GET", path, nil, 401)
}
