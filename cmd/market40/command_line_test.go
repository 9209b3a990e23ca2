package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestCommandLineIsUnchanged compares every command and flag with testdata/commands.txt: scripts
// of others call them. UPDATE=1 writes the file after an intended change.
func TestCommandLineIsUnchanged(t *testing.T) {
	t.Parallel()
	var lines []string
	var list func(c *cobra.Command)
	list = func(c *cobra.Command) {
		line := c.CommandPath()
		if _, arguments, found := strings.Cut(c.Use, " "); found {
			line += " " + arguments
		}
		lines = append(lines, line)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			lines = append(lines, strings.TrimRight(
				fmt.Sprintf("\t--%s %s %q", f.Name, f.Value.Type(), f.DefValue), " "))
		})
		for _, child := range c.Commands() {
			list(child)
		}
	}
	list(newCommands(new(bool)))
	have := strings.Join(lines, "\n") + "\n"
	const file = "testdata/commands.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(have), 0o644); err != nil { //nolint:gosec // source
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("the command line is not that of %s (UPDATE=1 writes it):\n%s", file, have)
	}
}

// TestEveryCommandHelps walks the command line. Every command has one sentence, and one that takes arguments also a
// text and an example. No flag's type is a sentence: cobra takes words between backquotes for it.
func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if len(c.Short) < 15 {
			t.Errorf("%s has no sentence", c.CommandPath())
		}
		if strings.Contains(c.Use, " ") && (c.Long == "" || c.Example == "") {
			t.Errorf("%s takes arguments and has no text or no example", c.CommandPath())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if name, usage := pflag.UnquoteUsage(f); strings.Contains(name, " ") || len(usage) < 3 {
				t.Errorf("%s --%s %s: %s", c.CommandPath(), f.Name, name, usage)
			}
		})
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newCommands(new(bool)))
}
