package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"

	"market40/merchants/platform/web"
)

// sensitive finds what must not be in a log. An id is found first, so that it stays whole.
var sensitive = regexp.MustCompile(`(?i)` +
	`(?P<id>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)` +
	`|\bm40_[\w-]+` + // our API keys
	`|\b(?:bearer|apikey|basic)\s+\S+` +
	`|://[^\s/@]+:[^\s/@]+@` + // user and password of a URL
	`|[0-9]{6,}`) // accounts, phones, tax codes

// requestIDKey names the id of a request in log lines. Its form is checked by package web, so that
// nothing in it is hidden.
const requestIDKey = "request_id"

// LogTo makes w the log of the whole process.
func LogTo(w io.Writer, s *Settings) { slog.SetDefault(newLog(w, s)) }

// newLog returns a log of lines of text, or of JSON, without anything that names an account. A line
// that belongs to a request has its id.
func newLog(w io.Writer, s *Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel, ReplaceAttr: hideSensitive}
	var lines slog.Handler = slog.NewTextHandler(w, options)
	if s.LogJSON {
		lines = slog.NewJSONHandler(w, options)
	}
	return slog.New(requestLog{lines})
}

// requestLog adds the id of a request to its lines.
type requestLog struct{ slog.Handler }

// Handle writes a line.
func (l requestLog) Handle(ctx context.Context, r slog.Record) error {
	if ctx != nil {
		if id := web.RequestID(ctx); id != "" {
			r.AddAttrs(slog.String(requestIDKey, id))
		}
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs returns a log whose lines have further attributes.
func (l requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{l.Handler.WithAttrs(attrs)}
}

// WithGroup returns a log whose lines have their attributes in a group.
func (l requestLog) WithGroup(name string) slog.Handler { return requestLog{l.Handler.WithGroup(name)} }

// hideSensitive hides account-like runs of six digits or more, keys and passwords in whatever is
// logged.
func hideSensitive(_ []string, a slog.Attr) slog.Attr {
	if a.Key == "Authorization" || a.Key == "authorization" {
		return slog.String(a.Key, "[hidden]")
	}
	if a.Key == requestIDKey {
		return a
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
