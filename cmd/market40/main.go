// Command market40 runs a cashless market's register, receives payments from banks, and writes the
// ledger. Each command is a file, or a package: simulate, soundbox, bench. Package app builds the
// program that all of them use.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"market40/cmd/market40/app"
	"market40/cmd/market40/bench"
	"market40/cmd/market40/doctor"
	"market40/cmd/market40/simulate"
	"market40/cmd/market40/soundbox"
	"market40/merchants/platform/problem"
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
	fmt.Fprintf(stderr, "market40: %s\n", sentence(err))
	if !begun || app.IsWrongUse(err) {
		return exitWrongUse
	}
	return exitFailed
}

// furtherLine matches the break before a further line, unless that is indented as a list of settings is.
var furtherLine = regexp.MustCompile(`\n(\S)`)

// sentence returns an error as people read it: on one line, and without the code of a refusal, which is for programs.
func sentence(err error) string {
	text := err.Error()
	var refused *problem.Error
	if errors.As(err, &refused) {
		text = strings.Replace(text, refused.Code+": ", "", 1)
	}
	return furtherLine.ReplaceAllString(strings.ReplaceAll(text, "\n\t", " "), "; $1")
}

// newCommands returns the whole command line. It sets begun when a command's own work starts: an error
// of cobra before that is wrong use.
func newCommands(begun *bool) *cobra.Command {
	s := &app.Settings{}
	root := newGroup("market40", "The register, the payments and the ledger of cashless markets (Chợ 4.0)")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = app.Version()
	root.SetVersionTemplate("{{.Version}}\n")
	for _, c := range []*cobra.Command{
		serveCommand(s), migrateCommand(s), seedCommand(s), apiKeysCommand(s), usersCommand(s), auditCommand(s),
		ledgerCommand(s), secretsCommand(s),
		reportsCommand(s), backupCommand(s), restoreCommand(s), simulate.Command(s), readyCommand(s),
		connectionsCommand(s), statusCommand(s),
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
	root.AddCommand(
		bench.Command(),
		soundbox.Command(),
		doctor.Command(),
		sbomCommand(),
		manCommand(root),
		versionCommand(),
	)
	root.InitDefaultCompletionCmd()
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
		Use: use, Short: short, Args: cobra.ArbitraryArgs, ValidArgsFunction: cobra.NoFileCompletions,
		SuggestionsMinimumDistance: 2, // letters that may be wrong
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			meant := ""
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				meant = "did you mean " + strings.Join(near, " or ") + "? "
			}
			return app.WrongUse(fmt.Errorf("unknown command %q: %ssee `%s --help`", args[0], meant, cmd.CommandPath()))
		},
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version, as --version does", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), app.Version())
			return nil
		},
	}
}
