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
		Use: "list [--json]", Short: "The bank connections, oldest first: id, provider, whether it takes notices, name",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				all := web.List[connections.Connection]{Items: []connections.Connection{}}
				for page := (web.Page{Limit: web.MaxLimit}); ; page.After = *all.Next {
					list, err := p.Connections.List(cmd.Context(), page)
					if err != nil {
						return err
					}
					all.Items, all.Next = append(all.Items, list.Items...), list.Next
					if list.Next == nil {
						break
					}
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
				}
				for _, c := range all.Items {
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %-9s  %-8s  %s%s\n", c.ID, c.Provider, connectionState(c),
						c.Name, connectionFaults(c))
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as the API answers it")
	return c
}

// connectionState describes in one word whether a connection accepts notices.
func connectionState(c connections.Connection) string {
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
		Args:  cobra.ExactArgs(1),
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
