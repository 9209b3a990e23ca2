package web_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/web"
)

// serveAndSend requests a path of an edge as it is served, with an Accept-Encoding.
func serveAndSend(t *testing.T, e *web.Edge, method, path, accepts string) *http.Response {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", accepts)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// TestTextIsCompressed: what is text and long enough is compressed for who accepts it, and only in
// answers to readings that contain no secret.
func TestTextIsCompressed(t *testing.T) {
	t.Parallel()
	e, _, _ := newEdge(t)
	long := strings.Repeat("Chợ Đầm, sạp A-12. ", 200)
	answer := func(kind, text string) gin.HandlerFunc {
		return func(c *gin.Context) { c.Data(http.StatusOK, kind, []byte(text)) }
	}
	e.Engine.GET("/page", answer("text/html; charset=utf-8", long))
	e.Engine.GET("/problem", answer("application/problem+json", long))
	e.Engine.GET("/short", answer("text/plain; charset=utf-8", "short"))
	e.Engine.GET("/picture", answer("image/png", long))
	e.Engine.GET("/book", answer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", long))
	e.Engine.GET("/i/:token", answer("text/html; charset=utf-8", long))
	e.Engine.GET("/webhooks/:provider", answer("application/json", long))
	e.Engine.POST("/page", answer("text/html; charset=utf-8", long))
	for _, c := range []struct {
		method, path, accepts string
		compressed            bool
	}{
		{"GET", "/page", "gzip, deflate, br, zstd", true},
		{"GET", "/problem", "gzip", true},
		{"GET", "/page", "", false},
		{"GET", "/page", "br, gzip;q=0", false},
		{"GET", "/short", "gzip", false},
		{"GET", "/picture", "gzip", false},
		{"GET", "/book", "gzip", false},
		{"GET", "/i/token", "gzip", false},
		{"GET", "/webhooks/sepay", "gzip", false},
		{"POST", "/page", "gzip", false},
	} {
		res := serveAndSend(t, e, c.method, c.path, c.accepts)
		sent, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		name := c.method + " " + c.path + " for " + c.accepts
		if is := res.Header.Get("Content-Encoding") == "gzip"; is != c.compressed || res.StatusCode != 200 {
			t.Errorf("%s: %d, compressed %t", name, res.StatusCode, is)
		}
		if c.compressed {
			reader, err := gzip.NewReader(strings.NewReader(string(sent)))
			if err != nil {
				t.Fatal(err)
			}
			if sent, err = io.ReadAll(reader); err != nil || string(sent) != long {
				t.Errorf("%s: %v, %d bytes", name, err, len(sent))
			}
		}
		if c.method == "GET" && c.path == "/page" && res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", name, res.Header.Get("Vary"))
		}
	}
}

// TestAnEventIsSentAtOnce: no event of a stream waits to be compressed with others.
func TestAnEventIsSentAtOnce(t *testing.T) {
	t.Parallel()
	e, _, _ := newEdge(t)
	read := make(chan struct{})
	for _, path := range []string{"/demo/stalls/:id/stream", "/events"} {
		e.Engine.GET(path, func(c *gin.Context) {
			c.Header("Content-Type", "text/event-stream")
			_, _ = c.Writer.WriteString("data: one\n\n")
			c.Writer.Flush()
			<-read
		})
		res := serveAndSend(t, e, "GET", path, "gzip")
		line, err := bufio.NewReader(res.Body).ReadString('\n')
		if err != nil || line != "data: one\n" || res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %q %v", path, line, err)
		}
		read <- struct{}{}
	}
}

// TestHeadIsGetWithoutABody: also for a stream, which ends with its headers.
func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	e, _, _ := newEdge(t)
	e.Engine.GET("/page", func(c *gin.Context) { c.String(http.StatusOK, strings.Repeat("text ", 1000)) })
	e.Engine.GET("/short", func(c *gin.Context) { c.String(http.StatusOK, c.Request.Method) })
	e.Engine.POST("/change", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	e.Engine.GET("/webhooks/:provider", func(c *gin.Context) { c.String(http.StatusOK, "posted") })
	ended := make(chan struct{})
	e.Engine.GET("/stream", func(c *gin.Context) {
		c.Header("Content-Type", "text/event-stream")
		_, _ = c.Writer.WriteString("data: one\n\n")
		c.Writer.Flush()
		<-c.Request.Context().Done()
		close(ended)
	})
	for path, want := range map[string]int{
		"/page": 200, "/short": 200, "/stream": 200, "/nothing": 404, "/change": 405, "/webhooks/vnpay": 405,
	} {
		res := serveAndSend(t, e, "HEAD", path, "gzip")
		body, err := io.ReadAll(res.Body)
		if err != nil || len(body) > 0 || res.StatusCode != want {
			t.Errorf("%s: %d %q %v", path, res.StatusCode, body, err)
		}
		if path == "/page" && res.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: HEAD has other headers than GET: %v", path, res.Header)
		}
		if path == "/short" && res.Header.Get("Content-Length") != "3" {
			t.Errorf("%s: Content-Length %q", path, res.Header.Get("Content-Length"))
		}
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("a stream goes on after its headers")
	}
}
