package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"market40/cmd/market40/app"
)

// tool is one run of a program of PostgreSQL's on the store's database.
type tool struct {
	name string
	args []string
	in   *os.File
	out  io.Writer
}

// runTool runs pg_dump or pg_restore of the server's own version, as the owner of the tables. The
// password is passed by the environment, because everyone on the machine can see arguments.
func runTool(ctx context.Context, st *app.Store, t tool) error {
	program, err := findTool(ctx, st, t.name)
	if err != nil {
		return err
	}
	address, password, err := libpqURL(st.OwnerURL)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, append(t.args, "--dbname="+address)...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var said strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.in, t.out, &said
	err = cmd.Run()
	if why := plainWords(t.name, said.String()); err != nil && why != "" {
		return fmt.Errorf("%s: %s", t.name, why)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return nil
}

// plainWords returns what a tool said, in one line and without its name before each.
func plainWords(name, said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		line = strings.TrimPrefix(strings.TrimSpace(line), name+": ")
		if line = strings.TrimPrefix(line, "error: "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// libpqURL returns a URL that PostgreSQL's own programs can read, and the password separately. pgx
// accepts any setting as a parameter of the URL, libpq only by options.
func libpqURL(text string) (address, password string, err error) {
	cfg, err := pgx.ParseConfig(text)
	if err != nil {
		return "", "", errors.New("the database URL cannot be read") // err may quote the password
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return "", "", errors.New("the database URL must begin with postgres:// for backup and restore")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B")) // a plus is a plus to both, and no space
	if err != nil {
		return "", "", errors.New("the database URL's parameters cannot be read")
	}
	for name := range query {
		if strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_cache_capacity") ||
			name == "default_query_exec_mode" {
			query.Del(name)
		}
	}
	for name, value := range cfg.RuntimeParams {
		if query.Has(name) && name != "application_name" && name != "options" {
			query.Del(name)
			query.Add("options", "-c "+name+"="+strings.ReplaceAll(value, " ", `\ `))
		}
	}
	if options := query["options"]; len(options) > 1 {
		query.Set("options", strings.Join(options, " "))
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String(), cfg.Password, nil
}

// findTool returns the program of a private server, or one of the major version of DATABASE_URL's
// server or newer.
func findTool(ctx context.Context, st *app.Store, name string) (string, error) {
	if st.Server != nil {
		return filepath.Join(st.Server.Programs(), name), nil
	}
	want, err := serverMajor(ctx, st)
	if err != nil {
		return "", err
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // only a malformed pattern fails
	more, _ := filepath.Glob("/usr/pgsql-*/bin/" + name)
	found = append(found, more...)
	if path, err := exec.LookPath(name); err == nil {
		found = append(found, path)
	}
	best, bestMajor := "", 0
	for _, path := range found {
		if major := toolMajor(ctx, path); major >= want && (best == "" || major < bestMajor) {
			best, bestMajor = path, major
		}
	}
	if best == "" {
		return "", fmt.Errorf("no %s of PostgreSQL %d found: install the package postgresql-client-%d", name, want,
			want)
	}
	return best, nil
}

func serverMajor(ctx context.Context, st *app.Store) (int, error) {
	conn, err := pgx.Connect(ctx, st.OwnerURL)
	if err != nil {
		return 0, fmt.Errorf("asking the server's version: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var major int
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000`).Scan(&major)
	return major, err
}

var toolVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// toolMajor returns the major version that a program prints; 0 if it prints none.
func toolMajor(ctx context.Context, path string) int {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return 0
	}
	parts := toolVersion.FindSubmatch(out)
	if parts == nil {
		return 0
	}
	major, _ := strconv.Atoi(string(parts[1])) // digits by the pattern
	return major
}
