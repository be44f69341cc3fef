package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// fake is a policy made of a function.
type fake struct {
	name    string
	execute func(ctx context.Context, input any) (any, error)
}

func (f *fake) Name() string { return f.name }

func (f *fake) Execute(ctx context.Context, input any) (any, error) { return f.execute(ctx, input) }

func (f *fake) Validate() error { return nil }

// answering returns a policy that answers result to every input.
func answering(name string, result any) *fake {
	return &fake{name, func(context.Context, any) (any, error) { return result, nil }}
}

// echoing returns a policy that answers its input.
func echoing(name string) *fake {
	return &fake{name, func(_ context.Context, input any) (any, error) { return input, nil }}
}

// failing are policies that fail, each in its own way.
func failing() []engine.Policy {
	return []engine.Policy{
		&fake{"error", func(context.Context, any) (any, error) { return true, errors.New("no \"luck\"\n\xff") }},
		&fake{"panic", func(context.Context, any) (any, error) { panic("boom") }},
		&fake{"goexit", func(context.Context, any) (any, error) { runtime.Goexit(); return true, nil }},
		&fake{"hang", func(context.Context, any) (any, error) { select {} }},
		&fake{"heed", func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return true, ctx.Err() }},
		answering("channel", make(chan int)),
	}
}

// newEngine returns an engine that was started.
func newEngine(t testing.TB, options engine.Options, policies ...engine.Policy) *engine.Engine {
	t.Helper()
	e, err := engine.New(policies, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// A site is a server that runs.
type site struct {
	*Server
	t    testing.TB
	addr string
	stop func()     // as a signal does
	done chan error // what Serve returns
}

// serving returns a server of these policies, on a socket of its own.
func serving(t testing.TB, options Options, policies ...engine.Policy) *site {
	t.Helper()
	return servingEngine(t, options, newEngine(t, engine.Options{Timeout: 500 * time.Millisecond}, policies...))
}

func servingEngine(t testing.TB, options Options, e *engine.Engine) *site {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return servingOn(t, l, options, e)
}

func servingOn(t testing.TB, l net.Listener, options Options, e *engine.Engine) *site {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &site{New(e, options), t, l.Addr().String(), stop, make(chan error, 1)}
	go func() { s.done <- s.Serve(ctx, l) }()
	t.Cleanup(stop)
	return s
}

// An answer is what comes back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with a client of its own.
func (s *site) ask(method, path, body string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequest(method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	return s.send(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, request)
}

func (s *site) send(client *http.Client, request *http.Request) answer {
	s.t.Helper()
	got, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

// expect fails the test unless the answer is as wanted. Of a failure, what is
// wanted is the code.
func (a answer) expect(t testing.TB, status int, want string) {
	t.Helper()
	got := strings.TrimSuffix(a.body, "\n")
	if status >= http.StatusBadRequest {
		got = a.code(t)
	}
	if a.status != status || got != want {
		t.Errorf("status %d, body %.500s; want %d, %s", a.status, a.body, status, want)
	}
}

// code returns the code of a failure, whose body has to be an envelope and
// nothing that could be taken for a decision.
func (a answer) code(t testing.TB) string {
	t.Helper()
	var envelope struct {
		Error struct {
			Code     string `json:"code"`
			Message  string `json:"message"`
			Decision string `json:"decision_id"`
		} `json:"error"`
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(a.body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&envelope); err != nil || envelope.Error.Message == "" {
		t.Errorf("status %d with %q, which is no envelope: %v", a.status, a.body, err)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type of a failure = %q", kind)
	}
	return envelope.Error.Code
}
