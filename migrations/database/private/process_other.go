//go:build unix && !linux

package private

import "syscall"

// attributes put a child into its own process group, as the account's user. Only Linux signals it
// at our death: elsewhere the next start ends an orphan.
func attributes(user account, _ syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if user.other {
		attr.Credential = &syscall.Credential{Uid: user.uid, Gid: user.gid}
	}
	return attr
}

// worksIn cannot be known without /proc: a living process is taken for the server.
func worksIn(pid int, _ string) bool { return alive(pid) }
