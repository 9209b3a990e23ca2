package main_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// traceReceiver is a receiver of OpenTelemetry: OTLP over http, in protobuf.
type traceReceiver struct {
	mu       sync.Mutex
	spans    []*spans.Span
	all      strings.Builder // everything that was received, as text
	services []string
}

// ServeHTTP takes spans in.
func (r *traceReceiver) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	var body io.Reader = in.Body
	if in.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	raw, err := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || in.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all.WriteString(sent.String())
	for _, of := range sent.GetResourceSpans() {
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				r.services = append(r.services, a.GetValue().GetStringValue())
			}
		}
		for _, scope := range of.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
}

// find returns the first span with a name.
func (r *traceReceiver) find(name string) *spans.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.GetName() == name {
			return s
		}
	}
	return nil
}

// text returns all that was received.
func (r *traceReceiver) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.String()
}

// TestTracesAreSent: with a receiver in the environment, a request is a span of its route, and its statements are
// spans below it. Nothing in them is about a person: no path, no query, no value.
func TestTracesAreSent(t *testing.T) {
	t.Parallel()
	r := &traceReceiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t),
		"SECRET_KEY=" + program.SecretKey(1),
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL,
		"OTEL_SERVICE_NAME=market40-khanh-hoa",
		"OTEL_BSP_SCHEDULE_DELAY=200",
	}
	s := program.Serve(t, env)
	stall := registerPaidStall(t, s, env)
	key := program.AdminKey(t, env)
	s.CallAs(key, "GET", "/api/v1/stalls/"+stall+"/payments?limit=7", nil, 200)
	const route = "GET /api/v1/stalls/:id/payments"
	var request, statement *spans.Span
	for end := time.Now().Add(program.Patience); request == nil || statement == nil; time.Sleep(program.PollInterval) {
		if time.Now().After(end) {
			t.Fatalf("no span of a request with a statement arrived; these did: %s", r.text())
		}
		if request = r.find(route); request == nil {
			continue
		}
		for _, other := range r.below(request) {
			statement = other
		}
	}
	if request.GetKind() != spans.Span_SPAN_KIND_SERVER || statement.GetKind() != spans.Span_SPAN_KIND_CLIENT {
		t.Errorf("the kinds are %s and %s", request.GetKind(), statement.GetKind())
	}
	if r.find("POST /webhooks/:provider/:connection") == nil {
		t.Errorf("the webhook has no span")
	}
	s.Stop()
	for _, private := range []string{
		stall, "limit=7", "Nguyễn", "0905000001", "0123456789", "NGUYEN", strings.TrimPrefix(key, "Bearer "), "127.0.0.1",
	} {
		if strings.Contains(r.text(), private) {
			t.Errorf("%s was sent", private)
		}
	}
	if len(r.services) == 0 || r.services[0] != "market40-khanh-hoa" {
		t.Errorf("the service is %q", r.services)
	}
}

// below returns the spans whose parent is a span.
func (r *traceReceiver) below(parent *spans.Span) (list []*spans.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if string(s.GetParentSpanId()) == string(parent.GetSpanId()) {
			list = append(list, s)
		}
	}
	return list
}

// TestTracingSettings: another protocol and a half address are refused at the start.
func TestTracingSettings(t *testing.T) {
	t.Parallel()
	a := program.Want(t, 2, []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "LOG_FORMAT=xml",
		"DATA_DIR=" + t.TempDir(),
	}, "serve")
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "LOG_FORMAT"} {
		if !strings.Contains(a.Err, "\n  "+name+" ") {
			t.Errorf("%s is not reported: %s", name, a.Err)
		}
	}
}
