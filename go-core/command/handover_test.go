package command

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// handOver starts an engine on the socket as systemd does, and returns it when
// it has said that it is ready.
func handOver(t *testing.T, socket *os.File, folder string) *daemon {
	t.Helper()
	path := filepath.Join(folder, "notify")
	_ = os.Remove(path) // of the engine before
	notified, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notified.Close()
	engine := process(t, "serve", "serve", "--addr", "127.0.0.1:1") // not where it is to listen
	cmd := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`}, engine.Args...)...)
	cmd.Env = append(engine.Env, "LISTEN_FDS=1", "NOTIFY_SOCKET="+path)
	cmd.ExtraFiles = []*os.File{socket}
	d := daemonOf(t, cmd)
	_ = notified.SetReadDeadline(time.Now().Add(10 * time.Second)) // it is open
	text := make([]byte, 1000)
	n, err := notified.Read(text)
	if err != nil || !strings.HasPrefix(string(text[:n]), "READY=1\n") {
		t.Fatalf("it tells %q, %v", text[:n], err)
	}
	return d
}

// A socket that goes from engine to engine loses no request: clients under way
// get every answer, from the one or the other.
func TestHandOver(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			socket, l := sharedSocket(t, network)
			folder := t.TempDir()
			running := handOver(t, socket, folder)
			ctx, stop := context.WithCancel(t.Context())
			l.start(ctx, 8)
			for range 4 {
				l.await(500)
				next := handOver(t, socket, folder)
				running.endWell()
				running = next
			}
			l.await(500)
			stop()
			l.clients.Wait()
			running.endWell()
		})
	}
}

// sharedSocket returns a socket that engines can be started on, and clients for
// it.
func sharedSocket(t *testing.T, network string) (*os.File, *load) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "socket")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // it is open
	socket, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() }) // it is open
	return socket, &load{t: t, network: network, address: l.Addr().String()}
}

// A parent that listens to NOTIFY_SOCKET is told of a reload and of the end.
func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	notified, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notified.Close()
	cmd := process(t, "serve", "serve", "--addr", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path, "LISTEN_FDS=7", "LISTEN_PID=1") // sockets that are for another
	d := daemonOf(t, cmd)
	expect := func(start string) {
		t.Helper()
		_ = notified.SetReadDeadline(time.Now().Add(10 * time.Second)) // it is open
		text := make([]byte, 1000)
		if n, err := notified.Read(text); err != nil || !strings.HasPrefix(string(text[:n]), start) {
			t.Fatalf("it tells %q, %v; want %s", text[:n], err, start)
		}
	}
	expect("READY=1\nSTATUS=serving on 127.0.0.1:")
	_ = cmd.Process.Signal(syscall.SIGHUP) // it runs
	expect("RELOADING=1\nMONOTONIC_USEC=")
	expect("READY=1\n")
	d.endWell()
	expect("STOPPING=1\n")
}
