package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
)

func apiKeysCommand(s *app.Settings) *cobra.Command {
	c := newGroup("apikeys", "Create and revoke the keys of programs that call the API")
	c.AddCommand(createKeyCommand(s), listKeysCommand(s), revokeKeyCommand(s))
	return c
}

func createKeyCommand(s *app.Settings) *cobra.Command {
	var order signin.Order
	var expires string
	c := &cobra.Command{
		Use:   "create --role ROLE --name NAME [--scope SCOPE] [--expires DAY]",
		Short: "Create an API key and print it; it is shown only once",
		Long: "Create an API key and print it, alone on standard output. It is shown only once: the database stores its hash.\n\nRoles: " +
			rolesInWords() + ".",
		Example: "  market40 apikeys create --role admin --name 'Nguyễn Thị Lan'\n" +
			"  market40 apikeys create --role manager --scope market:CHO-DAM --name 'Phần mềm chợ Đầm' --expires 2027-12-31",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(order.Name) == "" {
				return app.WrongUse(errors.New("--name must name the person or program that uses this key"))
			}
			if expires != "" {
				day, err := bizday.Day(expires)
				if err != nil {
					return app.WrongUse(errors.New("--expires is a day such as 2027-01-31"))
				}
				order.ExpiresAt = &day
			}
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				var key string
				err := recordCommand(
					cmd,
					p,
					strings.TrimSpace(order.Role+" "+order.Scope),
					func(ctx context.Context) (err error) {
						key, err = p.APIKeys.Create(ctx, order)
						return err
					},
				)
				var refused *problem.Error // an unknown role or scope
				if errors.As(err, &refused) {
					return app.WrongUse(err)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
				return err
			})
		},
	}
	c.Flags().StringVar(&order.Role, "role", "", "the caller's role: "+rolesInWords())
	c.Flags().StringVar(&order.Scope, "scope", "", "locality:CODE, market:CODE or stall:ID (default: everything)")
	c.Flags().StringVar(&order.Name, "name", "", "who uses this key")
	c.Flags().StringVar(&expires, "expires", "", "the first day on which the key is no longer valid (default: never)")
	completeRoles(c)
	_ = c.MarkFlagRequired("role") // fails only for a flag that does not exist
	_ = c.MarkFlagRequired("name")
	return c
}

func revokeKeyCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:               "revoke KEY|ID",
		Short:             "Revoke an API key; every server refuses it within two seconds",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Revoke an API key, given itself or by its id. Every server refuses it within two seconds. Give the id if others\n" +
			"may see this machine's processes: they see the arguments of commands.",
		Example: "  market40 apikeys revoke 0199a1b2-0000-7000-8000-000000000000",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				id, err := uuid.Parse(args[0])
				if err != nil {
					who, err := p.APIKeys.Find(cmd.Context(), args[0])
					if err != nil {
						return err
					}
					id = who.ActorID
				}
				return recordCommand(cmd, p, id.String(), func(ctx context.Context) error {
					return p.APIKeys.Revoke(ctx, id)
				})
			})
		},
	}
}

func listKeysCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list [--json]",
		Args:    cobra.NoArgs,
		Short:   "List the API keys, newest first: id, first characters, role, scope, name, last use, expiry",
		Long:    "List the API keys, newest first: id, first characters, role, scope, name, last use, expiry. The keys themselves are\nnot stored.",
		Example: "  market40 apikeys list\n  market40 apikeys list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			keys := signin.NewAPIKeys(db, time.Now)
			list, err := readPages(func(last *signin.ListedKey) ([]signin.ListedKey, error) {
				before := uuid.Nil
				if last != nil {
					before = last.ID
				}
				return keys.List(cmd.Context(), before, pageSize)
			})
			if err != nil || asJSON {
				return printList(cmd.OutOrStdout(), list, err)
			}
			table := newTable(cmd.OutOrStdout())
			for _, k := range list {
				fmt.Fprintf(table, "%s\t%s…\t%s\t%s\t%s\tused %s%s%s\n", k.ID, k.Prefix, k.Role, showScope(k), k.Name,
					showDay(k.LastUsedAt, "never"),
					suffix(", expires ", k.ExpiresAt), suffix(", revoked ", k.RevokedAt))
			}
			return table.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, jsonList)
	return c
}

// showScope names what a key sees.
func showScope(k signin.ListedKey) string {
	if k.ScopeID == nil {
		return string(k.ScopeKind)
	}
	return string(k.ScopeKind) + ":" + k.ScopeID.String()
}

// showDay returns the day of a moment in Vietnam, or a given word for nil.
func showDay(at *time.Time, none string) string {
	if at == nil {
		return none
	}
	return bizday.DayOf(*at)
}

func suffix(word string, at *time.Time) string {
	if at == nil {
		return ""
	}
	return word + showDay(at, "")
}

// completeRoles lets shells complete --role.
func completeRoles(c *cobra.Command) {
	_ = c.RegisterFlagCompletionFunc("role", // fails only for a flag that does not exist
		cobra.FixedCompletions(strings.Split(rolesInWords(), ", "), cobra.ShellCompDirectiveNoFileComp))
}

func rolesInWords() string {
	words := make([]string, 0, len(roles.Roles()))
	for _, role := range roles.Roles() {
		words = append(words, string(role))
	}
	return strings.Join(words, ", ")
}
