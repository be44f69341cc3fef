//go:build unix

package worker

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Supported says why there are no workers on this system; nil means that there
// are.
func Supported() error { return nil }

// inheritedPipes returns this worker's ends of the connection.
func inheritedPipes() (in, out *os.File, err error) {
	for _, descriptor := range []int{inherited, inherited + 1} {
		var is syscall.Stat_t
		if err := syscall.Fstat(descriptor, &is); err != nil || is.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return nil, nil, errors.New("a worker is started by the engine, not by hand; see --isolate")
		}
		syscall.CloseOnExec(descriptor)
		_ = syscall.SetNonblock(descriptor, true) // it is a pipe
	}
	return os.NewFile(inherited, "calls"), os.NewFile(inherited+1, "answers"), nil
}

// writeNow writes what the pipe takes at once.
func writeNow(descriptor uintptr, text []byte) (int, error) {
	return syscall.Write(int(descriptor), text)
}

// spawner returns the channel to the thread that starts all workers: Linux ends
// a worker with the thread that has started it, and other threads may end.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for each := range work {
			each()
		}
	}()
	return work
})

func onSpawner(f func() error) error {
	done := make(chan error)
	spawner() <- func() { done <- f() }
	return <-done
}

// kill ends the worker and what it has started, all of which are in one group.
// It was not waited for yet, so that the number is still that of the group.
func kill(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// reap waits for what the worker has started. It is left to us when we are the
// first process of a container.
func reap(group int) {
	for range 100 {
		pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil)
		if err != nil && err != syscall.EINTR {
			return // there is none
		}
		if pid == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}
