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

// sensitive finds what must not be in a log. An id is found first, so that it stays whole.
var sensitive = regexp.MustCompile(`(?i)` +
	`(?P<id>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)` +
	`|\bm40_[\w-]+` + // our API keys
	`|\b(?:bearer|apikey|basic)\s+\S+` +
	`|://[^\s/@]+:[^\s/@]+@` + // user and password of a URL
	`|[0-9]{6,}`) // accounts, phones, tax codes

// LogTo makes w the log of the whole process: lines of text without anything that names an account.
func LogTo(w io.Writer, level slog.Level) {
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: hideSensitive})))
}

// hideSensitive hides account-like runs of six digits or more, keys and passwords in whatever is
// logged.
func hideSensitive(_ []string, a slog.Attr) slog.Attr {
	if a.Key == "Authorization" || a.Key == "authorization" {
		return slog.String(a.Key, "[hidden]")
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(hideSecrets(a.Value.String()))
	case slog.KindAny:
		if _, isLevel := a.Value.Any().(slog.Level); !isLevel {
			a.Value = slog.StringValue(hideSecrets(fmt.Sprint(a.Value.Any())))
		}
	}
	return a
}

// hideSecrets replaces what is sensitive in a text.
func hideSecrets(text string) string {
	return sensitive.ReplaceAllStringFunc(text, func(found string) string {
		if len(found) == 36 && found[8] == '-' && found[23] == '-' {
			return found
		}
		return "[hidden]"
	})
}

// logFailures writes one line for each answer of 5xx; other requests are not logged. Nor is a 503:
// in a flood there are thousands of them, and a failure behind one was logged where it was found.
func logFailures(c *gin.Context) {
	began := time.Now()
	c.Next()
	if status := c.Writer.Status(); status >= 500 && status != http.StatusServiceUnavailable {
		slog.InfoContext(c.Request.Context(), "answered", "status", status, "method", c.Request.Method, "route",
			c.FullPath(),
			"took", time.Since(began).Round(time.Millisecond))
	}
}
