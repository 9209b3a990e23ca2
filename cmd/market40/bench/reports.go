package bench

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/migrations/database/private"
)

var (
	//go:embed reports.sql
	provinceSQL string
	//go:embed days.sql
	daysSQL string
)

// reports measures P5: pages of a province's report, over the rollups of 50 million payments. The
// table of payments stays empty, because no report reads it. The same pages over a tenth of the
// payments show that the cost does not grow with them.
func (b *bench) reports(ctx context.Context) error {
	dir := filepath.Join(b.dir, "reports")
	s, err := serveChild(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	p, done, err := app.OpenProgram(ctx, &app.Settings{DataDir: dir, ListenAddr: s.address})
	if err != nil {
		return err
	}
	defer done()
	key, err := p.APIKeys.Create(ctx, signin.Order{Name: "bench", Role: string(roles.ProvinceOfficer)})
	if err != nil {
		return err
	}
	owner, err := ownerOf(ctx, dir)
	if err != nil {
		return err
	}
	defer owner.Close(ctx)
	if _, err := owner.Exec(ctx, provinceSQL); err != nil {
		return fmt.Errorf("make a province: %w", err)
	}
	var payments int64
	for _, days := range [][2]string{{"2026-08-03", "2026-10-31"}, {"2025-01-01", "2026-08-02"}} {
		var more int64
		if err := owner.QueryRow(ctx, daysSQL, days[0], days[1]).Scan(&more); err != nil {
			return fmt.Errorf("make days: %w", err)
		}
		payments += more
		if _, err := owner.Exec(ctx, "VACUUM ANALYZE"); err != nil {
			return err
		}
		fmt.Fprintf(
			b.out,
			"P5   over %.1f million payments (bar 100 ms; payments in the day's rollup, the table of payments is never read):\n",
			float64(payments)/1e6,
		)
		if err := b.pages(ctx, s.address, key, owner, payments > 40e6); err != nil {
			return err
		}
	}
	return nil
}

// ownerOf connects to a private server as the owner of its tables, who may run ANALYZE.
func ownerOf(ctx context.Context, dir string) (*pgx.Conn, error) {
	s, err := private.Use(ctx, dir, private.Options{})
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, s.URL())
}

// pages measures report pages from the cache, and for the first reader after an old fact changed.
// It measures early pages only if there is data of their time.
func (b *bench) pages(ctx context.Context, address, key string, owner *pgx.Conn, early bool) error {
	type page struct {
		path  string
		early bool
	}
	list := []page{
		{"adoption?basis=districts_2024&as_of=2026-11-01", false},
		{
			"adoption?basis=communes_2025&as_of=2026-11-01",
			false,
		},
		{"adoption?basis=current&as_of=2026-10-15&campaign=BENCH", false},
		{"adoption?basis=districts_2024&as_of=2026-03-01&campaign=BENCH", true},
		{"adoption?basis=communes_2025&as_of=2025-07-01", true},
		{
			"drill-down?indicator=I05&by=market&as_of=2026-11-01",
			false,
		},
		// md5 of P1
		{"drill-down?indicator=I05&by=zone&as_of=2026-11-01", false},
		{"markets/5f2b9323-c39e-e3c8-61a7-b382d205c3d3?as_of=2026-11-01", false},
		{"trend?indicator=I05&basis=districts_2024&from=2025-11&to=2026-10", true},
	}
	for _, at := range list {
		if at.early && !early {
			continue
		}
		var first, again []float64
		for range 5 * b.rounds {
			if _, err := owner.Exec(ctx, `INSERT INTO fact_changes (since) VALUES ('-infinity')`); err != nil {
				return err
			}
			for _, took := range []*[]float64{&first, &again} {
				began := time.Now()
				if err := readPage(ctx, "http://"+address+"/api/v1/reports/"+at.path, key); err != nil {
					return err
				}
				*took = append(*took, time.Since(began).Seconds()*1000)
			}
		}
		fmt.Fprintf(
			b.out,
			"     %s ms, the first %s ms  %s\n",
			formatSpread(again, "%.0f"),
			formatSpread(first, "%.0f"),
			at.path,
		)
	}
	return nil
}

func readPage(ctx context.Context, at, key string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s is answered %d: %s", at, res.StatusCode, body)
	}
	return err
}
