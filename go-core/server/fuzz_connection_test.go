package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Whatever bytes a client sends, what comes back is answers of HTTP, each with
// JSON in it, and a failure is an envelope: net/http's own refusals included.
func FuzzConnection(f *testing.F) {
	e := newEngine(f, engine.Options{Timeout: 50 * time.Millisecond, Breaker: engine.Breaker{Faults: 1 << 30}}, append(failing()[:3], echoing("echo"))...)
	s := servingEngine(f, Options{MaxBody: 4096, MaxDepth: 100, ReadTimeout: time.Second}, e)
	for _, text := range []string{
		requestTo("echo") + post + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"inp\r\n7\r\nut\": 2}\r\n0\r\n\r\n",
		"GET /readyz HTTP/1.0\r\n\r\n", "GET /livez HTTP/1.1\r\n\r\n", post + "Transfer-Encoding: gzip\r\n\r\n", post + "Content-Length: -1\r\n\r\n",
		post + "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n{\"input\": 1}", post + "Expect: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		requestTo("goexit") + post + "\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		upper := bytes.ToUpper(text)
		if bytes.Contains(upper, []byte("HEAD")) || bytes.Contains(upper, []byte("ENVOY")) || bytes.Contains(upper, []byte("METRICS")) {
			return // answers without a body, and with one that is no JSON
		}
		answers := bufio.NewReader(strings.NewReader(exchangeBytes(t, s.addr, text)))
		for {
			if _, err := answers.Peek(1); err == io.EOF {
				return
			}
			checkParsed(t, text, answers)
		}
	})
}

// exchangeBytes sends the text, and returns what comes back.
func exchangeBytes(t *testing.T, addr string, text []byte) string {
	t.Helper()
	connection, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second)) // it is open
	_, _ = connection.Write(text)                                // it may have hung up
	_ = connection.(*net.TCPConn).CloseWrite()                   // the same
	var got bytes.Buffer
	if _, err := io.Copy(&got, connection); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatalf("%v after %q to %q", err, got.String(), text)
	}
	return got.String()
}

func checkParsed(t *testing.T, text []byte, answers *bufio.Reader) {
	t.Helper()
	got, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("%v to %q", err, text)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatalf("%v to %q", err, text)
	}
	if got.StatusCode == http.StatusContinue {
		return
	}
	var answer struct {
		Error  *struct{ Code, Message string }
		Result json.RawMessage
	}
	err = json.Unmarshal(body, &answer)
	if failed := got.StatusCode >= 400; failed && (err != nil || answer.Error == nil || answer.Error.Code == "" || answer.Result != nil) || !json.Valid(body) {
		t.Fatalf("status %d, %q, %v to %q", got.StatusCode, body, err, text)
	}
}
