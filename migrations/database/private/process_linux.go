package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// processAttributes put a child into its own process group, as the account's user. The kernel sends it a
// signal when the thread that started it ends.
func processAttributes(user account, atDeath syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: atDeath}
	if user.other {
		attr.Credential = &syscall.Credential{Uid: user.uid, Gid: user.gid}
	}
	return attr
}

// worksIn reports whether a process is a PostgreSQL that works in a data directory, which it makes
// its working directory.
func worksIn(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err == nil {
		real, err := filepath.EvalSymlinks(data)
		return err == nil && cwd == real
	}
	if !errors.Is(err, fs.ErrPermission) {
		return false // gone, or ended and not yet collected by its parent
	}
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	return err == nil && strings.HasPrefix(string(name), "postgres")
}
