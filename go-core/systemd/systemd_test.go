package systemd

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Sockets that are meant for another process are left alone, what is no number,
// or one that is too great, is refused, and the variables are gone either way.
func TestListeners(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	tests := []struct{ pid, count, want string }{
		{"", "", ""},
		{"", "1", ""},
		{"1", "1", ""},
		{own, "0", ""},
		{own, "x", `LISTEN_FDS is "x", not a number of sockets`},
		{own, "-1", `LISTEN_FDS is "-1", not a number of sockets`},
		{own, "3", "LISTEN_FDS: there are 3 sockets, and two are of use: the server's, and that for diagnostics"},
		{own, "9223372036854775807", "LISTEN_FDS: there are 9223372036854775807 sockets, and two are of use: the server's, and that for diagnostics"},
		{own, "9223372036854775808", `LISTEN_FDS is "9223372036854775808", not a number of sockets`},
	}
	for _, test := range tests {
		t.Setenv("LISTEN_PID", test.pid)
		t.Setenv("LISTEN_FDS", test.count)
		listeners, err := Listeners()
		if len(listeners) != 0 || err == nil != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("LISTEN_PID=%s LISTEN_FDS=%s: %v, %v; want %q", test.pid, test.count, listeners, err, test.want)
		}
		if _, there := os.LookupEnv("LISTEN_PID"); there {
			t.Error("LISTEN_PID is still there")
		}
	}
}

// The socket may be a file, or a name that is in no file system.
func TestNotify(t *testing.T) {
	for _, name := range []string{t.TempDir() + "/notify", "@policy-engine-test-" + strconv.Itoa(os.Getpid())} {
		socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Skip(err) // not on Linux
		}
		t.Setenv("NOTIFY_SOCKET", name)
		notifier := TakeNotifier()
		if _, there := os.LookupEnv("NOTIFY_SOCKET"); there {
			t.Error("NOTIFY_SOCKET is still there")
		}
		if err := notifier.Notify(Ready, "all\nis well"); err != nil {
			t.Error(err)
		}
		text := make([]byte, 100)
		_ = socket.SetReadDeadline(time.Now().Add(5 * time.Second)) // it is open
		if n, err := socket.Read(text); err != nil || string(text[:n]) != "READY=1\nSTATUS=all is well\n" {
			t.Errorf("%s: told %q, %v", name, text[:n], err)
		}
		socket.Close()
		if err := notifier.Notify(Ready, ""); err == nil {
			t.Errorf("%s: nobody was told, and there is no error", name)
		}
	}
	if err := (Notifier{}).Notify(Ready, ""); err != nil {
		t.Error(err)
	}
}

// Who does not read what is told holds nobody up for long.
func TestNotifyUnread(t *testing.T) {
	name := t.TempDir() + "/notify"
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Skip(err) // not on Linux
	}
	defer socket.Close()
	told := make(chan error, 1)
	go func() {
		for {
			if err := (Notifier{name}).Notify(Ready, ""); err != nil {
				told <- err
				return
			}
		}
	}()
	select {
	case err := <-told:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
	case <-time.After(10 * patience):
		t.Error("it waits for ever")
	}
}

// A reload is told with the time, so that it cannot be taken for another one.
func TestReloading(t *testing.T) {
	first := Reloading()
	time.Sleep(time.Millisecond)
	second := Reloading()
	if !strings.HasPrefix(first, "RELOADING=1") {
		t.Errorf("Reloading() = %q", first)
	}
	_, before, ok := strings.Cut(first, "MONOTONIC_USEC=")
	_, after, _ := strings.Cut(second, "MONOTONIC_USEC=")
	if !ok {
		t.Skip("not on Linux")
	}
	if a, errA := strconv.Atoi(before); errA != nil || a <= 0 {
		t.Errorf("time = %q", before)
	} else if b, errB := strconv.Atoi(after); errB != nil || b <= a {
		t.Errorf("times = %q, %q", before, after)
	}
}
