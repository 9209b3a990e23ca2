package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/platform/bizday"
	"market40/reports/exports/document"
	"market40/reports/exports/verify"
	"market40/reports/periodic"
)

// verifyReportCommand proves an exported report: with the database, or with the public key alone.
func verifyReportCommand(s *app.Settings) *cobra.Command {
	var key, content string
	c := &cobra.Command{
		Use:     "verify FILE",
		Example: "  market40 reports verify report.xlsx\n  market40 reports verify report.csv --key BASE64 --content report.json",
		Args:    cobra.ExactArgs(1),
		Short:   "Prove an exported report (csv, xlsx, pdf, docx, json): the signature and every figure in it; print what differs and exit 1 if it is not proven",
		Long: "Proves that the content of a frozen report was signed by this server, and that the texts and figures that the file shows are those of\n" +
			"that content, and whether a newer version of the report was submitted since. A CSV carries the hash only: its content comes from the database, or\n" +
			"from --content. With --key no database is used, so newer versions are not checked.",
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readFile(args[0])
			if err != nil {
				return app.WrongUse(err)
			}
			if key != "" {
				public, err := base64.StdEncoding.DecodeString(key)
				if err != nil || len(public) != ed25519.PublicKeySize {
					return app.WrongUse(
						errors.New("--key is not an Ed25519 public key in base64: see GET /api/v1/reports/key"))
				}
				find, err := contentOf(content)
				if err != nil {
					return app.WrongUse(err)
				}
				return proving{public, find, nil}.print(cmd.OutOrStdout(), raw)
			}
			p, closeProgram, err := app.OpenProgram(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeProgram()
			find, err := contentOf(content)
			if err != nil {
				return app.WrongUse(err)
			}
			if find == nil {
				find = func(hash string) (*document.Seal, error) { return findFrozen(cmd.Context(), p.DB.Pool, hash) }
			}
			public, _ := periodic.Key(p.Keys).Public().(ed25519.PublicKey)
			newest := func(report string) (*newestVersion, error) {
				return findNewest(cmd.Context(), p.DB.Pool, report)
			}
			return proving{public, find, newest}.print(cmd.OutOrStdout(), raw)
		},
	}
	c.Flags().StringVar(&key, "key", "", "the public key in base64, instead of the database's")
	c.Flags().StringVar(&content, "content", "", "the frozen version as JSON, for a CSV")
	return c
}

// readFile reads what may be a report, and no more of it than one may have.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, verify.LargestFile+1))
}

// contentOf returns the content of a JSON file, or nil if none is named.
func contentOf(path string) (func(string) (*document.Seal, error), error) {
	if path == "" {
		return nil, nil //nolint:nilnil // nothing was named
	}
	raw, err := readFile(path)
	if err != nil {
		return nil, err
	}
	seal, err := document.ReadSeal(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return func(string) (*document.Seal, error) { return seal, nil }, nil
}

// findFrozen returns the version that has a hash.
func findFrozen(ctx context.Context, pool *pgxpool.Pool, hash string) (*document.Seal, error) {
	digest, err := hex.DecodeString(hash)
	if err != nil {
		return nil, fmt.Errorf("%q is not a hash", hash)
	}
	seal := &document.Seal{SHA256: hash}
	var signature []byte
	err = pool.QueryRow(ctx, `SELECT content, signature FROM report_versions WHERE sha256 = $1 LIMIT 1`, digest).Scan(
		&seal.Content, &signature)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errors.New("no frozen report of this server has it")
	}
	seal.Signature = base64.StdEncoding.EncodeToString(signature)
	return seal, err
}

// newestVersion is the last version of a report, and when and why it was submitted.
type newestVersion struct {
	version   int
	submitted time.Time
	reason    string
}

