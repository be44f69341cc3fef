package server

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const post = "POST " + echoPath + " HTTP/1.1\r\nHost: localhost\r\n"

// What net/http refuses before there is a request is answered with our envelope.
func TestRefusedByNetHTTP(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	many := strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 100)
	tests := []struct {
		name, text string
		status     int
		code       string
	}{
		{"garbage", "\x16\x03\x01\x02\x00\r\n\r\n", 400, "bad_request"},
		{"no host", "GET /livez HTTP/1.1\r\n\r\n", 400, "bad_request"},
		{"two hosts", "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n", 400, "bad_request"},
		{"bad header", "GET /livez HTTP/1.1\r\nHost: localhost\r\nA B: c\r\n\r\n", 400, "bad_request"},
		{"bad length", post + "Content-Length: -1\r\n\r\n", 400, "bad_request"},
		{"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400, "bad_request"},
		{"many headers", post + many + "\r\n", 431, "headers_too_large"},
		{"long line", "GET /" + strings.Repeat("x", 100_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "headers_too_large"},
		{"transfer encoding", post + "Transfer-Encoding: gzip\r\n\r\n", 501, "unsupported_encoding"},
		{"version", "GET /livez HTTP/3.0\r\nHost: localhost\r\n\r\n", 505, "unsupported_version"},
		{"not a URL", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "bad_request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { parsed(t, s.raw(t, test.text)).expect(t, test.status, test.code) })
	}
}

// Requests that are odd, or wrong in their bodies, are answered or refused, and
// the server goes on.
func TestOddRequests(t *testing.T) {
	s := serving(t, Options{MaxBody: 100}, echoing("echo"))
	tests := []struct {
		name, text string
		status     int
		want       string
	}{
		{"HTTP/1.0", "POST " + echoPath + " HTTP/1.0\r\nContent-Length: 12\r\n\r\n{\"input\": 1}", 200, `{"result":1}`},
		{"chunked", post + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"inp\r\n7\r\nut\": 2}\r\n0\r\n\r\n", 200, `{"result":2}`},
		{"continue", post + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n{\"input\": 1}", 100, ""},
		{"chunked garbage", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad_request"},
		{"chunked too large", post + "Transfer-Encoding: chunked\r\n\r\nc8\r\n" + strings.Repeat("x", 200) + "\r\n0\r\n\r\n", 413, "too_large"},
		{"length too large", post + "Content-Length: 99999999999\r\n\r\n" + strings.Repeat("x", 5000), 413, "too_large"},
		{"compressed", post + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", 415, "unsupported_encoding"},
		{"compressed, second header", post + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", 415, "unsupported_encoding"},
		{"compressed, in a list", post + "Content-Encoding: identity, br\r\nContent-Length: 2\r\n\r\n\x1f\x8b", 415, "unsupported_encoding"},
		{"not compressed", post + "Content-Encoding: Identity\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{\"input\": 1}", 200, `{"result":1}`},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404, "not_found"},
		{"CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404, "not_found"},
		{"other expectation", "GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n", 417, "bad_request"},
		{"expectation of HTTP/1.0", "GET /livez HTTP/1.0\r\nExpect: miracles\r\n\r\n", 417, "bad_request"},
		{"absolute", "GET http://other/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, `{"status":"ok"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { parsed(t, s.raw(t, test.text)).expect(t, test.status, test.want) })
	}
	s.ask("POST", echoPath, `{"input": 1}`).expect(t, 200, `{"result":1}`)
}

// Requests that were sent before the answers were read are answered in their
// order.
func TestPipelining(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	var text strings.Builder
	for i := range 100 {
		body := fmt.Sprintf(`{"input": %d}`, i)
		fmt.Fprintf(&text, "%sContent-Length: %d\r\n\r\n%s", post, len(body), body)
	}
	text.WriteString("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	answers := bufio.NewReader(strings.NewReader(s.raw(t, text.String())))
	for i := range 100 {
		got, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(got.Body); string(body) != fmt.Sprintf("{\"result\":%d}\n", i) {
			t.Fatalf("answer %d = %s", i, body)
		}
	}
}

// A result that looks like a refusal of net/http's is not taken for one, at
// whatever place the answer is cut in two.
func TestResultLikeRefusal(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	for shift := range len("HTTP/1.1 417 ") {
		text := strings.Repeat("x", shift) + strings.Repeat("HTTP/1.1 417 ", 500)
		s.ask("POST", echoPath, fmt.Sprintf(`{"input": %q}`, text)).expect(t, 200, fmt.Sprintf(`{"result":%q}`, text))
	}
	text := strings.Repeat("HTTP/1.1 400 x\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n", 100)
	for shift := range 80 {
		body := strings.Repeat("x", shift) + text
		d := serving(t, Options{}, answering("d", map[string]any{"allowed": false, "body": body, "http_status": 417}))
		if got := d.ask("GET", "/v1/policies/d/envoy/", ""); got.status != 417 || got.body != body {
			t.Fatalf("shift %d: status %d, %d bytes, want %d", shift, got.status, len(got.body), len(body))
		}
		d.stop()
	}
}
