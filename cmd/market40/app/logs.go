package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/gin-gonic/gin"
)

// telling finds what must not stand in a log. An id is found first, so that it stays whole.
var telling = regexp.MustCompile(`(?i)` +
	`(?P<id>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)` +
	`|\bm40_[\w-]+` + // our API keys
	`|\b(?:bearer|apikey|basic)\s+\S+` +
	`|://[^\s/@]+:[^\s/@]+@` + // user and password of a URL
	`|[0-9]{6,}`) // accounts, phones, tax codes

// LogTo makes w the log of the whole process: lines of text without anything that names an account.
func LogTo(w io.Writer, level slog.Level) {
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: discreet})))
}

// discreet hides account-like runs of six digits or more, keys and passwords in whatever is logged.
func discreet(_ []string, a slog.Attr) slog.Attr {
	if a.Key == "Authorization" || a.Key == "authorization" {
		return slog.String(a.Key, "[hidden]")
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(hide(a.Value.String()))
	case slog.KindAny:
		if _, isLevel := a.Value.Any().(slog.Level); !isLevel {
			a.Value = slog.StringValue(hide(fmt.Sprint(a.Value.Any())))
		}
	}
	return a
}

func hide(text string) string {
	return telling.ReplaceAllStringFunc(text, func(found string) string {
		if len(found) == 36 && found[8] == '-' && found[23] == '-' {
			return found
		}
		return "[hidden]"
	})
}

// logFailures writes one line for each answer of 5xx; other requests are not logged. A 503 tells only to come again, in
// a flood thousands of times; what lies behind it, if anything failed, has been logged by who found it.
func logFailures(c *gin.Context) {
	began := time.Now()
	c.Next()
	if status := c.Writer.Status(); status >= 500 && status != http.StatusServiceUnavailable {
		slog.InfoContext(c.Request.Context(), "answered", "status", status, "method", c.Request.Method, "route", c.FullPath(),
			"took", time.Since(began).Round(time.Millisecond))
	}
}
