package trail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strconv"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// CommandMethod is the method of lines about commands at the server. Their address is the user of
// the operating system.
const CommandMethod = "COMMAND"

// Command is a command at the server that changes rights.
type Command struct {
	Path   string // its words: market40 users create
	Object string // what it changes, without secrets: a login
}

// RecordCommand writes a command's line, runs the command, and writes its result. A command whose line cannot be
// written does not run.
func (t *Trail) RecordCommand(ctx context.Context, c Command, do func(context.Context) error) error {
	operator, err := roles.Operator(ctx, t.db)
	if err != nil {
		return err
	}
	object := c.Path
	if c.Object != "" {
		object += " " + c.Object
	}
	marked, line, err := t.Begin(ctx, Event{
		ActorID: &operator.ActorID, Address: systemUser(), Method: CommandMethod, Route: c.Path, Object: object,
	})
	if err != nil {
		return fmt.Errorf("nothing was done, because the audit trail cannot be written: %w", err)
	}
	failed := do(marked)
	if err := t.End(context.WithoutCancel(ctx), line, statusOf(failed)); err != nil {
		return errors.Join(failed, err)
	}
	return failed
}

// statusOf returns the status that a request with the same result has.
func statusOf(err error) int {
	var refused *problem.Error
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &refused):
		return refused.GetStatus()
	}
	return http.StatusInternalServerError
}

// systemUser names who runs this process on this machine, and who it is behind sudo.
func systemUser() string {
	name := strconv.Itoa(os.Getuid())
	if who, err := user.Current(); err == nil {
		name = who.Username
	}
	host, _ := os.Hostname() // without one the name has no host
	name += "@" + host
	if behind := os.Getenv("SUDO_USER"); behind != "" {
		name += " (sudo by " + behind + ")"
	}
	return name
}
