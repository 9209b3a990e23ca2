package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"market40/merchants/auth"
	"market40/merchants/problem"
)

func usersCommand(s *settings) *cobra.Command {
	c := group("users", "Make the people who sign in")
	c.AddCommand(createUserCommand(s))
	return c
}

func createUserCommand(s *settings) *cobra.Command {
	var order auth.UserOrder
	c := &cobra.Command{
		Use:   "create --role ROLE --login LOGIN --name NAME [--scope SCOPE] < PASSWORD",
		Short: "Make a user and print the second factor and the recovery codes, only this once",
		Long: "Make a user with a password, read as one line from standard input, and a second factor. Prints the secret for an\n" +
			"authenticator and the recovery codes, only this once.\n\nRoles: " + rolesInWords() + ".",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			order.Password = strings.TrimRight(line, "\r\n")
			if order.Password == "" {
				return usage(errors.Join(errors.New("the password is read from standard input, as one line"), err))
			}
			p, closeProgram, err := openProgram(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeProgram()
			made, err := p.people.Create(cmd.Context(), order)
			var refused *problem.Error
			if errors.As(err, &refused) {
				return usage(err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "second factor  %s\n               %s\nrecovery codes %s\n",
				made.Secret, made.URL, strings.Join(made.Recovery, "\n               "))
			return err
		},
	}
	c.Flags().StringVar(&order.Role, "role", "", "what the user is: "+rolesInWords())
	c.Flags().StringVar(&order.Scope, "scope", "", "locality:CODE, market:CODE or stall:ID (default: everything)")
	c.Flags().StringVar(&order.Login, "login", "", "what the user signs in with")
	c.Flags().StringVar(&order.FullName, "name", "", "the user's name")
	for _, flag := range []string{"role", "login", "name"} {
		_ = c.MarkFlagRequired(flag) // fails only for a flag that does not exist
	}
	return c
}
