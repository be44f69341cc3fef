package engine

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Among policies that panic, end their goroutine, and do not return in time,
// every call of a good one is answered, every call is counted once, and nothing
// is left when all have returned.
func TestManyCalls(t *testing.T) {
	const callers, calls = 8, 200
	bad := map[string]func(context.Context, any) (any, error){
		"panic":  func(context.Context, any) (any, error) { panic("boom") },
		"goexit": func(context.Context, any) (any, error) { runtime.Goexit(); return nil, nil },
		"heed":   func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() },
		"late":   func(context.Context, any) (any, error) { time.Sleep(3 * time.Millisecond); return 1, nil },
	}
	policies := []Policy{&fake{name: "good", execute: func(_ context.Context, input any) (any, error) { return input, nil }}}
	for name, execute := range bad {
		policies = append(policies, &fake{name: name, execute: execute})
	}
	registry := metrics.NewRegistry()
	e := started(t, Options{Timeout: time.Minute, Metrics: registry}, policies...)
	good, before := e.Policies()[0], runtime.NumGoroutine()
	var running sync.WaitGroup
	for range callers {
		for _, p := range e.Policies() {
			running.Go(func() {
				for i := range calls {
					timeout := time.Millisecond
					if p == good {
						timeout = time.Minute
					}
					result, err := p.Call(t.Context(), Call{Input: i, Timeout: timeout})
					if p == good && (result != i || err != nil) {
						t.Errorf("the good policy answered %v, %v; want %d", result, err, i)
					}
				}
			})
		}
	}
	running.Wait()
	for _, p := range e.Policies() {
		for deadline := time.Now().Add(5 * time.Second); p.inFlight.Load() != 0 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if inFlight, abandoned := p.InFlight(); inFlight != 0 || abandoned != 0 {
			t.Errorf("%s: %d calls go on, %d given up", p.Name(), inFlight, abandoned)
		}
		var counted uint64
		for _, counter := range p.metrics.ended {
			counted += counter.Value()
		}
		if counted != callers*calls {
			t.Errorf("%s: %d calls were counted, want %d", p.Name(), counted, callers*calls)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	var text strings.Builder
	_, _ = registry.WriteTo(&text)
	if want := fmt.Sprintf(`policy_executions_total{policy="good",outcome="ok"} %d`, callers*calls); !strings.Contains(text.String(), want) {
		t.Errorf("no %s in\n%s", want, text.String())
	}
}

// slowText is the value of a panic that takes for ever to say what it is.
type slowText struct{}

func (slowText) String() string { select {} }

// A panic whose value cannot be formatted is described by its type.
func TestPanicThatHangs(t *testing.T) {
	p := started(t, Options{}, executing(func(context.Context, any) (any, error) { panic(slowText{}) })).Policies()[0]
	_, err := p.Execute(t.Context(), nil)
	if want := "panic: a value of type engine.slowText"; err == nil || err.Error() != want {
		t.Errorf("Execute = %v, want %s", err, want)
	}
}
