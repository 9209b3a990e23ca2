package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/payments/ledger"
)

func ledgerCommand(s *app.Settings) *cobra.Command {
	c := newGroup("ledger", "Prove the books")
	c.AddCommand(&cobra.Command{
		Use: "verify", Short: "Prove the ledger from its rows alone; print each fault and exit 1 if there are any",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			proof, err := app.ProveLedger(cmd.Context(), db.Pool.Config().ConnString())
			if err != nil {
				return err
			}
			app.RecordProof(cmd.Context(), db, app.LedgerProof, len(proof.Faults))
			return printProof(cmd.OutOrStdout(), proof)
		},
	})
	return c
}

// printProof prints what was proved, or each fault.
func printProof(out io.Writer, p *ledger.Proof) error {
	fmt.Fprintf(out, "%d payments between %d accounts, of %d notices\n", p.Payments, p.Accounts, p.Notices)
	fmt.Fprintf(out, "debits %s đ, credits %s đ\n", p.Debits, p.Credits)
	for _, f := range p.Faults {
		fmt.Fprintf(out, "FAULT %s: %s: %s\n", f.Rule, f.What, f.Found)
	}
	if n := len(p.Faults); n > 0 {
		return fmt.Errorf("the ledger does not hold: %d faults", n)
	}
	fmt.Fprintln(
		out,
		"proved: debits equal credits; every balance equals its payments; versions have no gaps; every posted notice has one payment; each day's sums hold",
	)
	return nil
}
