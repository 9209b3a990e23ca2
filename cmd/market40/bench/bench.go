// Package bench is the command that measures the program beside pgbench, on a server of its own that is thrown away.
// It drives load over HTTP and proves the books afterwards.
package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"market40/merchants/vietqr"
	"market40/migrations/database/private"
)

const (
	paidStalls     = 4000 // spread over as many accounts
	pgbenchClients = 32   // of pgbench
	pgbenchScale   = 50   // of pgbench: 5 million accounts
)

// bench measures the bars of performance.md on a throw-away private server with real fsync.
type bench struct {
	out    io.Writer
	dir    string
	rounds int
	length time.Duration
	only   map[string]bool
	ratios map[string][]float64 // by bar, one a round
	rates  map[string][]float64
}

// Command returns `market40 bench`.
func Command() *cobra.Command {
	b := &bench{ratios: map[string][]float64{}, rates: map[string][]float64{}}
	var only string
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure P1, P3, P4, P5, P7, P8, P9 and P11 beside pgbench, in one run on a throw-away server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b.out = cmd.OutOrStdout()
			for name := range strings.SplitSeq(only, ",") {
				if name != "" {
					if b.only == nil {
						b.only = map[string]bool{}
					}
					b.only[strings.ToUpper(strings.TrimSpace(name))] = true
				}
			}
			return b.run(cmd.Context())
		},
	}
	c.Flags().StringVar(&only, "only", "", "bars to measure, as P1,P3 (default: all)")
	c.Flags().IntVar(&b.rounds, "rounds", 3, "rounds; each figure is their median")
	c.Flags().DurationVar(&b.length, "length", 8*time.Second, "of each measurement in a round")
	return c
}

func (b *bench) wants(bar string) bool { return b.only == nil || b.only[bar] }

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "market40-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := os.Chmod(b.dir, 0o755); err != nil { //nolint:gosec // the database's user enters it
		return err
	}
	fmt.Fprintf(b.out, "%s, %d cores, %s, PostgreSQL with fsync and synchronous_commit on\n", cpuName(), runtime.NumCPU(), runtime.Version())
	if b.wants("P8") {
		if err := b.codes(); err != nil {
			return err
		}
	}
	if b.wants("P5") {
		if err := b.reports(ctx); err != nil {
			return err
		}
	}
	if b.wants("P9") {
		if err := b.prints(); err != nil {
			return err
		}
	}
	if b.wants("P11") {
		if err := b.starts(ctx); err != nil {
			return err
		}
	}
	if b.wants("P1") || b.wants("P3") || b.wants("P4") || b.wants("P7") {
		return b.notices(ctx)
	}
	return nil
}

// codes is P8: encode and strict decode of a stall's payload.
func (b *bench) codes() error {
	payment := vietqr.Payment{BIN: "970415", Account: "113366668888", Purpose: "SEVQR M4J234567834", MerchantName: "NGUYEN THI LAN", City: "NHA TRANG"}
	payload, err := vietqr.Encode(payment)
	if err != nil {
		return err
	}
	encode := testing.Benchmark(func(t *testing.B) {
		for t.Loop() {
			_, _ = vietqr.Encode(payment)
		}
	})
	decode := testing.Benchmark(func(t *testing.B) {
		for t.Loop() {
			_, _ = vietqr.Decode(payload)
		}
	})
	fmt.Fprintf(b.out, "P8   encode %4d ns (bar 1000)   strict decode %4d ns (bar 2000)   %d characters\n", encode.NsPerOp(), decode.NsPerOp(), len(payload))
	return nil
}

