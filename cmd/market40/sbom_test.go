package main_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestBillOfMaterials: the list is of this very program, each module has its hash, and twice it is
// the same.
func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	text := program.Want(t, 0, nil, "sbom").Out
	if program.Want(t, 0, nil, "sbom").Out != text {
		t.Error("two lists of one program differ")
	}
	var list struct {
		Format     string `json:"bomFormat"`
		Serial     string `json:"serialNumber"`
		Components []struct {
			Name, Version, PURL string
			Hashes              []struct{ Alg, Content string }
		}
	}
	must(t, json.Unmarshal([]byte(text), &list))
	if list.Format != "CycloneDX" || !regexp.MustCompile(`^urn:uuid:[0-9a-f-]{36}$`).MatchString(list.Serial) {
		t.Errorf("it begins %.200s", text)
	}
	listed := map[string]bool{}
	for _, c := range list.Components {
		listed[c.Name+" "+c.Version] = true
		if c.Name != "stdlib" && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64) {
			t.Errorf("%s has the hashes %v", c.Name, c.Hashes)
		}
	}
	needs, err := os.ReadFile("../../go.mod")
	must(t, err)
	for _, line := range strings.Split(string(needs), "\n") {
		if module := strings.TrimSpace(line); strings.HasPrefix(line, "\tgithub.com/jackc/pgx/v5 ") && !listed[module] {
			t.Errorf("%s is missing", module)
		}
	}
}

func TestReadyAsksTheServer(t *testing.T) {
	t.Parallel()
	env := []string{
		"DATABASE_URL=" + dbtest.URL(t),
		"SECRET_KEY=" + program.SecretKey(1),
		"LISTEN_ADDR=" + freeAddress(t),
	}
	if a := program.Want(t, 1, env, "ready"); !strings.Contains(a.Err, "not ready") {
		t.Errorf("without a server it says %q", a.Err)
	}
	program.Serve(t, env)
	program.Want(t, 0, env, "ready")
}
