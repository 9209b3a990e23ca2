package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"market40/merchants/platform/web"
	"market40/migrations/database"
)

const (
	// flushTraces is how long the program waits at its end for the last spans to be sent.
	flushTraces = 2 * time.Second
	// traceLogPause is the least time between two log lines about a receiver that does not answer.
	traceLogPause = time.Minute
	// shownSQL is how many bytes of a statement a span has.
	shownSQL = 400
)

// readTracing decides whether spans are sent. The library reads the other OTEL_ variables itself.
func (s *Settings) readTracing(vars environment, check func(string, error)) {
	s.Tracing = !vars.TracingOff && (vars.TraceURL != "" || vars.OTLPURL != "")
	for name, text := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": vars.OTLPURL, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": vars.TraceURL,
	} {
		if u, err := url.Parse(
			text,
		); text != "" &&
			(err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			check(name, errors.New("must be an address such as http://127.0.0.1:4318"))
		}
	}
	if p := vars.OTLPProtocol; p != "" && p != "http/protobuf" {
		check("OTEL_EXPORTER_OTLP_PROTOCOL", errors.New("must be http/protobuf, or be left out"))
	}
}

// tracing sends spans of requests and of their statements to a receiver of OpenTelemetry. Nothing in a
// span is about a person: it has the route and never the path, and statements without their values.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// StartTracing prepares the sending of spans, if a receiver is set. The function that it returns sends
// the last ones.
func (s *Settings) StartTracing(ctx context.Context) (stop func(), err error) {
	if !s.Tracing {
		return func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "market40"),
		attribute.String("service.version", Version())), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	otel.SetErrorHandler(&traceErrors{})
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	s.tracing = &tracing{provider, provider.Tracer("market40")}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTraces)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			slog.Warn("the last traces were not sent", "error", err)
		}
	}, nil
}

// tracer returns what makes spans of statements; nil: nothing does.
func (s *Settings) tracer() database.Tracer {
	if s.tracing == nil {
		return nil
	}
	return s.tracing
}

// traceRequest returns what makes spans of requests; nil: nothing does.
func (s *Settings) traceRequest() gin.HandlerFunc {
	if s.tracing == nil {
		return nil
	}
	return s.tracing.request
}

// traceErrors logs why spans are not sent, at most once in traceLogPause.
type traceErrors struct{ last atomic.Int64 }

// Handle logs an error.
func (e *traceErrors) Handle(err error) {
	now, last := time.Now().UnixNano(), e.last.Load()
	if now-last >= int64(traceLogPause) && e.last.CompareAndSwap(last, now) {
		slog.Warn("traces are not sent", "error", err)
	}
}

// request runs a request in a span of its route. A trusted proxy may have begun the trace.
func (t *tracing) request(c *gin.Context) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := t.tracer.Start(ctx, c.Request.Method+" "+route, trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", c.Request.Method),
			attribute.String("http.route", route), attribute.String("market40.request_id", web.RequestID(ctx))))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// TraceQueryStart begins the span of a statement of a request.
func (t *tracing) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return t.startStatement(ctx, data.SQL)
}

// TraceQueryEnd ends it.
func (t *tracing) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	endStatement(ctx, data.Err)
}

// TraceBatchStart begins the span of several statements of a request.
func (t *tracing) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return t.startStatement(ctx, "BATCH")
}

// TraceBatchQuery does nothing: a batch is one span.
func (t *tracing) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd ends the span of a batch.
func (t *tracing) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	endStatement(ctx, data.Err)
}

type statementKey struct{}

// startStatement begins the span of a statement. Work that belongs to no traced request has none.
func (t *tracing) startStatement(ctx context.Context, sql string) context.Context {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	text := hideSecrets(strings.Join(strings.Fields(sql), " "))
	verb, _, _ := strings.Cut(text, " ")
	ctx, span := t.tracer.Start(ctx, strings.ToUpper(verb), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql"),
			attribute.String("db.query.text", strings.ToValidUTF8(text[:min(len(text), shownSQL)], ""))))
	return context.WithValue(ctx, statementKey{}, span)
}

func endStatement(ctx context.Context, err error) {
	span, ok := ctx.Value(statementKey{}).(trace.Span)
	if !ok {
		return
	}
	if err != nil {
		span.SetStatus(codes.Error, "") // the error may quote a value
	}
	span.End()
}
