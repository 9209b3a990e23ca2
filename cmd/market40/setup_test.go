package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSetupNamesWhatIsTooOld: one line for each, and nothing is installed.
func TestSetupNamesWhatIsTooOld(t *testing.T) {
	t.Parallel()
	old := t.TempDir()
	for name, script := range map[string]string{
		"go":   "#!/bin/sh\n[ \"$1\" = env ] && echo go1.19.8 || echo go version go1.19.8 linux/amd64\n",
		"node": "#!/bin/sh\necho v18.20.4\n",
		"npm":  "#!/bin/sh\n",
	} {
		must(t, os.WriteFile(filepath.Join(old, name), []byte(script), 0o700)) //nolint:gosec // a program
	}
	for _, target := range []string{"build", "run"} {
		setup := exec.Command("../../.ci/setup", target)
		setup.Env = []string{"PATH=" + old + ":/usr/bin:/bin", "DATABASE_URL=postgres://127.0.0.1/x"}
		var said bytes.Buffer
		setup.Stdout, setup.Stderr = &said, &said
		err := setup.Run()
		if lines := strings.Split(strings.TrimSpace(said.String()), "\n"); err == nil || len(lines) != 2 ||
			!strings.HasPrefix(lines[0], "Go 1.26 is needed, this is 1.19.8") ||
			!strings.HasPrefix(lines[1], "Node 20.19 is needed, this is 18.20.4") {
			t.Errorf("setup %s ends with %v and says %q", target, err, said.String())
		}
	}
}
