//go:build unix && !linux

package worker

import (
	"os"
	"syscall"
)

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// attributes puts a worker into a group of its own: what a terminal sends is for
// us alone. It ends when it finds its connection broken.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
