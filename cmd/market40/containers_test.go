package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"market40/frontend/apptest/program"
)

// composeFile is what the tests read of compose.yaml.
type composeFile struct {
	Services map[string]composeService
}

type composeService struct {
	Entrypoint  []string
	Command     []string
	Environment map[string]string
	Secrets     []string
	Memory      string `yaml:"mem_limit"`
	Logging     struct{ Options map[string]string }
	Healthcheck struct{ Test []string }
}

// TestComposeFile runs what compose.yaml runs, with its commands, settings and secrets, on a
// PostgreSQL that requires passwords: the roles are made, the owner migrates and backs up, the
// other one serves and has only its own password.
func TestComposeFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runScript(t, dir, nil, readDocumentedBlock(t, "sh containers"))
	password, err := os.ReadFile(filepath.Join(dir, "secrets/postgres_password"))
	must(t, err)
	pg := newScramServer(t, strings.TrimSpace(string(password)))
	text, err := os.ReadFile("../../compose.yaml")
	must(t, err)
	var file composeFile
	must(t, yaml.UnmarshalWithOptions(text, &file, yaml.AllowDuplicateMapKey())) // a merged key may be overridden
	c := &composition{t: t, dir: dir, file: file, pg: pg, program: programFolder(t)}

	c.run("roles")
	c.run("roles") // again changes nothing
	c.run("migrate")
	s := program.Serve(t, c.env("serve"))
	if status, _ := s.Get("/readyz"); status != 200 {
		t.Errorf("/readyz answers %d", status)
	}
	must(t, os.Mkdir(filepath.Join(dir, "backups"), 0o700))
	old, other := filepath.Join(dir, "backups/market40-old.backup"), filepath.Join(dir, "backups/other")
	for _, file := range []string{old, other} {
		must(t, os.WriteFile(file, nil, 0o600))
		must(t, os.Chtimes(file, time.Time{}, time.Now().AddDate(0, 0, -32)))
	}
	c.run("backup", "BACKUP_EVERY=")
	c.checkHealth("backup")
	if backups, _ := filepath.Glob(filepath.Join(dir, "backups", "market40-*.backup")); len(backups) != 1 {
		t.Errorf("the backups, of which the old one should be gone: %v", backups)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("what is no backup: %v", err)
	}
	if secrets := strings.Join(file.Services["serve"].Secrets, " "); strings.Contains(secrets, "owner") ||
		strings.Contains(secrets, "postgres") {
		t.Errorf("serve is given %s", secrets)
	}
	for name, service := range file.Services {
		if service.Memory == "" || service.Logging.Options["max-size"] == "" {
			t.Errorf("%s may use all memory or all disk", name)
		}
	}
}

// composition plays the services of a compose.yaml.
type composition struct {
	t       *testing.T
	dir     string
	file    composeFile
	pg      scramServer
	program string // the folder of market40
}

// place replaces the containers' names and folders by those of the test. A service sees only its
// own secrets.
func (c *composition) place(service, text string) string {
	c.t.Helper()
	secrets := filepath.Join(c.dir, "of-"+service)
	must(c.t, os.MkdirAll(secrets, 0o755))
	for _, name := range c.file.Services[service].Secrets {
		content, err := os.ReadFile(filepath.Join(c.dir, "secrets", name))
		must(c.t, err)
		moved := strings.ReplaceAll(string(content), "db:5432", c.pg.host+":"+c.pg.port)
		must(c.t, os.WriteFile(filepath.Join(secrets, name), []byte(moved), 0o600))
	}
	return strings.NewReplacer(
		"/run/secrets",
		secrets,
		"@db:5432",
		"@"+net.JoinHostPort(c.pg.host, c.pg.port),
		"PGHOST=db",
		"PGHOST="+c.pg.host,
		"/var/lib/market40",
		c.dir,
		"/backups",
		filepath.Join(c.dir, "backups"),
		"$$",
		"$",
		"${BACKUP_DAYS:-30}",
		"30",
		"${PUBLIC_URL:?the https address that people open}",
		"https://cho.example.vn",
		"${TRUSTED_PROXIES:-}",
		"",
		`":8080"`,
		"127.0.0.1:0",
	).Replace(text)
}

// env is a service's environment.
func (c *composition) env(service string) []string {
	env := []string{"PGPORT=" + c.pg.port, "PATH=" + c.program + ":" + os.Getenv("PATH"), "DATA_DIR=" + c.dir}
	for name, value := range c.file.Services[service].Environment {
		if name != "LISTEN_ADDR" { // a container's own
			env = append(env, name+"="+c.place(service, value))
		}
	}
	return env
}

// run runs a service to its end, with further settings.
func (c *composition) run(service string, settings ...string) {
	c.t.Helper()
	s := c.file.Services[service]
	words := s.Entrypoint
	if words == nil {
		words = []string{"market40"}
	}
	c.execute(service, append(append([]string{}, words...), s.Command...), settings)
}

// checkHealth runs a service's health check.
func (c *composition) checkHealth(service string) {
	c.t.Helper()
	c.execute(service, []string{"sh", "-c", c.file.Services[service].Healthcheck.Test[1]}, nil)
}

func (c *composition) execute(service string, words, settings []string) {
	c.t.Helper()
	for i := range words {
		words[i] = c.place(service, words[i])
	}
	if words[0] == "market40-backup" { // where the Dockerfile copies it from
		words[0] = "packaging/backup"
	}
	cmd := exec.Command("/usr/bin/env", words...)
	cmd.Env = append(append(os.Environ(), c.env(service)...), settings...)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", service, err, out)
	}
}
