//go:build unix

package worker

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// deaths are the ways in which a worker ends, with what is said of them, as
// regular expressions. Without memory Go may not even get to its fatal error.
var deaths = map[string]string{
	"goroutine": "its process has ended: panic: elsewhere",
	"map":       "its process has ended: fatal error: concurrent map writes",
	"stack":     "its process has ended: fatal error: stack overflow",
	"exit":      "its process has ended: exit status 7",
	"kill":      "its process has ended: signal: killed",
	"memory":    "its process has ended: (fatal error|SIGSEGV): ",
	"close":     "its process has ended: signal: killed",
	"garbage":   "its process has ended: what it has answered is not in order: the result is not JSON",
}

// While a policy's worker ends in every way there is, another policy answers
// every call, and the calls that were going on in that worker are answered.
func TestDeaths(t *testing.T) {
	options := quick()
	e := started(t, options, engine.Options{}, "good", "bad")
	ctx, stop := context.WithCancel(t.Context())
	calls, running := load(t, ctx, named(t, e, "good"))
	for name, want := range deaths {
		if raced && name == "memory" {
			continue // the race detector needs more memory than any limit
		}
		t.Run(name, func(t *testing.T) { die(t, named(t, e, "bad"), name, want) })
	}
	stop()
	running.Wait()
	if t.Failed() {
		t.Log(options.Output)
	}
	if n := calls.Load(); n < 1000 {
		t.Errorf("the good policy was called %d times, which is no load", n)
	}
	t.Logf("%d calls of the good policy", calls.Load())
	var text strings.Builder
	_, _ = options.Metrics.WriteTo(&text)
	for _, want := range []string{`policy_worker_up{policy="good"} 1`, `policy_worker_restarts_total{policy="good"} 0`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in\n%s", want, text.String())
		}
	}
}

// load calls the policy from several goroutines until ctx ends.
func load(t *testing.T, ctx context.Context, p *engine.Instance) (calls *atomic.Int64, running *sync.WaitGroup) {
	calls, running = new(atomic.Int64), new(sync.WaitGroup)
	for range 8 {
		running.Go(func() {
			for ctx.Err() == nil {
				n := strconv.FormatInt(calls.Add(1), 10)
				if text, failed := ask(p, n); text != `"`+n+`"` || failed != nil {
					t.Errorf("the good policy has answered %s, %v to %s", text, failed, n)
					return
				}
			}
		})
	}
	return calls, running
}

// die makes the worker end, and expects that all calls are told, and that it can
// be called again.
func die(t *testing.T, p *engine.Instance, name, want string) {
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			if _, failed := ask(p, "wait"); failed == nil || failed.Outcome != engine.Crashed {
				t.Errorf("a call that was going on: %v", failed)
			}
		})
	}
	eventually(t, "calls go on", func() bool { calls, _ := p.InFlight(); return calls == 3 })
	time.Sleep(10 * time.Millisecond) // they are in the worker
	_, failed := ask(p, name)
	if failed == nil || failed.Outcome != engine.Crashed || !regexp.MustCompile("^"+want).MatchString(failed.Message) {
		t.Errorf("%v, want %s", failed, want)
	}
	waiting.Wait()
	eventually(t, "it answers again", func() bool { _, failed := ask(p, "pid"); return failed == nil })
}

// The end of a worker takes many calls along, and opens no breaker: the next call
// is made in the worker that takes its place.
func TestDeathOfMany(t *testing.T) {
	bad := named(t, started(t, quick(), engine.Options{}, "bad"), "bad")
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() { ask(bad, "wait") })
	}
	eventually(t, "calls go on", func() bool { calls, _ := bad.InFlight(); return calls == 50 })
	time.Sleep(10 * time.Millisecond) // they are in the worker
	ask(bad, "exit")
	waiting.Wait()
	if _, failed := ask(bad, "pid"); failed != nil {
		t.Errorf("the call after it: %v", failed)
	}
}

// A policy whose worker ends again and again is down, which is seen, and others
// are not.
func TestCrashLoop(t *testing.T) {
	options := quick()
	options.Backoff, options.MaxBackoff = time.Hour, time.Hour
	registry := metrics.NewRegistry()
	e := started(t, options, engine.Options{Metrics: registry}, "good", "bad")
	bad := named(t, e, "bad")
	ask(bad, "exit")
	if text, failed := ask(bad, "pid"); failed != nil {
		t.Errorf("the first restart is not at once: %s, %v", text, failed)
	}
	ask(bad, "exit")
	eventually(t, "the policy is down", func() bool { return bad.Info().State == engine.Down })
	const want = "its process has ended: exit status 7; it is started again after 1h0m0s"
	if info := bad.Info(); info.Error != want || bad.Err() == nil || bad.Err().Message != want {
		t.Errorf("Info = %+v, Err = %v; want %s", info, bad.Err(), want)
	}
	if _, failed := ask(bad, "pid"); failed == nil || failed.Outcome != engine.NotReady || failed.Retry != time.Hour {
		t.Errorf("a call of a policy that is down: %+v", failed)
	}
	if text, failed := ask(named(t, e, "good"), "x"); text != `"x"` || failed != nil {
		t.Errorf("the good policy: %s, %v", text, failed)
	}
	var text strings.Builder
	_, _ = registry.WriteTo(&text)
	if want := `policy_ready{policy="bad"} 0`; !strings.Contains(text.String(), want) {
		t.Errorf("no %s in\n%s", want, text.String())
	}
}

// A policy whose process ends before it is ready is invalid, as one that panics.
func TestInvalid(t *testing.T) {
	e, err := engine.New(policies, engine.Options{Select: []string{"invalid", "good"}, Wrap: quick().Wrap})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Start(t.Context())
	if want := `policy "invalid": its process has ended: exit status 9`; err == nil || err.Error() != want {
		t.Errorf("Start = %v, want %s", err, want)
	}
	if text, failed := ask(named(t, e, "good"), "x"); text != `"x"` || failed != nil {
		t.Errorf("the good policy: %s, %v", text, failed)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