// starts is P11: a cold start on an empty data directory and warm ones, until the server says that it is ready.
func (b *bench) starts(ctx context.Context) error {
	dir := filepath.Join(b.dir, "starts")
	var cold, warm []float64
	for range b.rounds {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		for _, list := range []*[]float64{&cold, &warm} {
			began := time.Now()
			s, err := serveChild(ctx, dir)
			if err != nil {
				return err
			}
			*list = append(*list, time.Since(began).Seconds())
			if err := s.stop(); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(b.out, "P11  cold start %s s (bar 4)   warm start %s s (bar 1)\n", spread(cold, "%.2f"), spread(warm, "%.2f"))
	return nil
}

// notices is P1, P3, P4 and P7: signed webhooks over HTTP against a serving process, beside pgbench.
func (b *bench) notices(ctx context.Context) error {
	dir := filepath.Join(b.dir, "notices")
	s, err := serveChild(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	load, err := newLoad(ctx, dir, s.address, paidStalls)
	if err != nil {
		return err
	}
	if b.wants("P4") {
		for range b.rounds {
			if err := b.streams(ctx, load); err != nil {
				return err
			}
		}
		fmt.Fprintf(b.out, "P4   %d open streams, %s payments a second: p99 %s ms from acknowledgement to stream (bar 250)\n", openStreams, spread(b.rates["P4 rate"], "%.0f"), spread(b.rates["P4"], "%.0f"))
	}
	if !b.wants("P1") && !b.wants("P3") && !b.wants("P7") {
		return load.verify(ctx, b.out)
	}
	pg, err := newPgbench(ctx, dir)
	if err != nil {
		return err
	}
	for range b.rounds {
		base, err := pg.run(ctx, b.length)
		if err != nil {
			return err
		}
		b.rates["pgbench"] = append(b.rates["pgbench"], base)
		for _, m := range []struct {
			bar         string
			connections int
			hot         bool
		}{{"P1/64", 64, false}, {"P1/256", 256, false}, {"P3/64", 64, true}} {
			rate, p99, err := load.run(ctx, m.connections, m.hot, b.length)
			if err != nil {
				return err
			}
			b.rates[m.bar] = append(b.rates[m.bar], rate)
			b.rates[m.bar+" p99"] = append(b.rates[m.bar+" p99"], p99.Seconds()*1000)
			b.ratios[m.bar] = append(b.ratios[m.bar], rate/base)
		}
	}
	memory, err := s.peakMemory()
	if err != nil {
		return err
	}
	b.print(memory)
	return load.verify(ctx, b.out)
}

func (b *bench) print(memoryMB float64) {
	fmt.Fprintf(b.out, "     pgbench TPC-B-like, scale %d, %d clients: %s a second\n", pgbenchScale, pgbenchClients, spread(b.rates["pgbench"], "%.0f"))
	for _, bar := range []struct{ name, want string }{{"P1/64", "3"}, {"P1/256", "4.5"}, {"P3/64", ""}} {
		line := fmt.Sprintf("%-7s %s a second, p99 %s ms, %s × pgbench", bar.name, spread(b.rates[bar.name], "%.0f"),
			spread(b.rates[bar.name+" p99"], "%.0f"), spread(b.ratios[bar.name], "%.2f"))
		if bar.want != "" {
			line += " (bar " + bar.want + ")"
		} else {
			line += fmt.Sprintf(", %.2f of P1/64 (bar 0.8)", median(b.rates["P3/64"])/median(b.rates["P1/64"]))
		}
		fmt.Fprintln(b.out, line)
	}
	fmt.Fprintf(b.out, "P7   peak memory of serve %.0f MB (bar 200)\n", memoryMB)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// spread is the median with the least and the greatest.
func spread(values []float64, format string) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf(format+" ["+format+"–"+format+"]", median(values), slices.Min(values), slices.Max(values))
}

func cpuName() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.SplitSeq(string(raw), "\n") {
		if name, found := strings.CutPrefix(line, "model name\t: "); found {
			return name
		}
	}
	return runtime.GOARCH
}

// child is a serving process of this binary.
type child struct {
	cmd     *exec.Cmd
	address string
}

// serveChild starts `serve` on a free port and waits until it says that it listens.
func serveChild(ctx context.Context, dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Env = append(withoutSettings(os.Environ()), "DATA_DIR="+dir, "LISTEN_ADDR=127.0.0.1:0", "LOG_LEVEL=warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "listening on http://"); found {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &child{cmd, strings.TrimSpace(address)}, nil
		}
	}
	return nil, errors.Join(errors.New("serve ended before it listened"), cmd.Wait())
}

// withoutSettings keeps an environment from pointing the bench at a real database.
func withoutSettings(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains([]string{"DATABASE_URL", "MIGRATE_DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE", "PUBLIC_URL"}, name)
	})
}

func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.cmd.Wait()
}

// peakMemory is the most memory the process ever held, in MB (Linux: VmHWM of /proc/PID/status).
func (c *child) peakMemory() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(raw)
	if found == nil {
		return 0, errors.New("no VmHWM")
	}
	kB, err := strconv.ParseFloat(string(found[1]), 64)
	return kB / 1024, err
}

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
		"PGHOST="+at.Query().Get("host"), "PGPORT="+at.Query().Get("port"), "PGUSER="+at.User.Username(), "PGPASSWORD="+password)}
	if err := p.do(ctx, filepath.Join(s.Programs(), "psql"), nil, "-qd", strings.TrimPrefix(at.Path, "/"), "-c", "CREATE SCHEMA pgbench"); err != nil {
		return nil, err
	}
	p.environment = append(p.environment, "PGDATABASE="+strings.TrimPrefix(at.Path, "/"), "PGOPTIONS=-c search_path=pgbench")
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

// run is transactions a second.
func (p *pgbench) run(ctx context.Context, length time.Duration) (float64, error) {
	var out strings.Builder
	err := p.do(ctx, p.program, &out, "-c", strconv.Itoa(pgbenchClients), "-j", "2", "-T", strconv.Itoa(int(length.Seconds())), "-n")
	if err != nil {
		return 0, err
	}
	found := tps.FindStringSubmatch(out.String())
	if found == nil {
		return 0, fmt.Errorf("pgbench said no tps: %s", out.String())
	}
	return strconv.ParseFloat(found[1], 64)
}
