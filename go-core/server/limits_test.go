package server

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Over the limits a request is told to come again later.
func TestOverload(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	waiting := func(context.Context, any) (any, error) {
		called <- struct{}{}
		<-release
		return 1, nil
	}
	e := newEngine(t, engine.Options{Timeout: time.Minute, Concurrency: 1}, &fake{"wait", waiting}, &fake{"other", waiting}, echoing("echo"))
	s := servingEngine(t, Options{Concurrency: 2}, e)
	ended := make(chan answer, 2)
	for i, name := range []string{"wait", "other"} {
		go func() { ended <- s.ask("POST", "/v1/policies/"+name+"/execute", `{"input": 1}`) }()
		<-called
		if i == 0 {
			got := s.ask("POST", "/v1/policies/wait/execute", `{"input": 1}`)
			got.expect(t, 429, "policy_overloaded")
			if got.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After = %q", got.header.Get("Retry-After"))
			}
		}
	}
	got := s.ask("POST", echoPath, `{"input": 1}`)
	got.expect(t, 503, "overloaded")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q", got.header.Get("Retry-After"))
	}
	for _, path := range []string{echoPath, "/v1/execute"} {
		s.ask("POST", path, "not JSON").expect(t, 503, "overloaded") // it is not decoded
	}
	s.ask("GET", "/readyz", "").expect(t, 200, `{"status":"ready"}`)
	close(release)
	for range 2 {
		(<-ended).expect(t, 200, `{"result":1}`)
	}
	s.ask("POST", echoPath, `{"input": 1}`).expect(t, 200, `{"result":1}`)
}

// A client that sends all of its body before it reads gets to know that the body is
// too large, or that it may not ask, and not only that the connection was reset. The
// body is larger than what the kernel holds.
func TestRefusalOfLargeBody(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	large := strings.Repeat("x", 15<<20)
	whole := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(large), large)
	chunked := fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(large), large)
	tests := []struct {
		name, text string
		status     int
		code       string
	}{
		{"whole", post + whole, 413, "too_large"},
		{"chunked", post + chunked, 413, "too_large"},
		{"compressed", post + "Content-Encoding: gzip\r\n" + whole, 415, "unsupported_encoding"},
		{"other origin", post + "Origin: http://other\r\n" + whole, 403, "forbidden"},
		{"nothing there", strings.Replace(post, "execute", "execute/x", 1) + whole, 404, "not_found"},
		{"nothing there, chunked", strings.Replace(post, "execute", "execute/x", 1) + chunked, 404, "not_found"},
		{"method, chunked", strings.Replace(post, "POST", "PUT", 1) + chunked, 405, "method_not_allowed"},
		{"other origin, chunked", post + "Origin: http://other\r\n" + chunked, 403, "forbidden"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parsed(t, s.raw(t, test.text)).expect(t, test.status, test.code)
		})
	}
}

// A refused request whose body is small, or waited for in vain, is answered and costs
// nobody the connection that need not.
func TestRefusalOfSmallBody(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	refused := strings.Replace(post, "execute", "execute/x", 1) + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
	got := s.raw(t, refused+"0\r\n\r\n"+requestTo("echo", "Connection: close"))
	parsed(t, got).expect(t, 404, "not_found")
	if !strings.HasSuffix(got, `{"result":1}`+"\n") {
		t.Errorf("the connection was not kept: %q", got)
	}
	start := time.Now()
	parsed(t, s.raw(t, refused)).expect(t, 404, "not_found")
	if took := time.Since(start); took > hearing+time.Second {
		t.Errorf("took %v", took)
	}
}

// A large result arrives whole, and what it leaves behind is not in the next.
func TestLargeResult(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	for _, size := range []int{1, 2000, 2047, 2048, 5000, 1 << 20, 10} {
		text := strings.Repeat("x", size)
		s.ask("POST", echoPath, fmt.Sprintf(`{"input": %q}`, text)).expect(t, 200, fmt.Sprintf(`{"result":%q}`, text))
	}
}
