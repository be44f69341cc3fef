package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A server that is told to stop says so at once, answers as before for a while,
// and then finishes what it has begun.
func TestDrain(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	e := newEngine(t, engine.Options{Timeout: time.Minute}, echoing("echo"), &fake{"slow", func(context.Context, any) (any, error) {
		close(called)
		<-release
		return "slow", nil
	}})
	s := servingEngine(t, Options{ShutdownWait: 300 * time.Millisecond}, e)
	begun := make(chan answer, 1)
	go func() { begun <- s.ask("POST", "/v1/policies/slow/execute", `{"input": 1}`) }()
	<-called
	s.stop()
	for !s.draining.Load() {
		time.Sleep(time.Millisecond)
	}
	s.ask("GET", "/readyz", "").expect(t, 503, "not_ready")
	s.ask("GET", "/livez", "").expect(t, 200, `{"status":"ok"}`)
	got := s.ask("POST", echoPath, `{"input": 1}`)
	got.expect(t, 200, `{"result":1}`)
	time.Sleep(700 * time.Millisecond)
	if _, err := http.Get("http://" + s.addr + "/livez"); err == nil {
		t.Error("a connection was accepted after the wait")
	}
	close(release)
	(<-begun).expect(t, 200, `{"result":"slow"}`)
	if err := <-s.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// A policy that was given up does not hold up the end of the server.
func TestDrainWithHangingPolicy(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	s.ask("POST", "/v1/policies/hang/execute", `{"input": 1}`).expect(t, 504, "policy_timeout")
	start := time.Now()
	s.stop()
	if err := <-s.done; err != nil || time.Since(start) > 3*time.Second {
		t.Errorf("Serve = %v after %v", err, time.Since(start))
	}
}

// Requests that are not finished in time are cut off, and Serve says so; the
// policies are told. The time may be none.
func TestDrainGrace(t *testing.T) {
	for _, grace := range []time.Duration{200 * time.Millisecond, -1} {
		t.Run(grace.String(), func(t *testing.T) { drainGrace(t, grace) })
	}
}

func drainGrace(t *testing.T, grace time.Duration) {
	t.Helper()
	called, told := make(chan struct{}), make(chan struct{})
	e := newEngine(t, engine.Options{}, &fake{"wait", func(ctx context.Context, _ any) (any, error) {
		close(called)
		<-ctx.Done()
		close(told)
		return nil, ctx.Err()
	}})
	s := servingEngine(t, Options{ShutdownGrace: grace}, e)
	go func() {
		request, _ := http.NewRequest("POST", "http://"+s.addr+"/v1/policies/wait/execute", strings.NewReader(`{"input": 1}`))
		if got, err := http.DefaultTransport.RoundTrip(request); err == nil {
			got.Body.Close()
		}
	}()
	<-called
	start := time.Now()
	s.stop()
	if err := <-s.done; err == nil || !strings.Contains(err.Error(), "cut off") || time.Since(start) > 2*time.Second {
		t.Errorf("Serve = %v after %v", err, time.Since(start))
	}
	<-told
}

// A request that reaches a connection after the server was told to stop is
// answered, and so is one whose head takes its time; the connection ends then.
func TestDrainLateRequests(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	request := requestTo("echo")
	var late []net.Conn
	for _, start := range []string{"", request[:20], request} {
		late = append(late, s.dial(t, start))
	}
	if _, err := http.ReadResponse(bufio.NewReader(late[2]), nil); err != nil {
		t.Fatal(err)
	}
	s.stop()
	time.Sleep(500 * time.Millisecond)
	fmt.Fprint(late[1], request[20:40])
	time.Sleep(700 * time.Millisecond)
	for i, rest := range []string{request, request[40:], request} {
		fmt.Fprint(late[i], rest)
		text, err := io.ReadAll(late[i])
		if err != nil || len(text) == 0 {
			t.Errorf("connection %d: %q, %v", i, text, err)
			continue
		}
		parsed(t, string(text)).expect(t, 200, `{"result":1}`)
	}
	if err := <-s.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// With no time for requests to finish, one of which nothing or only a part has come
// may be cut off as well, and Serve says so. Connections that were quiet are closed.
func TestDrainWithoutGrace(t *testing.T) {
	const quiet = lastCall + 100*time.Millisecond
	request := requestTo("echo")
	for _, test := range []struct {
		name, first, second string
		wait                time.Duration
		cut                 bool
	}{
		{"quiet", "", "", quiet, false},
		{"new", "", "", 0, true},
		{"a part", "", request[:20], quiet, true},
		{"answered", request, "", quiet, false},
		{"answered just now", request, "", 0, true},
		{"answered and a part", request, request[:20], quiet, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, Options{ShutdownGrace: -1}, echoing("echo"))
			connection := s.dial(t, test.first)
			if test.first != "" {
				if _, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil {
					t.Fatal(err)
				}
			}
			fmt.Fprint(connection, test.second)
			time.Sleep(50*time.Millisecond + test.wait) // it is read, and there is no sign of it
			s.stop()
			if err := <-s.done; err != nil != test.cut {
				t.Errorf("Serve = %v, want an error: %v", err, test.cut)
			}
		})
	}
}
