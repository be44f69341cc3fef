package command

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	folder := t.TempDir()
	running := handOver(t, socket, folder)
	ctx, stop := context.WithCancel(t.Context())
	var answered atomic.Int64
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() { keepAsking(ctx, t, "http://"+l.Addr().String(), i%2 == 0, &answered) })
	}
	for range 4 {
		time.Sleep(300 * time.Millisecond)
		next := handOver(t, socket, folder)
		if code := running.end(); code != exitOK {
			t.Errorf("exit code = %d", code)
		}
		running = next
	}
	stop()
	clients.Wait()
	if code := running.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	t.Logf("%d requests answered over 4 hand-overs", answered.Load())
	if answered.Load() < 1000 {
		t.Errorf("%d requests were answered", answered.Load())
	}
}

// keepAsking asks until ctx ends, with a connection that it keeps or with new
// ones. Nothing is asked twice: the body cannot be read again.
func keepAsking(ctx context.Context, t *testing.T, url string, keep bool, answered *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		answer, err := client.Post(url+"/v1/policies/echo/execute", "application/json", io.MultiReader(strings.NewReader(`{"input": 1}`)))
		if err != nil {
			t.Errorf("a request was lost: %v", err)
			return
		}
		if text, err := io.ReadAll(answer.Body); err != nil || string(text) != "{\"result\":1}\n" {
			t.Errorf("answer %q, %v", text, err)
		}
		answer.Body.Close()
		answered.Add(1)
	}
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
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	expect("STOPPING=1\n")
}
