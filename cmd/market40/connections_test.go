package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestConnectionsAreListedAndTested by commands, beside a server that runs.
func TestConnectionsAreListedAndTested(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)}
	if a := program.Want(t, 0, env, "connections", "list"); a.Out != "" {
		t.Errorf("without connections the list says %s", a.Out)
	}
	if a := program.Want(t, 0, env, "connections", "list", "--json"); a.Out != "{\"items\":[],\"next\":null}\n" {
		t.Errorf("without connections the list is %s", a.Out)
	}
	s := program.Serve(t, env)
	admin := program.AdminKey(t, env)
	signed := s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "standard", "name": "Chuẩn",
		"secrets": object{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	}, 201).Text("id")
	open := s.CallAs(admin, "POST", "/api/v1/bank-connections", object{
		"provider": "sepay", "name": "Hở",
		"secrets": object{"auth": "none", "allow_ips": []any{"127.0.0.1"}},
	}, 201).Text("id")
	listed := program.Want(t, 0, env, "connections", "list").Out
	for _, line := range []string{signed + "  standard   enabled   Chuẩn\n", open +
		"  sepay      waiting   Hở (UNSIGNED: only the caller's address is checked)\n"} {
		if !strings.Contains(listed, line) {
			t.Errorf("the list is %s, want %s", listed, line)
		}
	}
	var byCommand map[string]any
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "connections", "list", "--json").Out), &byCommand))
	if byAPI := s.CallAs(admin, "GET", "/api/v1/bank-connections", nil, 200); fmt.Sprint(byCommand) != fmt.Sprint(
		map[string]any(byAPI)) {
		t.Errorf("the command lists %v, the API %v", byCommand, byAPI)
	}
	if a := program.Want(t, 0, env, "connections", "test", signed); !strings.HasSuffix(a.Out, "  ignored  test\n") {
		t.Errorf("a test prints %s", a.Out)
	}
	var notice object
	must(t, json.Unmarshal([]byte(program.Want(t, 0, env, "connections", "test", signed, "--json").Out), &notice))
	if notice.Text("state") != "ignored" || notice.Text("why") != "test" {
		t.Errorf("a test is %v", notice)
	}
	program.Want(t, 1, env, "connections", "test", open) // it waits for approval
	program.Want(t, 1, env, "connections", "test", "019a0000-0000-7000-8000-000000000000")
	program.Want(t, 2, env, "connections", "test", "standard")
}

// TestSecretsAreTyped: OpenAPI names every provider and the fields of its secrets.
func TestSecretsAreTyped(t *testing.T) {
	t.Parallel()
	s := program.Serve(t, []string{"DATABASE_URL=" + dbtest.URL(t), "SECRET_KEY=" + program.SecretKey(1)})
	components, _ := s.CallAs("", "GET", "/openapi.json", nil, 200)["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	order, _ := schemas["PaymentsConnectionOrder"].(map[string]any)
	properties, _ := order["properties"].(map[string]any)
	provider, _ := properties["provider"].(map[string]any)
	names, _ := provider["enum"].([]any)
	secrets, _ := properties["secrets"].(map[string]any)
	forms, _ := secrets["oneOf"].([]any)
	if len(names) < 11 || !slices.Contains(names, "sepay") || secrets["type"] != "object" || len(forms) < len(names)+2 {
		t.Errorf("provider is %v, secrets %v", provider, secrets)
	}
}
