package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// child is a serving process of this binary.
type child struct {
	cmd     *exec.Cmd
	address string
}

// serveChild starts `serve` on a free port and waits until it says that it listens.
func serveChild(ctx context.Context, dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Env = append(withoutSettings(os.Environ()), "DATA_DIR="+dir, "LISTEN_ADDR=127.0.0.1:0", "LOG_LEVEL=warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "listening on http://"); found {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &child{cmd, strings.TrimSpace(address)}, nil
		}
	}
	return nil, errors.Join(errors.New("serve ended before it listened"), cmd.Wait())
}

// withoutSettings removes settings from an environment, so that the bench uses no real database.
func withoutSettings(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains([]string{
			"DATABASE_URL", "MIGRATE_DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE",
			"PUBLIC_URL",
		}, name)
	})
}

func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.cmd.Wait()
}

// peakMemory returns the most memory that the process ever used, in MB (Linux: VmHWM of
// /proc/PID/status).
func (c *child) peakMemory() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(raw)
	if found == nil {
		return 0, errors.New("no VmHWM")
	}
	kB, err := strconv.ParseFloat(string(found[1]), 64)
	return kB / 1024, err
}
