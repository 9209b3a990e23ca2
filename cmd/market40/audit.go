package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/trail"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/siem"
)

func auditCommand(s *app.Settings) *cobra.Command {
	c := newGroup("audit", "Prove and export the audit trail")
	c.AddCommand(verifyAuditCommand(s), auditExportCommand(s))
	return c
}

func verifyAuditCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [--json]",
		Short: "Compute every seal of the audit trail again; print each fault and exit 1 if there are any",
		Args:  cobra.NoArgs,
		Long: "Compute every seal of the audit trail again. A line that was changed, added or removed after its minute is a fault.\n" +
			"Print each fault and exit 1 if there are any.",
		Example: "  market40 audit verify",
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			proof, err := trail.NewTrail(db, nil, time.Now).Verify(cmd.Context())
			if err != nil {
				return err
			}
			app.RecordProof(cmd.Context(), db, app.TrailProof, len(proof.Faults))
			err = printAuditProof(cmd.OutOrStdout(), proof, asJSON)
			if n := len(proof.Faults); err == nil && n > 0 {
				err = fmt.Errorf("the audit trail does not hold: %d faults", n)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the proof as JSON")
	return c
}

// printAuditProof prints what was proved, or each fault.
func printAuditProof(out io.Writer, proof *trail.TrailProof, asJSON bool) error {
	if asJSON {
		faults := proof.Faults
		if faults == nil {
			faults = []string{}
		}
		list := map[string]any{"lines": proof.Events, "minutes": proof.Minutes, "faults": faults}
		if proof.Minutes > 0 {
			list["last_seal"] = map[string]any{"minute": proof.Last.UTC(), "seal": hex.EncodeToString(proof.Seal)}
		}
		return json.NewEncoder(out).Encode(list)
	}
	fmt.Fprintf(out, "%d events and results in %d sealed minutes\n", proof.Events, proof.Minutes)
	for _, f := range proof.Faults {
		fmt.Fprintf(out, "FAULT %s\n", f)
	}
	if len(proof.Faults) == 0 && proof.Minutes > 0 {
		fmt.Fprintf(out, "last seal, of %s: %x\n", proof.Last.UTC().Format(time.RFC3339), proof.Seal)
	}
	return nil
}

// auditExportCommand writes the lines of ended requests, in the order in which they ended.
func auditExportCommand(s *app.Settings) *cobra.Command {
	var format, from, to string
	c := &cobra.Command{
		Use:     "export [--format ecs|cef|rfc5424] [--from TIME] [--to TIME]",
		Example: "  market40 audit export --from 2026-11-01 --to 2026-12-01 >november.jsonl\n  market40 audit export --format cef",
		Short:   "Print the audit trail for a security monitor, one line for each request",
		Args:    cobra.NoArgs,
		Long:    "Print the audit trail, one line for each request, in Elastic Common Schema (JSON lines), CEF or RFC 5424. Requests under way are left out.\nTimes are days (00:00 Asia/Ho_Chi_Minh) or RFC 3339.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]siem.Format{siem.ECS, siem.CEF, siem.RFC5424}, siem.Format(format)) {
				return app.WrongUse(errors.New("--format is ecs, cef or rfc5424"))
			}
			begin, err := timeOf("--from", from, time.Time{})
			if err != nil {
				return err
			}
			end, err := timeOf("--to", to, time.Now())
			if err != nil {
				return err
			}
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			out := bufio.NewWriter(cmd.OutOrStdout())
			if err := exportTrail(cmd, trail.NewTrail(db, nil, time.Now), siem.Format(format), begin, end,
				out); err != nil {
				return err
			}
			return out.Flush()
		},
	}
	c.Flags().StringVar(&format, "format", string(siem.ECS), "ecs, cef or rfc5424")
	c.Flags().StringVar(&from, "from", "", "lines that ended from then on; absent: all")
	c.Flags().StringVar(&to, "to", "", "lines that ended before; absent: now")
	return c
}

func exportTrail(cmd *cobra.Command, audit *trail.Trail, format siem.Format, from, to time.Time, out io.Writer) error {
	const page = 1000
	source := app.AuditSource()
	for place := (trail.LinePlace{At: from}); ; {
		lines, err := audit.Ended(cmd.Context(), place, to, page)
		if err != nil {
			return err
		}
		for i := range lines {
			text, err := source.Write(format, &lines[i])
			if err != nil {
				return err
			}
			if _, err := out.Write(append(text, '\n')); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		if len(lines) < page {
			return nil
		}
		last := lines[page-1]
		place = trail.LinePlace{At: *last.EndedAt, ID: last.ID}
	}
}

func timeOf(flag, text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := bizday.ParseTime(text)
	if err != nil {
		return otherwise, app.WrongUse(fmt.Errorf("%s is a day YYYY-MM-DD or an RFC 3339 time", flag))
	}
	return *at, nil
}
