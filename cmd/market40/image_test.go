package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"market40/frontend/apptest/program"
)

// imageBuild plays a Dockerfile: each stage is a folder, and RUN happens in it.
type imageBuild struct {
	t        *testing.T
	dir      string // the stages
	checkout string
	stage    string
	workdir  string
}

// TestTheImageServesTheApps runs the steps of the Dockerfile on a clean checkout, and requests the
// program that the last stage holds for both apps.
func TestTheImageServesTheApps(t *testing.T) {
	t.Parallel()
	b := &imageBuild{t: t, dir: t.TempDir(), checkout: cleanCheckout(t)}
	text, err := os.ReadFile(filepath.Join(b.checkout, "Dockerfile"))
	must(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		if word, rest, found := strings.Cut(line, " "); found {
			b.step(word, rest)
		}
	}
	cmd := exec.Command(filepath.Join(b.dir, b.stage, "usr/local/bin/market40"), "serve")
	cmd.Env = append(os.Environ(), "LISTEN_ADDR=127.0.0.1:0", "DATA_DIR="+dataDir(t), "DATABASE_URL=", "PUBLIC_URL=")
	s := program.StartServer(t, cmd)
	for _, path := range []string{"/stall/", "/district/"} {
		status, body := s.Get(path)
		_, script, _ := strings.Cut(body, `src="`)
		script, _, _ = strings.Cut(script, `"`)
		if status != 200 || script == "" {
			t.Fatalf("%s: %d %.200s", path, status, body)
		}
		if status, _ := s.Get(script); status != 200 {
			t.Errorf("%s of %s: %d", script, path, status)
		}
	}
}

// cleanCheckout copies what git tracks, less what .dockerignore leaves out.
func cleanCheckout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ignored, err := os.ReadFile("../../.dockerignore")
	must(t, err)
	for _, line := range strings.Fields(string(ignored)) {
		if strings.HasPrefix(line, "frontend/stall") || strings.HasPrefix(line, "cmd") {
			t.Errorf(".dockerignore leaves out %s", line)
		}
	}
	copying := exec.Command("bash", "-c", `git ls-files -z | tar --null --files-from=- -c | tar -x -C "$0"`, dir)
	copying.Dir = "../.."
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("copying the checkout: %v\n%s", err, out)
	}
	return dir
}

func (b *imageBuild) step(word, rest string) {
	b.t.Helper()
	switch word {
	case "FROM":
		_, name, named := strings.Cut(rest, " AS ")
		if !named {
			name = "image"
		}
		b.stage, b.workdir = name, "/"
		must(b.t, os.MkdirAll(b.path("/"), 0o755))
	case "WORKDIR":
		b.workdir = rest
		must(b.t, os.MkdirAll(b.path("."), 0o755))
	case "COPY":
		b.copy(strings.Fields(rest))
	case "RUN":
		b.run(rest)
	}
}

// run runs a command unchanged, except for what make ran before the tests on the same files: it
// installed what package-lock.json names, and verified the modules.
func (b *imageBuild) run(command string) {
	b.t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	must(b.t, err)
	const verify = "go mod verify"
	ran := func(step string) bool {
		return strings.Contains(string(makefile), "\t"+step) || strings.Contains(string(makefile), "&& "+step)
	}
	script := command
	switch {
	case strings.HasPrefix(command, "npm ci ") && ran(command) && b.installed():
		script = `cp -a "$0/node_modules" .`
	case strings.HasSuffix(command, " && "+verify) && ran(verify):
		script = strings.TrimSuffix(command, " && "+verify)
	}
	frontend, err := filepath.Abs("../../frontend")
	must(b.t, err)
	run := exec.Command("sh", "-e", "-c", script, frontend)
	run.Dir, run.Env = b.path("."), append(os.Environ(), "VERSION=test")
	if out, err := run.CombinedOutput(); err != nil {
		b.t.Fatalf("RUN %s: %v\n%s", command, err, out)
	}
}

// installed reports whether the checkout's node_modules are those of the package-lock.json that the
// stage has, by their times as make does.
func (b *imageBuild) installed() bool {
	b.t.Helper()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		ours, err := os.ReadFile(filepath.Join("../../frontend", name))
		must(b.t, err)
		copied, err := os.ReadFile(b.path(name))
		must(b.t, err)
		if string(copied) != string(ours) {
			b.t.Errorf("the stage has another %s", name)
		}
	}
	lock, err := os.Stat("../../frontend/package-lock.json")
	must(b.t, err)
	made, err := os.Stat("../../frontend/node_modules/.package-lock.json")
	return err == nil && !made.ModTime().Before(lock.ModTime())
}

// path is where a path of the present stage lies.
func (b *imageBuild) path(name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(b.workdir, name)
	}
	return filepath.Join(b.dir, b.stage, name)
}

func (b *imageBuild) copy(words []string) {
	b.t.Helper()
	from := b.checkout
	for strings.HasPrefix(words[0], "--") {
		if stage, found := strings.CutPrefix(words[0], "--from="); found {
			from = filepath.Join(b.dir, stage)
		}
		words = words[1:]
	}
	sources, to := words[:len(words)-1], b.path(words[len(words)-1])
	for _, source := range sources {
		source = filepath.Join(from, source)
		info, err := os.Stat(source)
		must(b.t, err)
		script := `mkdir -p "$1" && cp -a "$0/." "$1"` // of a folder its content is copied
		if !info.IsDir() {
			script = `mkdir -p "$(dirname "$1")" && cp -a "$0" "$1"`
		}
		if out, err := exec.Command("sh", "-c", script, source, to).CombinedOutput(); err != nil {
			b.t.Fatalf("COPY %s: %v\n%s", source, err, out)
		}
	}
}
