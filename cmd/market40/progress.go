package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// showProgress returns how long work says how far it is: on standard error if that is a terminal, else nil.
func showProgress(cmd *cobra.Command) func(line string) {
	out, isFile := cmd.ErrOrStderr().(*os.File)
	if !isFile || !term.IsTerminal(int(out.Fd())) { //nolint:gosec // a descriptor
		return nil
	}
	return func(line string) { fmt.Fprintln(out, line) }
}

// progressEvery is how often the size of a file is shown.
const progressEvery = time.Second

// showBytes says how many bytes of a file are done until the work ends. total is 0 if it is not known.
func showBytes(show func(string), what string, file io.Seeker, total int64) (end func()) {
	if show == nil {
		return func() {}
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			// pg_dump and pg_restore share the offset of our file
			if done, err := file.Seek(0, io.SeekCurrent); err == nil {
				show(what + " " + sizeOf(done, total))
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
	}
}

// sizeOf writes bytes in MB, and as a part of the total if that is known.
func sizeOf(done, total int64) string {
	text := fmt.Sprintf("%.1f MB", float64(done)/1e6)
	if total > 0 {
		text += fmt.Sprintf(", %d%%", 100*done/total)
	}
	return text
}
