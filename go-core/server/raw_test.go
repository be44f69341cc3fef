package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// requestTo returns a request of the policy as it is sent, with these headers.
func requestTo(policy string, headers ...string) string {
	lines := append([]string{"POST /v1/policies/" + policy + "/execute HTTP/1.1", "Host: localhost"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\nContent-Length: 12\r\n\r\n{\"input\": 1}"
}

// dial returns a connection that is closed after the test, or does not answer
// for too long, and over which the text was sent.
func dial(t testing.TB, network, address, text string) net.Conn {
	t.Helper()
	connection, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })                 // it may be closed by now
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second)) // it is open
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	return connection
}

// dial returns a connection to the server over which the text was sent.
func (s *site) dial(t testing.TB, text string) net.Conn {
	t.Helper()
	return dial(t, "tcp", s.addr, text)
}

// raw sends bytes as they are, and returns all that comes back until the server
// hangs up.
func (s *site) raw(t testing.TB, text string) string {
	t.Helper()
	got, err := io.ReadAll(s.dial(t, text))
	if err != nil {
		t.Fatalf("%v after %q", err, got)
	}
	return string(got)
}

// parsed returns the first answer in the text.
func parsed(t testing.TB, text string) answer {
	t.Helper()
	got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return answer{got.StatusCode, got.Header, string(body)}
}
