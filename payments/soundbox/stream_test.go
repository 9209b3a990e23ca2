package soundbox_test

import (
	"bufio"
	"net/http"
	"strings"
)

// stream is the stall's stream as its phone reads it: each event's name and data.
func (s *stall) stream() <-chan string {
	s.T.Helper()
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, s.Server.URL+"/api/v1/stalls/"+s.id+
		"/payments/stream", nil)
	must(s.T, err)
	req.Header.Set("Authorization", "Bearer "+s.owner)
	res, err := http.DefaultClient.Do(req)
	must(s.T, err)
	lines := bufio.NewScanner(res.Body)
	lines.Scan()
	events := make(chan string, 100)
	go func() {
		defer res.Body.Close()
		for name := ""; lines.Scan(); {
			if text, found := strings.CutPrefix(lines.Text(), "event: "); found {
				name = text
			}
			if text, found := strings.CutPrefix(lines.Text(), "data: "); found {
				events <- name + " " + text
			}
		}
	}()
	return events
}
