package problem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

func answer(t *testing.T, language string, err error) (int, string, problem.Body) {
	t.Helper()
	w := httptest.NewRecorder()
	_, engine := gin.CreateTestContext(w)
	engine.GET("/", problem.Handle(func(*gin.Context) error { return err }))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", language)
	engine.ServeHTTP(w, r)
	var body problem.Body
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, w.Header().Get("Content-Type"), body
}

func TestRefusalIsInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	refusal := fmt.Errorf("while testing: %w", problem.New(problem.Conflict, "account_in_use", "Tài khoản đã dùng.",
		"The account is in use."))
	for language, want := range map[string]string{
		"": "Tài khoản đã dùng.", "vi-VN,vi;q=0.9,en;q=0.8": "Tài khoản đã dùng.",
		"en-US,en;q=0.9": "The account is in use.", "fr": "Tài khoản đã dùng.",
	} {
		status, contentType, body := answer(t, language, refusal)
		if status != 409 || contentType != "application/problem+json" || body.Detail != want ||
			body.Code != "account_in_use" || body.Status != 409 {
			t.Errorf("%q: %d %s %+v", language, status, contentType, body)
		}
	}
}

func TestFailureRevealsNothing(t *testing.T) {
	t.Parallel()
	status, _, body := answer(t, "en", errors.New(`relation "accounts" does not exist`))
	if status != 500 || strings.Contains(fmt.Sprint(body), "accounts") {
		t.Errorf("%d %+v", status, body)
	}
}

func TestOneFieldGivesItsCode(t *testing.T) {
	t.Parallel()
	_, _, body := answer(t, "en", problem.InFields(problem.UnknownValue("kind", "mall", "stall", "kiosk")))
	if body.Code != "unknown_value" || len(body.Errors) != 1 || body.Errors[0].Field != "kind" ||
		!strings.Contains(body.Detail, "stall, kiosk") {
		t.Errorf("%+v", body)
	}
	_, _, body = answer(t, "en", problem.InFields(problem.Field{Name: "a", Code: "required"}, problem.Field{
		Name: "b",
		Code: "required",
	}))
	if body.Code != "invalid_input" || len(body.Errors) != 2 {
		t.Errorf("%+v", body)
	}
}

// TestAHungDatabaseIsAway: a request without an answer is not our failure, and the caller learns when
// to come again.
func TestAHungDatabaseIsAway(t *testing.T) {
	t.Parallel()
	if status, _, body := answer(t, "en", fmt.Errorf("read: %w", database.ErrSilent)); status != 503 ||
		body.Code != "unavailable" {
		t.Errorf("%d %+v", status, body)
	}
}