// findNewest returns the last version of a report; nil where this database has no such report.
func findNewest(ctx context.Context, pool *pgxpool.Pool, report string) (*newestVersion, error) {
	id, err := uuid.Parse(report)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // a report of no server of ours
	}
	v := &newestVersion{}
	err = pool.QueryRow(ctx, `SELECT v.version, coalesce((SELECT min(s.at) FROM report_steps s
		WHERE s.report_id = v.report_id AND s.version = v.version AND s.step = 'submitted'), v.frozen_at), v.reason
		FROM report_versions v WHERE v.report_id = $1 ORDER BY v.version DESC LIMIT 1`, id).Scan(&v.version,
		&v.submitted, &v.reason)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // it is not here
	}
	if err != nil {
		return nil, fmt.Errorf("newest version of report %s: %w", report, err)
	}
	return v, nil
}

// proving is what files are proven with.
type proving struct {
	key    ed25519.PublicKey
	find   func(hash string) (*document.Seal, error)
	newest func(report string) (*newestVersion, error) // nil: no database is used
}

// print prints what was proven and what was not.
func (p proving) print(out io.Writer, raw []byte) error {
	proof, err := verify.Check(raw, p.key, p.find)
	if err != nil {
		return fmt.Errorf("not proven: %w", err)
	}
	for _, fault := range proof.Faults {
		fmt.Fprintln(out, "DIFFERS "+fault)
	}
	if !proof.Proven() && !proof.Signed {
		return fmt.Errorf("not proven; differences: %d", len(proof.Faults))
	}
	d, err := document.Open(proof.Seal)
	if err != nil {
		return err
	}
	if !proof.Proven() {
		p.printContent(out, proof, d)
		return fmt.Errorf("not proven: what the file shows; differences: %d", len(proof.Faults))
	}
	fmt.Fprintf(out, "proven: report %s, version %d, %s as of %s, frozen %s\n", d.Frozen.Report, d.Frozen.Version,
		d.Period, d.AsOf, d.Frozen.At.Format("2006-01-02 15:04:05 -07:00"))
	fmt.Fprintf(out, "sha256 %s, signed by %s\n", proof.Seal.SHA256, base64.StdEncoding.EncodeToString(p.key))
	fmt.Fprintf(out, "%d texts of the %s are those of the signed content\n", proof.Compared, proof.Kind)
	for _, text := range proof.Unproven {
		fmt.Fprintln(out, "not proven: "+text)
	}
	return p.printNewer(out, d.Frozen)
}

// printContent prints what is proven of a file that does not show what this release makes of its
// content.
func (p proving) printContent(out io.Writer, proof *verify.Proof, d *document.Document) {
	if proof.Earlier {
		fmt.Fprintf(
			out,
			"EARLIER this %s is of an earlier form, which wrote <5 where a number is hidden: this release writes the same content otherwise, and differences of form are listed above like any other\n",
			proof.Kind,
		)
	}
	fmt.Fprintf(
		out,
		"proven: the signed content alone, of report %s, version %d, %s as of %s, frozen %s; not what the file shows. Download the report again for a file that can be proven whole\n",
		d.Frozen.Report,
		d.Frozen.Version,
		d.Period,
		d.AsOf,
		d.Frozen.At.Format("2006-01-02 15:04:05 -07:00"),
	)
	fmt.Fprintf(out, "sha256 %s, signed by %s\n", proof.Seal.SHA256, base64.StdEncoding.EncodeToString(p.key))
}

// printNewer prints whether the proven report is the current one: a report that was corrected is
// still proven, and no longer what is reported.
func (p proving) printNewer(out io.Writer, of *document.Frozen) error {
	if p.newest == nil {
		fmt.Fprintln(out, "not proven: that no newer version was submitted since; no database was used")
		return nil
	}
	v, err := p.newest(of.Report)
	switch {
	case err != nil:
		return err
	case v == nil:
		fmt.Fprintln(out, "not proven: that no newer version was submitted since; this database has no such report")
	case v.version > of.Version:
		fmt.Fprintf(out, "NEWER this is version %d; version %d of the report was submitted on %s: %s\n", of.Version,
			v.version, v.submitted.In(bizday.Vietnam).Format("2006-01-02 15:04:05 -07:00"), v.reason)
	default:
		fmt.Fprintf(out, "version %d is the newest of the report\n", of.Version)
	}
	return nil
}
