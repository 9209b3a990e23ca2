package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/payments/ledger"
)

func ledgerCommand(s *app.Settings) *cobra.Command {
	c := newGroup("ledger", "Prove the books")
	c.AddCommand(verifyLedgerCommand(s))
	return c
}

func verifyLedgerCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [--json]",
		Short: "Prove the ledger from its rows alone; print each fault and exit 1 if there are any",
		Args:  cobra.NoArgs,
		Long: "Prove the ledger from its rows alone: debits equal credits, every balance equals its payments, versions have no gaps,\n" +
			"every posted notice has one payment. Print each fault and exit 1 if there are any.",
		Example: "  market40 ledger verify",
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
			if asJSON {
				return printLedgerJSON(cmd.OutOrStdout(), proof)
			}
			return printProof(cmd.OutOrStdout(), proof)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the proof as JSON")
	return c
}

// printLedgerJSON prints what was proved as JSON.
func printLedgerJSON(out io.Writer, p *ledger.Proof) error {
	faults := []map[string]string{}
	for _, f := range p.Faults {
		faults = append(faults, map[string]string{"rule": f.Rule, "what": f.What, "found": f.Found})
	}
	err := json.NewEncoder(out).Encode(map[string]any{
		"payments": p.Payments, "accounts": p.Accounts, "notices": p.Notices,
		"debits": p.Debits, "credits": p.Credits, "faults": faults,
	})
	return errors.Join(err, ledgerFaults(p))
}

// ledgerFaults returns an error for a ledger with faults.
func ledgerFaults(p *ledger.Proof) error {
	if n := len(p.Faults); n > 0 {
		return fmt.Errorf("the ledger does not hold: %d faults", n)
	}
	return nil
}

// printProof prints what was proved, or each fault.
func printProof(out io.Writer, p *ledger.Proof) error {
	fmt.Fprintf(out, "%d payments between %d accounts, of %d notices\n", p.Payments, p.Accounts, p.Notices)
	fmt.Fprintf(out, "debits %s đ, credits %s đ\n", p.Debits, p.Credits)
	for _, f := range p.Faults {
		fmt.Fprintf(out, "FAULT %s: %s: %s\n", f.Rule, f.What, f.Found)
	}
	if err := ledgerFaults(p); err != nil {
		return err
	}
	fmt.Fprintln(
		out,
		"proved: debits equal credits; every balance equals its payments; versions have no gaps; every posted notice has one payment; each day's sums hold",
	)
	return nil
}
