package dbtest

import (
	"os"
	"syscall"
)

// memory is the folder of files in memory on Linux. room is how many bytes must be free there for
// the servers of a whole test run.
const (
	memory = "/dev/shm"
	room   = 4 << 30
)

// folder returns where the servers are: in memory if there is room and no other folder is named by
// TMPDIR. A database is close to a thousand small files, and a disk's file system may take ten
// times as long as PostgreSQL itself to make and to drop them.
func folder() string {
	var free syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &free) == nil && free.Bavail*uint64(free.Bsize) >= room {
		return memory
	}
	return os.TempDir()
}
