package server

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// After a policy was given up the connection is ended, and says so, since
// nobody would answer the next request on it.
func TestLostConnectionIsClosed(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	for _, name := range []string{"hang", "goexit"} {
		start := time.Now()
		text := s.raw(t, requestTo(name))
		got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
		if err != nil || !got.Close {
			t.Errorf("%s: %q, %v; want an answer that ends the connection", name, text, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
}

// An answer to HEAD has a head alone, also when the policy was given up.
func TestLostHead(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	text := s.raw(t, "HEAD /v1/policies/hang/envoy/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
	head, body, ended := strings.Cut(text, "\r\n\r\n")
	if !ended || body != "" || !strings.HasPrefix(head, "HTTP/1.1 403 ") {
		t.Errorf("the answer is %q, want a head of status 403", text)
	}
	if got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), &http.Request{Method: "HEAD"}); err != nil {
		t.Error(err)
	} else if _, err := http.ParseTime(got.Header.Get("Date")); err != nil {
		t.Errorf("Date: %v", err)
	}
}

// A policy that returns after it was given up changes nothing of the answer.
func TestLateResult(t *testing.T) {
	release := make(chan struct{})
	e := newEngine(t, engine.Options{Timeout: 20 * time.Millisecond}, &fake{"late", func(context.Context, any) (any, error) {
		<-release
		return strings.Repeat("late", 1000), nil
	}})
	s := servingEngine(t, Options{}, e)
	s.ask("POST", "/v1/policies/late/execute", `{"input": 1}`).expect(t, 504, "policy_timeout")
	close(release)
	for calls := -1; calls != 0; calls, _ = e.Policies()[0].InFlight() {
		time.Sleep(time.Millisecond)
	}
	s.ask("POST", "/v1/policies/late/execute", `{"input": 1}`).expect(t, 200, `{"result":"`+strings.Repeat("late", 1000)+`"}`)
}

// Policies that panic, end their goroutine, loop, or wait forever take nothing
// from the good ones beside them: each of their requests is answered, and with
// its own answer.
func TestGoodAmongBad(t *testing.T) {
	bad := failing()
	s := serving(t, Options{}, append(bad, echoing("echo"))...)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, each := range bad {
		running.Go(func() {
			for ctx.Err() == nil {
				got := s.ask("POST", "/v1/policies/"+each.Name()+"/execute", `{"input": true}`)
				if got.code(t); got.status < 429 {
					t.Errorf("%s: status %d", each.Name(), got.status)
				}
			}
		})
	}
	var asked atomic.Int64
	var good sync.WaitGroup
	for range 4 {
		good.Go(func() {
			client := &http.Client{Transport: &http.Transport{}} // which keeps its connection
			for range 500 {
				request, _ := http.NewRequest("POST", "http://"+s.addr+echoPath, strings.NewReader(`{"input": [1, "x"]}`))
				s.send(client, request).expect(t, 200, `{"result":[1,"x"]}`)
				asked.Add(1)
			}
			client.CloseIdleConnections()
		})
	}
	good.Wait()
	stop()
	running.Wait()
	if asked.Load() != 2000 {
		t.Errorf("%d requests were answered", asked.Load())
	}
	calls, abandoned := 0, 0
	for _, p := range s.engine.Policies() {
		c, a := p.InFlight()
		calls, abandoned = calls+c, abandoned+a
	}
	if calls > 4+1 || abandoned > 4+1 {
		t.Errorf("%d calls go on, %d of them given up; the breaker allows 4, and one to try", calls, abandoned)
	}
	if executing := s.executing.Load(); executing != 0 {
		t.Errorf("%d requests are said to be executed", executing)
	}
}

// Where a client is gone before the policy is given up, nothing is left behind.
func TestLostWithoutClient(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	_ = s.dial(t, requestTo("hang")).Close() // it is open
	p, _ := s.engine.Policy("hang")
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, abandoned := p.InFlight(); abandoned == 1 && s.executing.Load() == 0 && s.connections.open.Load() == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the request is still there")
		}
	}
}
