package server

import (
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// listening returns a socket of that network, on an address of its own.
func listening(t *testing.T, network string) (l net.Listener) {
	t.Helper()
	var err error
	if network == "tcp" {
		l, err = Listen(t.Context(), "127.0.0.1:0")
	} else {
		l, err = net.Listen(network, t.TempDir()+"/socket")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // it may be closed by now
	return l
}

// onLinux skips a test elsewhere, where a socket cannot be closed without a
// connection that is made in that moment being lost.
func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("connections can be reset where the kernel cannot be told to make no more")
	}
}

// Connections that the server had not accepted when it was told to stop are
// answered, on sockets of both kinds.
func TestDrainQueue(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		drainQueue(t, listening(t, network), Options{})
	}
}

func drainQueue(t *testing.T, l net.Listener, options Options) {
	t.Helper()
	var waiting []net.Conn
	for range 50 {
		waiting = append(waiting, dial(t, l.Addr().Network(), l.Addr().String(), requestTo("echo")))
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := New(newEngine(t, engine.Options{}, echoing("echo")), options).Serve(stopped, l); err != nil {
		t.Errorf("%s: Serve = %v", l.Addr(), err)
	}
	for _, each := range waiting {
		text, err := io.ReadAll(each)
		if err != nil || len(text) == 0 {
			t.Fatalf("%s: %q, %v", l.Addr(), text, err)
		}
		parsed(t, string(text)).expect(t, 200, `{"result":1}`)
	}
}

// A failing listener is one whose first connections fail before they are accepted.
type failingListener struct {
	net.Listener
	errors chan error
}

func (l *failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.errors:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept", err)}
	default:
		return l.Listener.Accept()
	}
}

// A connection that has failed before it was accepted does not end the server.
func TestConnectionFailsBeforeAccept(t *testing.T) {
	l := &failingListener{listening(t, "tcp"), make(chan error, 3)}
	for _, err := range []error{syscall.ECONNABORTED, syscall.EPROTO, syscall.EHOSTUNREACH} {
		l.errors <- err
	}
	s := servingOn(t, l, Options{}, newEngine(t, engine.Options{}, echoing("echo")))
	s.ask("POST", echoPath, `{"input": 1}`).expect(t, 200, `{"result":1}`)
}

// A socket that others have as well stays as it is when the server ends; one of
// the server's own gets no more connections from before it is closed.
func TestSharedListeners(t *testing.T) {
	onLinux(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, shared := range []bool{false, true} {
			l := listening(t, network)
			kept := another(t, l)
			drainQueue(t, l, Options{SharedListeners: shared})
			if connects(kept) != shared {
				t.Errorf("%s, shared %v: a connection is made: %v", network, shared, !shared)
			}
		}
	}
}

// another returns the same socket again.
func another(t *testing.T, l net.Listener) net.Listener {
	t.Helper()
	if l, ok := l.(*net.UnixListener); ok {
		l.SetUnlinkOnClose(false)
	}
	file, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	same, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = same.Close() }) // it is open
	return same
}

// connects reports whether a connection is made over the socket.
func connects(l net.Listener) bool {
	connection, err := net.DialTimeout(l.Addr().Network(), l.Addr().String(), 100*time.Millisecond)
	if err == nil {
		_ = connection.Close() // it is open
	}
	return err == nil
}
