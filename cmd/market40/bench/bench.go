// Package bench is the command that measures the program beside pgbench, on a server of its own
// that is thrown away. It drives load over HTTP and proves the books afterwards.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"market40/merchants/vietqr"
)

const (
	paidStalls     = 4000 // spread over as many accounts
	pgbenchClients = 32   // of pgbench
	pgbenchScale   = 50   // of pgbench: 5 million accounts
)

// bench measures the bars of cmd/market40/bench/README.md, "Bars", on a throw-away private server with
// real fsync.
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

func (b *bench) includes(bar string) bool { return b.only == nil || b.only[bar] }

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "market40-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := os.Chmod(b.dir, 0o755); err != nil { //nolint:gosec // the database's user enters it
		return err
	}
	fmt.Fprintf(b.out, "%s, %d cores, %s, PostgreSQL with fsync and synchronous_commit on\n", cpuName(),
		runtime.NumCPU(), runtime.Version())
	if b.includes("P8") {
		if err := b.codes(); err != nil {
			return err
		}
	}
	if b.includes("P5") {
		if err := b.reports(ctx); err != nil {
			return err
		}
	}
	if b.includes("P9") {
		if err := b.prints(); err != nil {
			return err
		}
	}
	if b.includes("P11") {
		if err := b.starts(ctx); err != nil {
			return err
		}
	}
	if b.includes("P1") || b.includes("P3") || b.includes("P4") || b.includes("P7") {
		return b.notices(ctx)
	}
	return nil
}

// codes measures P8: encoding and strict decoding of a stall's payload.
func (b *bench) codes() error {
	payment := vietqr.Payment{
		BIN: "970415", Account: "113366668888", Purpose: "SEVQR M4J234567834",
		MerchantName: "NGUYEN THI LAN", City: "NHA TRANG",
	}
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
	fmt.Fprintf(b.out, "P8   encode %4d ns (bar 1000)   strict decode %4d ns (bar 2000)   %d characters\n",
		encode.NsPerOp(), decode.NsPerOp(), len(payload))
	return nil
}

// starts measures P11: a cold start on an empty data directory and warm ones, until the server says
// that it is ready.
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
	fmt.Fprintf(b.out, "P11  cold start %s s (bar 4)   warm start %s s (bar 1)\n", formatSpread(cold, "%.2f"),
		formatSpread(warm, "%.2f"))
	return nil
}

// notices measures P1, P3, P4 and P7: signed webhooks over HTTP against a serving process, beside
// pgbench.
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
	if b.includes("P4") {
		for range b.rounds {
			if err := b.streams(ctx, load); err != nil {
				return err
			}
		}
		fmt.Fprintf(
			b.out,
			"P4   %d open streams, %s payments a second: p99 %s ms from acknowledgement to stream (bar 250)\n",
			openStreams,
			formatSpread(b.rates["P4 rate"], "%.0f"),
			formatSpread(b.rates["P4"], "%.0f"),
		)
	}
	if !b.includes("P1") && !b.includes("P3") && !b.includes("P7") {
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
	fmt.Fprintf(b.out, "     pgbench TPC-B-like, scale %d, %d clients: %s a second\n", pgbenchScale, pgbenchClients,
		formatSpread(b.rates["pgbench"], "%.0f"))
	for _, bar := range []struct{ name, want string }{{"P1/64", "3"}, {"P1/256", "4.5"}, {"P3/64", ""}} {
		line := fmt.Sprintf(
			"%-7s %s a second, p99 %s ms, %s × pgbench",
			bar.name,
			formatSpread(b.rates[bar.name], "%.0f"),
			formatSpread(b.rates[bar.name+" p99"], "%.0f"),
			formatSpread(b.ratios[bar.name], "%.2f"),
		)
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

// formatSpread returns the median with the least and the greatest value as text.
func formatSpread(values []float64, format string) string {
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
