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

	"market40/frontend/apptest/program"
	"market40/migrations/database/dbtest"
)

// TestBillOfMaterials: the list is of this very program, everything has its hash and licence, the apps'
// packages and the fonts are there, and twice it is the same.
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
			Licenses            []struct{ Expression string }
		}
	}
	must(t, json.Unmarshal([]byte(text), &list))
	if list.Format != "CycloneDX" || !regexp.MustCompile(`^urn:uuid:[0-9a-f-]{36}$`).MatchString(list.Serial) {
		t.Errorf("it begins %.200s", text)
	}
	listed := map[string]bool{}
	for _, c := range list.Components {
		listed[c.Name+" "+c.Version] = true
		digits := map[string]int{"SHA-256": 64, "SHA-512": 128}
		if c.Name != "stdlib" && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != digits[c.Hashes[0].Alg]) {
			t.Errorf("%s has the hashes %v", c.Name, c.Hashes)
		}
		if len(c.Licenses) != 1 || c.Licenses[0].Expression == "" {
			t.Errorf("%s has the licences %v", c.Name, c.Licenses)
		}
	}
	for _, name := range []string{"svelte", "idb", "openapi-fetch", "qr-scanner", "NotoSans-Regular.ttf"} {
		if !strings.Contains(text, `"name": "`+name+`"`) {
			t.Errorf("%s is missing", name)
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

// TestLicences compares licences.csv with the licence files of the modules that the program is made of.
// UPDATE=1 writes it.
func TestLicences(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-tags", "nomsgpack", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	table := "module,licence\n"
	for _, line := range slices.Compact(lines) {
		if path, dir, found := strings.Cut(line, "\t"); found {
			table += path + "," + licenceOf(t, dir) + "\n"
		}
	}
	if os.Getenv("UPDATE") == "1" {
		must(t, os.WriteFile("licences.csv", []byte(table), 0o644)) //nolint:gosec // as every source file
	}
	written, err := os.ReadFile("licences.csv")
	must(t, err)
	if string(written) != table {
		t.Errorf("licences.csv is old (UPDATE=1 go test ./cmd/market40 -run TestLicences); it should be:\n%s", table)
	}
}

// licenceOf returns the licence of a module as SPDX writes it, by a sentence that no other licence has.
func licenceOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))
	must(t, err)
	text := ""
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		text += strings.Join(strings.Fields(string(content)), " ")
	}
	for _, known := range []struct{ sentence, licence string }{
		{"Eclipse Public License - v 2.0", "EPL-2.0 OR BSD-3-Clause"},
		{"covered by two different licenses: MIT and Apache", "MIT AND Apache-2.0"},
		{"Apache License Version 2.0", "Apache-2.0"},
		{"Mozilla Public License Version 2.0", "MPL-2.0"},
		{"Permission is hereby granted, free of charge", "MIT"},
		{"endorse or promote products", "BSD-3-Clause"},
		{"Redistribution and use in source and binary forms", "BSD-2-Clause"},
	} {
		if strings.Contains(text, known.sentence) {
			return known.licence
		}
	}
	t.Errorf("%s has a licence that this test does not know: %.200s", dir, text)
	return "?"
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
