package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/reports/periodic"
)

func reportsCommand(s *app.Settings) *cobra.Command {
	c := newGroup("reports", "Freeze the reports of months and quarters, and prove their files")
	c.AddCommand(freezeCommand(s), verifyReportCommand(s))
	return c
}

func freezeCommand(s *app.Settings) *cobra.Command {
	var order periodic.ReportOrder
	c := &cobra.Command{
		Use:   "freeze --campaign CODE [--locality CODE] --kind month|quarter --period 2026-10|2026-Q3",
		Short: "Freeze and submit a report, and print its hash",
		Example: "  market40 reports freeze --campaign CHO40 --locality 568 --period 2026-10\n" +
			"  market40 reports freeze --campaign CHO40 --kind quarter --period 2026-Q3",
		Args: cobra.NoArgs,
		Long: "Freeze and submit a report, and print its id, version, SHA-256 and signature. Without a locality it is the whole campaign's.\n" +
			"A report that was submitted before is not changed: the current one is printed. A person of the province approves it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, closeProgram, err := app.OpenProgram(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeProgram()
			who, err := roles.Operator(cmd.Context(), p.DB)
			if err != nil {
				return err
			}
			v, err := p.Periodic.Freeze(cmd.Context(), who, order)
			var refused *problem.Error
			if errors.As(err, &refused) && refused.Kind == problem.Invalid {
				return app.WrongUse(err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "report %s\nversion %d\nsha256 %s\nsignature %s\n", v.Report,
				v.Version, v.SHA256, v.Signature)
			return err
		},
	}
	c.Flags().StringVar(&order.Campaign, "campaign", "", "the campaign's id or code")
	c.Flags().StringVar(&order.Locality, "locality", "",
		"a locality's id, or its code within the campaign's basis (default: the whole campaign)")
	c.Flags().StringVar(&order.Kind, "kind", periodic.Month, "month or quarter")
	c.Flags().StringVar(&order.Period, "period", "", "2026-10 or 2026-Q3")
	_ = c.MarkFlagRequired("campaign") // fails only for a flag that does not exist
	_ = c.MarkFlagRequired("period")
	return c
}
