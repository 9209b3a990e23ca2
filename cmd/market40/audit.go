package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"market40/merchants/auth"
	"market40/migrations/database/private"
)

func auditCommand(s *settings) *cobra.Command {
	c := group("audit", "Prove the audit trail")
	c.AddCommand(&cobra.Command{
		Use: "verify", Short: "Compute every seal of the audit trail again; exit 1 and each fault if one does not hold", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := openDatabase(cmd.Context(), s, private.Use)
			if err != nil {
				return err
			}
			defer closeDB()
			proof, err := auth.NewTrail(db, nil, time.Now).Verify(cmd.Context())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%d events in %d sealed minutes\n", proof.Events, proof.Minutes)
			for _, f := range proof.Faults {
				fmt.Fprintf(out, "FAULT %s\n", f)
			}
			if n := len(proof.Faults); n > 0 {
				return fmt.Errorf("the audit trail does not hold: %d faults", n)
			}
			if proof.Minutes > 0 {
				fmt.Fprintf(out, "last seal, of %s: %x\n", proof.Last.UTC().Format(time.RFC3339), proof.Seal)
			}
			return nil
		},
	})
	return c
}
