// Package systemd speaks the two small protocols by which a process gets its
// listening sockets from the one that started it, and tells it how it is. They
// are systemd's, and others speak them as well: policy-tasks watch hands the
// socket of an engine to the next one with them.
//
// sd_listen_fds(3) and sd_notify(3) are the specifications.
package systemd

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

// firstListener is the file descriptor of the first socket.
const firstListener = 3

// maxListeners is how many sockets are of use.
const maxListeners = 2

// Listeners returns the sockets that this process was started with: none unless
// LISTEN_PID says that they are meant for it. The variables are taken out of
// the environment, so that no process that is started from here takes them.
func Listeners() ([]net.Listener, error) {
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		_ = os.Unsetenv(name) // it is no name that could be wrong
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("LISTEN_FDS is %q, not a number of sockets", count)
	}
	if n > maxListeners {
		return nil, fmt.Errorf("LISTEN_FDS: there are %d sockets, and two are of use: the server's, and that for diagnostics", n)
	}
	listeners := make([]net.Listener, n)
	for i := range listeners {
		if listeners[i], err = listener(firstListener + i); err != nil {
			return nil, fmt.Errorf("file descriptor %d of LISTEN_FDS: %w", firstListener+i, err)
		}
	}
	return listeners, nil
}

func listener(descriptor int) (net.Listener, error) {
	file := os.NewFile(uintptr(descriptor), "LISTEN_FD_"+strconv.Itoa(descriptor))
	defer file.Close() // the listener has its own
	if err := checkListening(descriptor); err != nil {
		return nil, err
	}
	return net.FileListener(file)
}
