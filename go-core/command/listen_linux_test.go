package command

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A socket that nothing can be accepted from is wrong usage, before the server says
// that it is ready.
func TestSocketsThatDoNotListen(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	sockets := map[string]int{"connected": pair[0], "its other end": pair[1]}
	for name, kind := range map[string]int{"unbound": syscall.SOCK_STREAM, "datagram": syscall.SOCK_DGRAM} {
		if sockets[name], err = syscall.Socket(syscall.AF_INET, kind, 0); err != nil {
			t.Fatal(err)
		}
	}
	for name, descriptor := range sockets {
		socket := os.NewFile(uintptr(descriptor), name)
		engine := process(t, "serve", "serve")
		cmd := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`}, engine.Args...)...)
		cmd.Env, cmd.ExtraFiles = append(engine.Env, "LISTEN_FDS=1"), []*os.File{socket}
		said, _ := cmd.CombinedOutput() // the exit code is checked below
		socket.Close()
		if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.Contains(string(said), "file descriptor 3 of LISTEN_FDS: the socket does not listen") {
			t.Errorf("%s: exit code %d, said %s", name, code, said)
		}
	}
}
