package main

import (
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
			return withKeys(cmd, s, func(keys *signin.APIKeys) error {
				key, err := keys.Create(cmd.Context(), order)
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
	_ = c.MarkFlagRequired("role") // fails only for a flag that does not exist
	_ = c.MarkFlagRequired("name")
	return c
}

func revokeKeyCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY|ID", Short: "Revoke an API key; every server refuses it within two seconds",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, s, func(keys *signin.APIKeys) error {
				if id, err := uuid.Parse(args[0]); err == nil {
					return keys.Revoke(cmd.Context(), id)
				}
				who, err := keys.Find(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return keys.Revoke(cmd.Context(), who.ActorID)
			})
		},
	}
}

func listKeysCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the API keys, newest first: id, first characters, role, name, last use, expiry",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, s, func(keys *signin.APIKeys) error {
				const page = 500
				out := cmd.OutOrStdout()
				var last uuid.UUID
				for {
					list, err := keys.List(cmd.Context(), last, page)
					if err != nil {
						return err
					}
					for _, k := range list {
						fmt.Fprintf(out, "%s  %s…  %-16s  %s  used %s%s%s\n", k.ID, k.Prefix, k.Role, k.Name,
							showDay(k.LastUsedAt, "never"),
							suffix(", expires ", k.ExpiresAt), suffix(", revoked ", k.RevokedAt))
						last = k.ID
					}
					if len(list) < page {
						return nil
					}
				}
			})
		},
	}
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

// withKeys does something with the keys of the database.
func withKeys(cmd *cobra.Command, s *app.Settings, do func(*signin.APIKeys) error) error {
	db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
	if err != nil {
		return err
	}
	defer closeDB()
	return do(signin.NewAPIKeys(db, time.Now))
}

func rolesInWords() string {
	words := make([]string, 0, len(roles.Roles()))
	for _, role := range roles.Roles() {
		words = append(words, string(role))
	}
	return strings.Join(words, ", ")
}
