package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"market40/cmd/market40/app"
	"market40/merchants/platform/web"
)

func TestLogsHideWhoPaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"account 113366668888 of 0905123456":                           "account [hidden] of [hidden]",
		"12345 of 2026-11-23":                                          "12345 of 2026-11-23",
		"case 01a205f0-6f08-7875-a3af-923456789012":                    "case 01a205f0-6f08-7875-a3af-923456789012",
		"Authorization: Bearer abc.def":                                "Authorization: [hidden]",
		"apikey SECRET sent":                                           "[hidden] sent",
		"key m40_yBD3rNwEHy4mo5kK1Qmi2wGgdXmCbE6rOcPNFBT9Rwc":          "key [hidden]",
		"dial postgres://market40:hunter2@db.example.vn:5432/market40": "dial postgres[hidden]db.example.vn:5432/market40",
	} {
		if got := app.Hide(text); got != want {
			t.Errorf("%q is logged as %q, not %q", text, got, want)
		}
	}
}

// TestLogLines: both forms hide what is sensitive, also in groups and errors, and have the id of the answer.
func TestLogLines(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		var lines bytes.Buffer
		log := app.NewLog(&lines, &app.Settings{LogJSON: asJSON})
		e := web.New(web.Parts{Now: time.Now})
		e.Engine.GET("/", func(c *gin.Context) {
			log.With("payer", "0905123456").WithGroup("bank").ErrorContext(c.Request.Context(), "account 113366668888",
				"error", errors.New("pq: 970422 0123456789"), "Authorization", "Basic dTpw", slog.Group("in", "to", "1133666688"))
		})
		w := httptest.NewRecorder()
		e.Engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		line := lines.String()
		if id := w.Header().Get("X-Request-Id"); id == "" || !strings.Contains(line, id) {
			t.Errorf("the line of request %q is %s", id, line)
		}
		for _, secret := range []string{"0905123456", "113366668888", "970422", "0123456789", "dTpw", "1133666688"} {
			if strings.Contains(line, secret) {
				t.Errorf("%s is in the line %s", secret, line)
			}
		}
		if asJSON != json.Valid(lines.Bytes()) || strings.Count(line, "\n") != 1 ||
			!strings.Contains(line, "[hidden]") {
			t.Errorf("with JSON %v the line is %s", asJSON, line)
		}
	}
}
