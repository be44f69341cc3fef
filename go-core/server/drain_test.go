package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
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
	time.Sleep(400 * time.Millisecond)
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

// Under load no request is lost: clients that keep their connections get all
// answers, and are told with the last one that there will be no more. Their
// bodies cannot be sent again, so that nothing is repeated.
func TestDrainUnderLoad(t *testing.T) {
	once := func() io.Reader { return io.MultiReader(strings.NewReader(`{"input": 1}`)) }
	drainUnderLoad(t, "http://", Options{}, once, func() *http.Client {
		return &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	})
}

// Fresh connections get their answers too, or are refused: what waited for the
// server to accept it is answered.
func TestDrainUnderLoadFresh(t *testing.T) {
	body := func() io.Reader { return strings.NewReader(`{"input": 1}`) }
	drainUnderLoad(t, "http://", Options{}, body, func() *http.Client {
		return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	})
}

// Connections that the server had not accepted when it was told to stop are
// answered, on sockets of both kinds.
func TestDrainQueue(t *testing.T) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/socket"} {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		var waiting []net.Conn
		for range 50 {
			connection, err := net.Dial(network, l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			fmt.Fprint(connection, post+"Content-Length: 12\r\n\r\n{\"input\": 1}")
			waiting = append(waiting, connection)
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if err := New(newEngine(t, engine.Options{}, echoing("echo")), Options{}).Serve(stopped, l); err != nil {
			t.Errorf("%s: Serve = %v", network, err)
		}
		for _, each := range waiting {
			text, err := io.ReadAll(each)
			if err != nil || len(text) == 0 {
				t.Fatalf("%s: %q, %v", network, text, err)
			}
			parsed(t, string(text)).expect(t, 200, `{"result":1}`)
		}
	}
}

// In HTTP/2 clients share a connection, and are told which requests came too
// late. Those they may send again: the server has not looked at them.
func TestDrainUnderLoadHTTP2(t *testing.T) {
	trusted := newAuthority(t)
	cert, key := trusted.write(t.TempDir(), trusted.issue(2))
	certificates, err := ReadCertificates(cert, key, "")
	if err != nil {
		t.Fatal(err)
	}
	client := trusted.client()
	client.Transport.(*http.Transport).DisableKeepAlives = false
	again := func() io.Reader { return strings.NewReader(`{"input": 1}`) }
	drainUnderLoad(t, "https://", Options{Certificates: certificates}, again, func() *http.Client { return client })
}

func drainUnderLoad(t *testing.T, scheme string, options Options, body func() io.Reader, client func() *http.Client) {
	t.Helper()
	s := serving(t, options, echoing("echo"))
	var answered, refused atomic.Int64
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for client := client(); askOnce(t, client, scheme+s.addr+echoPath, body()); {
				answered.Add(1)
			}
			refused.Add(1)
		})
	}
	time.Sleep(300 * time.Millisecond)
	s.stop()
	if err := <-s.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
	running.Wait()
	t.Logf("%d answered, %d refused after the end", answered.Load(), refused.Load())
	if answered.Load() < 100 || refused.Load() != 8 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
}

// askOnce asks, and reports whether there was an answer or the server was gone.
func askOnce(t *testing.T, client *http.Client, url string, body io.Reader) bool {
	request, _ := http.NewRequest("POST", url, body)
	got, err := client.Do(request)
	if err != nil {
		// A connection that the kernel is making when the socket is closed is
		// reset before it is one: nothing was sent over it.
		refused := strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "connect: connection reset")
		if !refused {
			t.Errorf("a request was lost: %v", err)
		}
		return false
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "{\"result\":1}\n" {
		t.Errorf("answer %q, %v", body, err)
	}
	return true
}

// A request that reaches a connection after the server was told to stop is
// answered, and so is one whose head takes its time; the connection ends then.
func TestDrainLateRequests(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	request := post + "Content-Length: 12\r\n\r\n{\"input\": 1}"
	var late []net.Conn
	for _, start := range []string{"", post[:20], request} {
		connection, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(10 * time.Second)) // it is open
		fmt.Fprint(connection, start)
		late = append(late, connection)
	}
	if _, err := http.ReadResponse(bufio.NewReader(late[2]), nil); err != nil {
		t.Fatal(err)
	}
	s.stop()
	time.Sleep(500 * time.Millisecond)
	fmt.Fprint(late[1], post[20:40])
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
