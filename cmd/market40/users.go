package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
)

func usersCommand(s *app.Settings) *cobra.Command {
	c := newGroup("users", "Create, list, disable and renew the users who sign in")
	c.AddCommand(createUserCommand(s), listUsersCommand(s), disableUserCommand(s), renewUserCommand(s))
	return c
}

func listUsersCommand(s *app.Settings) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [--json]",
		Short: "List the users by login: state, role, scopes, name, last sign-in",
		Args:  cobra.NoArgs,
		Long: "List the users by login: state, role, scopes, name, last sign-in. An unused user did not sign in for 45 days\n" +
			"and cannot until it is renewed.",
		Example: "  market40 users list\n  market40 users list --json | jq '.items[] | select(.state != \"active\") | .login'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, closeDB, err := app.OpenDatabase(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer closeDB()
			people := signin.NewPeople(db, nil, time.Now) // lists need no key
			list, err := readPages(func(last *signin.User) ([]signin.User, error) {
				after := ""
				if last != nil {
					after = last.Login
				}
				return people.Users(cmd.Context(), after, pageSize)
			})
			if err != nil || asJSON {
				return printList(cmd.OutOrStdout(), list, err)
			}
			table := newTable(cmd.OutOrStdout())
			for _, u := range list {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\tsigned in %s\n", u.Login, u.State, u.Role, showScopes(u.Scopes),
					u.FullName, showDay(u.SignedInAt, "never"))
			}
			return table.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, jsonList)
	return c
}

// showScopes names the scopes of a user, each with its days.
func showScopes(scopes []signin.UserScope) string {
	var names []string
	for _, s := range scopes {
		name := string(s.Kind)
		if s.Name != nil {
			name += " " + *s.Name
		}
		if s.From != nil || s.Until != nil {
			name += "@" + orEmpty(s.From) + ".." + orEmpty(s.Until)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func disableUserCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:               "disable LOGIN",
		Short:             "Close a user's account and end its sessions; users renew opens it again",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Close a user's account and end its sessions at once. Nothing is deleted: what the user did stays in the audit trail.\n" +
			"`market40 users renew` opens the account again.",
		Example: "  market40 users disable lan",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				who, err := roles.Operator(cmd.Context(), p.DB)
				if err != nil {
					return err
				}
				return recordCommand(cmd, p, args[0], func(ctx context.Context) error {
					id, err := p.People.FindLogin(ctx, args[0])
					if err != nil {
						return err
					}
					closed := true
					_, err = p.People.ChangeUser(ctx, who, id, signin.UserChange{Disabled: &closed})
					return err
				})
			})
		},
	}
}

func renewUserCommand(s *app.Settings) *cobra.Command {
	return &cobra.Command{
		Use:               "renew LOGIN",
		Short:             "Give a user a new password, second factor and recovery codes, shown only once; opens a closed account",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Give a user who lost them a new password, a new second factor and new recovery codes. They are shown only once.\n" +
			"The old ones and all sessions end. An account that was closed or unused is open again.",
		Example: "  market40 users renew lan",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				var made *signin.Enrolment
				err := recordCommand(cmd, p, args[0], func(ctx context.Context) (err error) {
					made, err = p.People.Renew(ctx, args[0], "")
					return err
				})
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "password       %s\n", made.Password); err != nil {
					return err
				}
				return printFactors(cmd.OutOrStdout(), made)
			})
		},
	}
}

// printFactors prints what a user sees once.
func printFactors(out io.Writer, made *signin.Enrolment) error {
	_, err := fmt.Fprintf(out, "second factor  %s\n               %s\nrecovery codes %s\n",
		made.Secret, made.URL, strings.Join(made.Recovery, "\n               "))
	return err
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
		Example: "  market40 users create --role admin --login lan --name 'Nguyễn Thị Lan' < password.txt\n" +
			"  market40 users create --role manager --login hoa --name 'Lê Thị Hoa' --scope market:CHO-DAM < password.txt",
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
			return withProgram(cmd.Context(), s, false, func(p *app.Program) error {
				var made *signin.Enrolment
				err := recordCommand(cmd, p, order.Login, func(ctx context.Context) (err error) {
					made, err = p.People.Create(ctx, order)
					return err
				})
				var refused *problem.Error
				if errors.As(err, &refused) {
					return app.WrongUse(err)
				}
				if err != nil {
					return err
				}
				return printFactors(cmd.OutOrStdout(), made)
			})
		},
	}
	c.Flags().StringVar(&order.Role, "role", "", "the user's role: "+rolesInWords())
	c.Flags().StringArrayVar(&scopes, "scope", nil,
		"locality:CODE, market:CODE or stall:ID (default: everything); may be given several times")
	c.Flags().StringVar(&order.Login, "login", "", "what the user signs in with")
	c.Flags().StringVar(&order.FullName, "name", "", "the user's name")
	completeRoles(c)
	for _, flag := range []string{"role", "login", "name"} {
		_ = c.MarkFlagRequired(flag) // fails only for a flag that does not exist
	}
	return c
}
