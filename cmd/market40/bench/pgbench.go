package bench

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"market40/migrations/database/private"
)

// pgbench is PostgreSQL's own yardstick, on the same server.
type pgbench struct {
	program     string
	environment []string
}

func newPgbench(ctx context.Context, dir string) (*pgbench, error) {
	s, err := private.Use(ctx, dir, private.Options{})
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(s.URL())
	if err != nil {
		return nil, err
	}
	password, _ := at.User.Password()
	p := &pgbench{program: filepath.Join(s.Programs(), "pgbench"), environment: append(os.Environ(),
		"PGHOST="+at.Query().Get("host"), "PGPORT="+at.Query().Get("port"), "PGUSER="+at.User.Username(), "PGPASSWORD="+
			password)}
	if err := p.do(ctx, filepath.Join(s.Programs(), "psql"), nil, "-qd", strings.TrimPrefix(at.Path, "/"), "-c",
		"CREATE SCHEMA pgbench"); err != nil {
		return nil, err
	}
	p.environment = append(p.environment, "PGDATABASE="+strings.TrimPrefix(at.Path, "/"),
		"PGOPTIONS=-c search_path=pgbench")
	return p, p.do(ctx, p.program, nil, "-i", "-q", "-s", strconv.Itoa(pgbenchScale))
}

func (p *pgbench) do(ctx context.Context, program string, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	var said strings.Builder
	cmd.Env, cmd.Stdout, cmd.Stderr = p.environment, out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, said.String())
	}
	return nil
}

var tps = regexp.MustCompile(`tps = ([0-9.]+)`)

// run returns the transactions a second.
func (p *pgbench) run(ctx context.Context, length time.Duration) (float64, error) {
	var out strings.Builder
	err := p.do(ctx, p.program, &out, "-c", strconv.Itoa(pgbenchClients), "-j", "2", "-T",
		strconv.Itoa(int(length.Seconds())), "-n")
	if err != nil {
		return 0, err
	}
	found := tps.FindStringSubmatch(out.String())
	if found == nil {
		return 0, fmt.Errorf("pgbench said no tps: %s", out.String())
	}
	return strconv.ParseFloat(found[1], 64)
}
