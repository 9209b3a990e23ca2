package paymentstest

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"market40/payments/cases"
)

// CaseKinds returns the kinds of cases in the API.
func CaseKinds() []string {
	field, _ := reflect.TypeFor[cases.Case]().FieldByName("Kind")
	return strings.Split(field.Tag.Get("enum"), ",")
}

// OpenCases returns the open cases of a kind.
func (w *World) OpenCases(kind string) []object {
	w.T.Helper()
	var found []object
	for _, c := range w.Call(w.Admin, "GET", "/api/v1/cases?state=open", nil, 200).Items() {
		if !slices.Contains(CaseKinds(), c.Text("kind")) {
			w.T.Errorf("a case has the kind %s, which the API does not have", c.Text("kind"))
		}
		if c.Text("kind") == kind {
			found = append(found, c)
		}
	}
	return found
}

// WantCases checks the number of open cases of a kind, and returns them.
func (w *World) WantCases(kind string, n int) []object {
	w.T.Helper()
	found := w.OpenCases(kind)
	if len(found) != n {
		w.T.Errorf("%d open cases %q, want %d", len(found), kind, n)
	}
	return found
}

// Decide has two people decide the only open case of a kind, and returns its path.
func (w *World) Decide(kind string, resolution object) string {
	w.T.Helper()
	cases := w.OpenCases(kind)
	if len(cases) != 1 {
		w.T.Fatalf("%d open cases %q", len(cases), kind)
	}
	path := "/api/v1/cases/" + cases[0].Text("id")
	w.Call(w.Admin, "POST", path+"/resolve", resolution, 200)
	w.Call(w.Key("admin", ""), "POST", path+"/resolve", resolution, 200)
	return path
}

// AssignTo returns the resolution that assigns a case to a stall.
func AssignTo(stall string) object {
	return object{"action": "assign", "stall_id": stall, "reason": "người bán xác nhận"}
}

// Attempt posts a body and checks that the answer is a success or a conflict.
func (w *World) Attempt(key, path string, body any) {
	answer, err := w.Do(w.NewRequest(key, http.MethodPost, path, body))
	switch {
	case err != nil:
		w.T.Error(err)
	case answer.Code != 200 && answer.Code != 409:
		w.T.Errorf("%s is answered %d", path, answer.Code)
	}
}
