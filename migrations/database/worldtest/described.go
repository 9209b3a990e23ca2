package worldtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"market40/merchants/platform/web"
	"market40/merchants/platform/web/webtest"
)

// documents are the OpenAPI documents of all worlds, by their operations.
var documents sync.Map

// checkAnswer compares an answer with the world's OpenAPI document.
func (w *World) checkAnswer(r *http.Request, answer *httptest.ResponseRecorder) {
	w.T.Helper()
	err := w.document().Check(r.Method, r.URL.Path, answer.Code, answer.Header(), answer.Body.Bytes())
	if err != nil {
		w.T.Errorf(
			"%s %s is answered with %d beyond OpenAPI: %v\n%.2000s",
			r.Method,
			r.URL,
			answer.Code,
			err,
			answer.Body,
		)
	}
}

// document returns the document of the parts that are mounted. Worlds with the same parts share it.
func (w *World) document() *webtest.Document {
	w.T.Helper()
	var parts strings.Builder
	for _, op := range web.Operations(w.Edge.API.OpenAPI()) {
		parts.WriteString(op.Method + op.Path + "\n")
	}
	read, _ := documents.LoadOrStore(parts.String(), sync.OnceValues(func() (*webtest.Document, error) {
		text, err := w.Edge.OpenAPI().MarshalJSON()
		if err != nil {
			return nil, err
		}
		return webtest.ReadDocument(text)
	}))
	document, err := read.(func() (*webtest.Document, error))()
	Must(w.T, err)
	return document
}
