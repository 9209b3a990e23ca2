package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// usualPlaces are where Debian, Red Hat and Homebrew put PostgreSQL's programs.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// programs are one installed PostgreSQL.
type programs struct {
	bin   string
	major int
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// choosePrograms finds the folder of the programs of the data's major version or, before there is
// data, of the newest.
func choosePrograms(ctx context.Context, f layout, places []string) (string, error) {
	want, err := dataVersion(f.data)
	if err != nil {
		return "", err
	}
	found := findPrograms(ctx, places)
	if len(found) == 0 {
		return "", fmt.Errorf(
			"%w: install them (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql) or set DATABASE_URL",
			ErrNoBinaries,
		)
	}
	newest := found[0]
	for _, p := range found {
		if p.major == want {
			return p.bin, nil
		}
		if p.major > newest.major {
			newest = p
		}
	}
	if want == 0 {
		return newest.bin, nil
	}
	return "", fmt.Errorf(
		"%w: %s was made by PostgreSQL %d and here is %d. Install PostgreSQL %d; or, where that is installed, "+
			"run `market40 backup FILE`, move %s away, start, and run `market40 restore FILE`. Nothing was changed",
		ErrVersion,
		f.data,
		want,
		newest.major,
		want,
		f.data,
	)
}

// dataVersion returns the major version that made a data directory, or 0 if there is none yet. A
// folder with other content is ErrForeignFolder.
func dataVersion(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(data)
		if err == nil && len(entries) > 0 {
			return 0, fmt.Errorf("%w: %s contains files but no PG_VERSION: move it away", ErrForeignFolder, data)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("looking at the data directory: %w", err)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the data's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || major <= 0 {
		return 0, fmt.Errorf("%w: %s/PG_VERSION says %q", ErrVersion, data, strings.TrimSpace(string(text)))
	}
	return major, nil
}

// findPrograms lists each installed PostgreSQL once, those of PATH first.
func findPrograms(ctx context.Context, places []string) []programs {
	var bins []string
	if places == nil {
		places = usualPlaces
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			// Distributions link single programs into PATH: the others lie beside the link's
			// target.
			if real, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb")); err == nil {
				bins = append(bins, filepath.Dir(real))
			}
		}
	}
	for _, pattern := range places {
		matches, _ := filepath.Glob(pattern) // only a malformed pattern fails, and it matches nothing
		bins = append(bins, matches...)
	}
	var found []programs
	for _, bin := range bins {
		if slices.ContainsFunc(found, func(p programs) bool { return p.bin == bin }) {
			continue
		}
		if major := serverVersion(ctx, bin); major > 0 {
			found = append(found, programs{bin: bin, major: major})
		}
	}
	return found
}

// serverVersion returns the major version of the server in a folder, or 0 if initdb or postgres
// does not exist there or does not run.
func serverVersion(ctx context.Context, bin string) int {
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return 0
	}
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"),
		"--version").Output() //nolint:gosec // a found program
	if err != nil {
		return 0
	}
	parts := versionLine.FindSubmatch(out)
	if parts == nil {
		return 0
	}
	major, _ := strconv.Atoi(string(parts[1]))
	return major
}
