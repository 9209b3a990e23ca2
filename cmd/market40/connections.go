package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/connections"
)

func connectionsCommand(s *app.Settings) *cobra.Command {
	c := newGroup("connections", "See and test the connections through which banks and wallets report payments")
	c.AddCommand(listConnectionsCommand(s), testConnectionCommand(s))
	return c
}

func listConnectionsCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list [--json]",
		Short:   "List the bank connections, oldest first: id, provider, whether it takes notices, name",
		Long:    "List the bank connections, oldest first: id, provider, whether it takes notices, name, and what should be changed in it.",
		Example: "  market40 connections list\n  market40 connections list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				list, err := listConnections(cmd.Context(), p)
				if err != nil || asJSON {
					return printList(cmd.OutOrStdout(), list, err)
				}
				for _, c := range list {
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %-9s  %-8s  %s%s\n", c.ID, c.Provider, stateOf(c),
						c.Name, connectionFaults(c))
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, jsonList)
	return c
}

// listConnections returns all connections, oldest first.
func listConnections(ctx context.Context, p *app.Program) ([]connections.Connection, error) {
	all := []connections.Connection{}
	for page := (web.Page{Limit: web.MaxLimit}); ; {
		list, err := p.Connections.List(ctx, page)
		if err != nil {
			return nil, err
		}
		all = append(all, list.Items...)
		if list.Next == nil {
			return all, nil
		}
		page.After = *list.Next
	}
}

// stateOf describes in one word whether a connection accepts notices.
func stateOf(c connections.Connection) string {
	switch {
	case c.Enabled:
		return "enabled"
	case c.PendingApproval:
		return "waiting"
	}
	return "disabled"
}

// connectionFaults lists what an operator should change in a connection.
func connectionFaults(c connections.Connection) string {
	var faults []string
	if c.Unsigned {
		faults = append(faults, "UNSIGNED: only the caller's address is checked")
	}
	if c.WeakSecret {
		faults = append(faults, "WEAK SECRET")
	}
	if c.ClockAhead != nil {
		faults = append(faults, "dates its notices ahead")
	}
	if len(faults) == 0 {
		return ""
	}
	return " (" + strings.Join(faults, ", ") + ")"
}

func testConnectionCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "test ID [--json]",
		Short: "Send a signed test through a connection's webhook and print the notice, which is ignored",
		Long: "Send a signed test through a connection's webhook, as the bank would, and print the notice. It is stored as ignored:\n" +
			"no payment comes of it.",
		Example:           "  market40 connections test 0199a1b2-0000-7000-8000-000000000000",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[0])
			if err != nil {
				return app.WrongUse(errors.New("ID is a connection's id, as `market40 connections list` prints it"))
			}
			return withProgram(cmd.Context(), s, true, func(p *app.Program) error {
				notice, err := p.Intake.TestConnection(cmd.Context(), id)
				var refused *problem.Error
				if errors.As(err, &refused) {
					return errors.New(refused.En)
				}
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(notice)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s\n", notice.ID, notice.State, notice.Why)
				return err
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the notice as the API answers it")
	return c
}

// withProgram does something with the program; open: while its routes receive notices.
func withProgram(ctx context.Context, s *app.Settings, open bool, do func(*app.Program) error) error {
	p, closeAll, err := app.OpenProgram(ctx, s)
	if err != nil {
		return err
	}
	defer closeAll()
	if !open {
		return do(p)
	}
	if _, err := p.Routes(false); err != nil {
		return err
	}
	p.StartPayments(context.WithoutCancel(ctx))
	defer p.StopPayments()
	return do(p)
}
