//go:build unix

package worker

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// A log keeps what several goroutines write.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// quick are options with which workers are started again soon.
func quick() Options {
	memory := uint64(256 << 20)
	if raced {
		memory = 0
	}
	return Options{Memory: memory, Backoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, Output: &log{}, Metrics: metrics.NewRegistry()}
}

// started returns an engine with the policies of those names, in workers.
func started(t testing.TB, options Options, engineOptions engine.Options, names ...string) *engine.Engine {
	t.Helper()
	engineOptions.Select, engineOptions.Wrap = names, options.Wrap
	e, err := engine.New(policies, engineOptions)
	if err == nil {
		err = e.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

func named(t testing.TB, e *engine.Engine, name string) *engine.Instance {
	t.Helper()
	p, ok := e.Policy(name)
	if !ok {
		t.Fatalf("no policy %s", name)
	}
	return p
}

func ask(p *engine.Instance, input any) (string, *engine.Error) {
	text, err := p.AppendJSON(context.Background(), nil, engine.Call{Input: input})
	var failed *engine.Error
	errors.As(err, &failed)
	return string(text), failed
}

// eventually waits for what is to become true soon.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}
