package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"market40/merchants/auth"
	"market40/merchants/problem"
	"market40/migrations/database/private"
)

func apiKeysCommand(s *settings) *cobra.Command {
	c := group("apikeys", "Make and revoke the keys that programs call the API with")
	c.AddCommand(createKeyCommand(s), revokeKeyCommand(s))
	return c
}

func createKeyCommand(s *settings) *cobra.Command {
	var order auth.Order
	c := &cobra.Command{
		Use:   "create --role ROLE --name NAME [--scope SCOPE]",
		Short: "Make an API key and print it, alone and only this once",
		Long: "Make an API key and print it, alone on standard output and only this once: the database keeps its hash.\n\nRoles: " +
			rolesInWords() + ".",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if strings.TrimSpace(order.Name) == "" {
				return usage(errors.New("--name must say whose key this is"))
			}
			return withKeys(cmd, s, func(keys *auth.APIKeys) error {
				key, err := keys.Create(cmd.Context(), order)
				var refused *problem.Error // an unknown role or scope
				if errors.As(err, &refused) {
					return usage(err)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
				return err
			})
		},
	}
	c.Flags().StringVar(&order.Role, "role", "", "what the caller is: "+rolesInWords())
	c.Flags().StringVar(&order.Scope, "scope", "", "locality:CODE, market:CODE or stall:ID (default: everything)")
	c.Flags().StringVar(&order.Name, "name", "", "whose key this is")
	_ = c.MarkFlagRequired("role") // fails only for a flag that does not exist
	_ = c.MarkFlagRequired("name")
	return c
}

func revokeKeyCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "End an API key; every server refuses it two seconds later at most", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, s, func(keys *auth.APIKeys) error {
				if _, err := keys.Find(cmd.Context(), args[0]); err != nil {
					return err
				}
				return keys.Revoke(cmd.Context(), args[0])
			})
		},
	}
}

// withKeys does something with the keys of the database.
func withKeys(cmd *cobra.Command, s *settings, do func(*auth.APIKeys) error) error {
	db, closeDB, err := openDatabase(cmd.Context(), s, private.Use)
	if err != nil {
		return err
	}
	defer closeDB()
	return do(auth.NewAPIKeys(db, time.Now))
}

func rolesInWords() string {
	words := make([]string, 0, len(auth.Roles()))
	for _, role := range auth.Roles() {
		words = append(words, string(role))
	}
	return strings.Join(words, ", ")
}
