package program

import (
	"io"
	"net/http"
	"sync"

	"market40/merchants/platform/web/webtest"
)

// described is the program's OpenAPI document: that of the first server.
var described struct {
	sync.Mutex
	document *webtest.Document
}

// checkAnswer compares an answer with OpenAPI.
func (s *Server) checkAnswer(res *http.Response, body []byte) {
	s.T.Helper()
	document, err := s.document()
	if err == nil {
		err = document.Check(res.Request.Method, res.Request.URL.Path, res.StatusCode, res.Header, body)
	}
	if err != nil {
		s.T.Errorf("%s %s is answered with %d beyond OpenAPI: %v\n%.2000s", res.Request.Method, res.Request.URL,
			res.StatusCode, err, body)
	}
}

func (s *Server) document() (*webtest.Document, error) {
	described.Lock()
	defer described.Unlock()
	if described.document != nil {
		return described.document, nil
	}
	res, err := http.Get(s.Address + "/openapi.json")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	described.document, err = webtest.ReadDocument(text)
	return described.document, err
}
