// Command market40 runs a cashless market's register, receives payments from banks, and writes the
// ledger. Each command is a file, or a package: simulate, soundbox, bench. Package app builds the
// program that all of them use.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/cmd/market40/bench"
	"market40/cmd/market40/simulate"
	"market40/cmd/market40/soundbox"
)

// How a command ends.
const (
	exitDone     = 0
	exitFailed   = 1
	exitWrongUse = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command and returns its exit code: 0 done, 1 failed, 2 wrong use (arguments or
// settings).
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	begun := false
	root := newCommands(&begun)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "market40: %v\n", err)
	if !begun || app.IsWrongUse(err) {
		return exitWrongUse
	}
	return exitFailed
}

// newCommands returns the whole command line. It sets begun when a command's own work starts: an error
// of cobra before that is wrong use.
func newCommands(begun *bool) *cobra.Command {
	s := &app.Settings{}
	root := newGroup("market40", "The register, the payments and the ledger of cashless markets (Chợ 4.0)")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SilenceErrors, root.SilenceUsage = true, true
	for _, c := range []*cobra.Command{
		serveCommand(s), migrateCommand(s), seedCommand(s), apiKeysCommand(s), usersCommand(s), auditCommand(s),
		ledgerCommand(s), secretsCommand(s),
		reportsCommand(s), backupCommand(s), restoreCommand(s), simulate.Command(s), readyCommand(s),
		connectionsCommand(s),
	} {
		c.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
			read, err := app.ReadSettings()
			if err != nil {
				return err
			}
			*s = *read
			app.LogTo(cmd.ErrOrStderr(), s)
			return nil
		}
		root.AddCommand(c)
	}
	root.AddCommand(bench.Command(), soundbox.Command(), sbomCommand(), versionCommand())
	recordStart(root, begun)
	return root
}

// recordStart makes every command set begun when its work starts.
func recordStart(c *cobra.Command, begun *bool) {
	if work := c.RunE; work != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			*begun = true
			return work(cmd, args)
		}
	}
	for _, child := range c.Commands() {
		recordStart(child, begun)
	}
}

// newGroup returns a command that only holds others. Alone it shows its help; an unknown word is wrong
// use.
func newGroup(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return app.WrongUse(fmt.Errorf("unknown command %q: see `%s --help`", args[0], cmd.CommandPath()))
		},
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), app.Version())
			return nil
		},
	}
}
