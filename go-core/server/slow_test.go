package server

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A client that sends its head or its body slowly is cut off; that which has
// sent a part of its body is told why.
func TestSlowClients(t *testing.T) {
	s := serving(t, Options{ReadTimeout: 200 * time.Millisecond}, echoing("echo"))
	tests := []struct{ name, start, drip string }{
		{"silent", "", ""},
		{"head", "POST " + echoPath + " HTTP/1.1\r\n", "X: y\r\n"},
		{"line", "POST " + echoPath, "y"},
		{"body", post + "Content-Length: 1000\r\n\r\n{\"input\": \"", "x"},
		{"chunked body", post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, took := drip(t, s.addr, test.start, test.drip)
			if took > 2*time.Second {
				t.Errorf("it was cut off after %v", took)
			}
			if strings.Contains(test.name, "body") {
				parsed(t, got).expect(t, 408, "too_slow")
			} else if got != "" {
				parsed(t, got).expect(t, 400, "bad_request")
			}
		})
	}
}

// drip sends the start, and then the other text again and again until the
// server hangs up.
func drip(t *testing.T, addr, start, text string) (got string, took time.Duration) {
	t.Helper()
	connection, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	begun, ended := time.Now(), make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(connection) // a reset is one way to hang up
		ended <- string(all)
	}()
	_, _ = io.WriteString(connection, start) // it may have hung up
	for {
		select {
		case got := <-ended:
			return got, time.Since(begun)
		case <-time.After(20 * time.Millisecond):
			_, _ = io.WriteString(connection, text) // the same
		}
	}
}

// A client that reads nothing of a large answer does not keep its connection.
func TestClientThatDoesNotRead(t *testing.T) {
	s := servingEngine(t, Options{WriteTimeout: 200 * time.Millisecond}, newEngine(t, engine.Options{}, answering("large", strings.Repeat("x", 64<<20))))
	s.dial(t, requestTo("large"))
	for deadline := time.Now().Add(10 * time.Second); s.connections.open.Load() != 1; {
		if time.Now().After(deadline) {
			t.Fatal("the connection was not seen")
		}
		time.Sleep(time.Millisecond)
	}
	s.expectNoConnections(t)
}

// In HTTP/2 a client that leaves a large answer alone does not keep it, while others on
// the connection are answered.
func TestStreamThatIsNotRead(t *testing.T) {
	trusted := newAuthority(t)
	large := answering("large", strings.Repeat("x", 16<<20))
	s, _ := guarded(t, trusted, Options{WriteTimeout: 200 * time.Millisecond}, large)
	client := trusted.client(trusted.issue(3))
	transport := client.Transport.(*http.Transport)
	transport.DisableKeepAlives = false
	defer transport.CloseIdleConnections()
	ask := func(path string) *http.Response {
		got, err := client.Post("https://"+s.addr+path, "application/json", strings.NewReader(`{"input": 1}`))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	left := ask("/v1/policies/large/execute")
	defer left.Body.Close()
	time.Sleep(time.Second)
	for range 2 {
		got := ask(echoPath)
		if text, err := io.ReadAll(got.Body); got.StatusCode != 200 || string(text) != "{\"result\":1}\n" {
			t.Errorf("status %d, %q, %v", got.StatusCode, text, err)
		}
		got.Body.Close()
	}
	if n, err := io.Copy(io.Discard, left.Body); err == nil {
		t.Errorf("the answer was kept: %d bytes", n)
	}
}

// A client that reads slowly, but reads on, gets all of a large answer.
func TestClientThatReadsSlowly(t *testing.T) {
	s := servingEngine(t, Options{WriteTimeout: 300 * time.Millisecond}, newEngine(t, engine.Options{}, answering("large", strings.Repeat("x", 16<<20))))
	connection := s.dial(t, requestTo("large", "Connection: close"))
	total, buffer := 0, make([]byte, 512<<10)
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		n, err := io.ReadFull(connection, buffer)
		if total += n; err != nil {
			if total < 16<<20 || time.Since(start) < 600*time.Millisecond {
				t.Errorf("%d bytes in %v, %v", total, time.Since(start), err)
			}
			return
		}
	}
}
