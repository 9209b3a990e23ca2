package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
)

func usersCommand(s *app.Settings) *cobra.Command {
	c := newGroup("users", "Create the users who sign in")
	c.AddCommand(createUserCommand(s))
	return c
}

// readScopes reads scopes with days; none is everything.
func readScopes(texts []string) ([]signin.ScopeOrder, error) {
	if len(texts) == 0 {
		return []signin.ScopeOrder{{Scope: "all"}}, nil
	}
	scopes := make([]signin.ScopeOrder, 0, len(texts))
	for _, text := range texts {
		name, days, dated := strings.Cut(text, "@")
		scope := signin.ScopeOrder{Scope: name}
		if dated {
			var found bool
			if scope.From, scope.Until, found = strings.Cut(days, ".."); !found {
				return nil, fmt.Errorf("--scope %s: days are written FROM..UNTIL, such as 2025-07-01..", text)
			}
			for _, day := range []string{scope.From, scope.Until} {
				if _, err := bizday.Date(day); day != "" && err != nil {
					return nil, fmt.Errorf("--scope %s: a day is written 2025-07-01", text)
				}
			}
		}
		scopes = append(scopes, scope)
	}
	return scopes, nil
}

func createUserCommand(s *app.Settings) *cobra.Command {
	var order signin.UserOrder
	var scopes []string
	c := &cobra.Command{
		Use:   "create --role ROLE --login LOGIN --name NAME [--scope SCOPE[@FROM..UNTIL]]... < PASSWORD",
		Short: "Create a user and print the second factor and the recovery codes; they are shown only once",
		Long: "Create a user with a password, read as one line from standard input, and a second factor. Prints the secret for an\n" +
			"authenticator and the recovery codes. They are shown only once.\n\n" +
			"A scope may have days: locality:districts_2024/568@..2025-07-01 ends with the district,\n" +
			"locality:communes_2025/22366@2025-07-01.. begins with the commune.\n\nRoles: " + rolesInWords() + ".",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			order.Password = strings.TrimRight(line, "\r\n")
			if order.Password == "" {
				missing := errors.New("the password is read from standard input, as one line")
				return app.WrongUse(errors.Join(missing, err))
			}
			if order.Scopes, err = readScopes(scopes); err != nil {
				return app.WrongUse(err)
			}
			p, closeProgram, err := app.OpenProgram(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeProgram()
			made, err := p.People.Create(cmd.Context(), order)
			var refused *problem.Error
			if errors.As(err, &refused) {
				return app.WrongUse(err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "second factor  %s\n               %s\nrecovery codes %s\n",
				made.Secret, made.URL, strings.Join(made.Recovery, "\n               "))
			return err
		},
	}
	c.Flags().StringVar(&order.Role, "role", "", "the user's role: "+rolesInWords())
	c.Flags().StringArrayVar(&scopes, "scope", nil,
		"locality:CODE, market:CODE or stall:ID (default: everything); may be given several times")
	c.Flags().StringVar(&order.Login, "login", "", "what the user signs in with")
	c.Flags().StringVar(&order.FullName, "name", "", "the user's name")
	for _, flag := range []string{"role", "login", "name"} {
		_ = c.MarkFlagRequired(flag) // fails only for a flag that does not exist
	}
	return c
}
