// Package doctor checks whether an installation will run: its settings, its database and its machine. Each check says
// one sentence, and what to do where something is wrong. Nothing is changed.
package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
)

// How a check ended.
const (
	Good    = "ok"
	Warning = "warning"
	Failed  = "failed"
)

// Finding is the result of one check.
type Finding struct {
	Check  string `json:"check"`
	State  string `json:"state"`
	Says   string `json:"says"`
	Remedy string `json:"remedy,omitempty"`
}

// checkup collects the findings of all checks.
type checkup struct {
	settings *app.Settings
	findings []Finding
}

func (c *checkup) good(check, says string, values ...any) {
	c.findings = append(c.findings, Finding{check, Good, fmt.Sprintf(says, values...), ""})
}

func (c *checkup) warn(check, says, remedy string) {
	c.findings = append(c.findings, Finding{check, Warning, says, remedy})
}

func (c *checkup) fail(check, says, remedy string) {
	c.findings = append(c.findings, Finding{check, Failed, says, remedy})
}

// Command returns `market40 doctor`.
func Command() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor [--json]",
		Short: "Check settings, database, rights, clock, disk and certificate; say what to do; exit 1 if something failed",
		Long: "Check whether market40 will run here: settings, key files, database and its version, schema, rights of the role,\n" +
			"partitions, clock, disk space, certificate, PUBLIC_URL, SMS gateway. Each line is one check, with its remedy.\n" +
			"Run it with the settings of `market40 serve`, as the same user. It exits 1 if a check failed; warnings do not fail.",
		Example: "  market40 doctor\n  market40 doctor --json | jq '.items[] | select(.state != \"ok\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := checkup{}
			settings, err := app.ReadSettings()
			if err == nil {
				app.LogTo(io.Discard, settings) // each check says what it found
				c.settings = settings
				c.checkAll(cmd.Context())
			} else {
				c.refuseSettings(err)
			}
			return c.print(cmd.OutOrStdout(), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return c
}

// refuseSettings reports each faulty setting.
func (c *checkup) refuseSettings(err error) {
	_, faults, found := strings.Cut(err.Error(), "\n")
	if !found {
		faults = err.Error()
	}
	for fault := range strings.SplitSeq(faults, "\n") {
		c.fail("settings", strings.TrimSpace(fault), "correct it: the other checks need valid settings")
	}
}

// print writes the findings, and returns an error if a check failed.
func (c *checkup) print(out io.Writer, asJSON bool) error {
	failed := 0
	for _, f := range c.findings {
		if f.State == Failed {
			failed++
		}
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(map[string]any{"items": c.findings, "next": nil}); err != nil {
			return err
		}
	} else if err := c.printTable(out); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(c.findings))
	}
	return nil
}

func (c *checkup) printTable(out io.Writer) error {
	words := map[string]string{Good: "ok", Warning: "WARNING", Failed: "FAILED"}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range c.findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", words[f.State], f.Check, f.Says)
		if f.Remedy != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Remedy)
		}
	}
	return table.Flush()
}
