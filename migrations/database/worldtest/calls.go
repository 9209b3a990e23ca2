package worldtest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"

	"market40/merchants/access/signin"
)

// NewRequest returns a request by the owner of a key, or without one if the key is empty. A body of
// bytes is sent unchanged, nil as no body, and anything else as JSON. Headers are names and values
// in turn.
func (w *World) NewRequest(key, method, path string, body any, headers ...string) *http.Request {
	w.T.Helper()
	raw, isRaw := body.([]byte)
	if body != nil && !isRaw {
		var err error
		raw, err = json.Marshal(body)
		Must(w.T, err)
	}
	r := httptest.NewRequestWithContext(w.T.Context(), method, path, bytes.NewReader(raw))
	if w.Server != nil {
		var err error
		r, err = http.NewRequestWithContext(w.T.Context(), method, w.Server.URL+path, bytes.NewReader(raw))
		Must(w.T, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token, signedIn := strings.CutPrefix(key, session); signedIn {
		r.AddCookie(&http.Cookie{Name: signin.Cookie, Value: token})
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	} else if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// Do sends a request and returns the answer, which must be as OpenAPI describes it. Without a server
// there is never an error.
func (w *World) Do(r *http.Request) (*httptest.ResponseRecorder, error) {
	answer, err := w.send(r)
	if err == nil {
		w.checkAnswer(r, answer)
	}
	return answer, err
}

func (w *World) send(r *http.Request) (*httptest.ResponseRecorder, error) {
	answer := httptest.NewRecorder()
	if w.Server == nil {
		w.Edge.Engine.ServeHTTP(answer, r)
		return answer, nil
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	maps.Copy(answer.Header(), res.Header)
	answer.WriteHeader(res.StatusCode)
	_, err = io.Copy(answer, res.Body)
	return answer, err
}

// Send sends a request as NewRequest returns it, and returns the answer.
func (w *World) Send(key, method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	w.T.Helper()
	answer, err := w.Do(w.NewRequest(key, method, path, body, headers...))
	Must(w.T, err)
	return answer
}

// Try is Send that returns the status and the decoded answer.
func (w *World) Try(key, method, path string, body any, headers ...string) (int, Object) {
	w.T.Helper()
	answer := w.Send(key, method, path, body, headers...)
	return answer.Code, Decode(answer)
}

// Call is Send that checks the status and returns the decoded answer.
func (w *World) Call(key, method, path string, body any, status int, headers ...string) Object {
	w.T.Helper()
	answer := w.Send(key, method, path, body, headers...)
	if answer.Code != status {
		w.T.Fatalf("%s %s is answered with %d, want %d: %.2000s", method, path, answer.Code, status, answer.Body)
	}
	return Decode(answer)
}

// Refuse checks that a call is refused with a status and a code, and returns the problem.
func (w *World) Refuse(key, method, path string, body any, status int, code string) Object {
	w.T.Helper()
	o := w.Call(key, method, path, body, status)
	if o.Text("code") != code {
		w.T.Fatalf("%s %s %v is refused as %q, want %q: %v", method, path, body, o.Text("code"), code, o)
	}
	return o
}

// Fetch returns the body of a path's answer, and checks the status.
func (w *World) Fetch(key, path string, status int) []byte {
	w.T.Helper()
	answer := w.Send(key, http.MethodGet, path, nil)
	if answer.Code != status {
		w.T.Fatalf("GET %s is answered with %d, want %d: %.2000s", path, answer.Code, status, answer.Body)
	}
	return answer.Body.Bytes()
}

// Upload sends a file as a form and checks the status. Each form has another boundary, as in
// browsers.
func (w *World) Upload(key, path, name string, file []byte, status int, headers ...string) Object {
	w.T.Helper()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, err := parts.CreateFormFile("file", name)
	Must(w.T, err)
	_, err = part.Write(file)
	Must(w.T, err)
	Must(w.T, parts.Close())
	return w.Call(key, http.MethodPost, path, form.Bytes(), status,
		append(headers, "Content-Type", parts.FormDataContentType())...)
}
