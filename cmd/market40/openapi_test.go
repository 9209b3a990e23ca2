package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// described is an OpenAPI document, as far as tests read it.
type described struct {
	Info       struct{ Version, Description string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]describedOperation
	Components struct{ Schemas map[string]any }
}

type describedOperation struct {
	OperationID string   `json:"operationId"`
	Summary     string   `json:"summary"`
	Tags        []string `json:"tags"`
	Parameters  []struct {
		Ref string `json:"$ref"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct{ Example json.RawMessage }
	} `json:"requestBody"`
	Responses map[string]any `json:"responses"`
}

// serveDocument starts a server and returns its OpenAPI document.
func serveDocument(t *testing.T) (s *program.Server, env []string, text string) {
	t.Helper()
	env = []string{
		"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1),
		"PUBLIC_URL=https://cho.example.vn",
	}
	s = program.Serve(t, env)
	_, text = s.Get("/openapi.json")
	return s, env, text
}

// TestOpenAPIIsValid asks two validators.
func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	_, _, text := serveDocument(t)
	document, err := libopenapi.NewDocument([]byte(text))
	must(t, err)
	checks, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if valid, faults := checks.ValidateDocument(); !valid {
		for _, fault := range faults {
			t.Errorf("%s: %s", fault.Message, fault.Reason)
		}
	}
	file := filepath.Join(t.TempDir(), "openapi.json")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	cmd := exec.CommandContext(t.Context(), "node_modules/.bin/validate-api", file)
	cmd.Dir = "../../frontend"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s (make apps installs it)", err, out)
	}
}

// TestOpenAPIDescribesEveryOperation checks what no validator requires.
func TestOpenAPIDescribesEveryOperation(t *testing.T) {
	t.Parallel()
	_, _, text := serveDocument(t)
	var api described
	must(t, json.Unmarshal([]byte(text), &api))
	name, vietnamese := regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`), regexp.MustCompile(`[À-ỹĐđ]`)
	for schema := range api.Components.Schemas {
		if !name.MatchString(schema) || strings.Contains(schema, "Huma") {
			t.Errorf("a schema is named %q", schema)
		}
	}
	var sections []string
	for _, tag := range api.Tags {
		sections = append(sections, tag.Name)
		if tag.Description == "" {
			t.Errorf("the tag %s has no description", tag.Name)
		}
	}
	for path, methods := range api.Paths {
		for method, op := range methods {
			route := strings.ToUpper(method) + " " + path
			if op.Summary == "" || vietnamese.MatchString(op.Summary) {
				t.Errorf("the summary of %s is %q", route, op.Summary)
			}
			if len(op.Tags) != 1 || !slices.Contains(sections, op.Tags[0]) {
				t.Errorf("%s has the tags %v", route, op.Tags)
			}
			if strings.HasPrefix(path, "/api/") && (op.Responses["401"] == nil || op.Responses["503"] == nil) {
				t.Errorf("%s has no refusals: %v", route, op.Responses)
			}
		}
	}
	honours := func(path string) bool {
		return slices.ContainsFunc(api.Paths[path]["post"].Parameters, func(p struct {
			Ref string `json:"$ref"`
		},
		) bool {
			return p.Ref == "#/components/parameters/Idempotency-Key"
		})
	}
	if !honours("/api/v1/orders") || honours("/api/v1/sessions") {
		t.Error("Idempotency-Key is not where it is honoured")
	}
	for _, page := range []string{"/docs", "/stall", "/sign-in", "/q/{code}", "/q/shop.css"} {
		if api.Paths[page] != nil {
			t.Errorf("%s is a page, and in OpenAPI", page)
		}
	}
}

// TestOpenAPIExamplesAreAccepted sends each example of a body.
func TestOpenAPIExamplesAreAccepted(t *testing.T) {
	t.Parallel()
	s, env, text := serveDocument(t)
	var api described
	must(t, json.Unmarshal([]byte(text), &api))
	examples := map[string]json.RawMessage{}
	for _, methods := range api.Paths {
		for _, op := range methods {
			if example := op.RequestBody.Content["application/json"].Example; example != nil {
				examples[op.OperationID] = example
			}
		}
	}
	key := program.AdminKey(t, env)
	send := func(id, path string, status int, replace ...string) object {
		t.Helper()
		var body object
		must(t, json.Unmarshal([]byte(strings.NewReplacer(replace...).Replace(string(examples[id]))), &body))
		delete(examples, id)
		return s.CallAs(key, "POST", path, body, status)
	}
	market := send("register-market", "/api/v1/markets", 201).Text("id")
	stall := send("register-stall", "/api/v1/markets/"+market+"/stalls", 201)
	code, _ := stall["code"].(map[string]any)
	send("create-bank-connection", "/api/v1/bank-connections", 201)
	send("make-order", "/api/v1/orders", 201, "01a20719-0000-7000-8000-000000000000", stall.Text("id"))
	send("make-shopper-order", "/q/"+object(code).Text("code")+"/orders", 201)
	send("verify-code", "/api/v1/codes/verify", 200)
	send("create-api-key", "/api/v1/api-keys", 201)
	for id := range examples {
		t.Errorf("the example of %s is not sent", id)
	}
}
