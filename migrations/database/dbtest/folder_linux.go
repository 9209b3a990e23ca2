package dbtest

import (
	"os"
	"syscall"
)

// memory is the folder of files in memory on Linux. room is how many bytes must be free there for
// the servers of a whole test run.
const (
	memory      = "/dev/shm"
	neededSpace = 4 << 30
)

// serverFolder returns where the servers are: in memory if there is room and no other folder is named by
// TMPDIR. A database is close to a thousand small files, and a disk's file system may take ten
// times as long as PostgreSQL itself to make and to drop them.
func serverFolder() string {
	var free syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &free) == nil &&
		free.Bavail*uint64(free.Bsize) >= neededSpace {
		return memory
	}
	return os.TempDir()
}
