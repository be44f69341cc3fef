package server

import (
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/logging"
)

// A transcript is a log that is read while it is written.
type transcript struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *transcript) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

func (l *transcript) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// Who sets TLS up sees in the log why a client does not come through, once, however
// many clients do not; that somebody has only connected is not told.
func TestFailedHandshakes(t *testing.T) {
	trusted, other := newAuthority(t), newAuthority(t)
	var out transcript
	s, _ := guarded(t, trusted, Options{Log: logging.New(&out, "json", nil)})
	if connection, err := net.Dial("tcp", s.addr); err == nil {
		connection.Close()
	}
	for range 20 {
		connection, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{other.issue(4)}})
		if err == nil {
			_, _ = connection.Read(make([]byte, 1)) // TLS 1.3 tells of the refusal here
			connection.Close()
		}
	}
	log := out.String()
	if strings.Count(log, "a TLS handshake failed") != 1 || !strings.Contains(log, "unknown authority") || !strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("log:\n%s", log)
	}
}

// After a while a complaint is told again, with how many were not; of each kind
// apart.
func TestComplaints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out transcript
		c := newComplaints(logging.New(&out, "json", nil)).logger()
		for range 3 {
			c.Print("http: TLS handshake error from 10.0.0.1:5: tls: no \x1b certificates")
			c.Print("http: Accept error: accept tcp: too many open files; retrying in 5ms")
		}
		c.Print("http: TLS handshake error from 10.0.0.1:5: EOF")
		if lines := strings.Count(out.String(), "\n"); lines != 2 {
			t.Errorf("%d lines:\n%s", lines, out.String())
		}
		time.Sleep(complaintEvery)
		c.Print("http: TLS handshake error from 10.0.0.1:5: again")
		if log := out.String(); strings.Count(log, "\n") != 3 || !strings.Contains(log, `"error":"again","untold":2}`) || strings.Contains(log, "\x1b") {
			t.Errorf("log:\n%s", log)
		}
	})
}
