package worker

import "syscall"

// executable is the binary of this process, even if there is another one in its
// place by now.
func executable() string { return "/proc/self/exe" }

// attributes has a worker end when we do, and puts it into a group of its own:
// what a terminal sends is for us alone.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
