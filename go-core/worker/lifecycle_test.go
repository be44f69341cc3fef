//go:build unix

package worker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A configuration that comes while a policy is down is for the worker that is
// started next.
func TestReloadWhileDown(t *testing.T) {
	options := quick()
	options.Backoff, options.MaxBackoff = 300*time.Millisecond, 300*time.Millisecond
	e := started(t, options, engine.Options{Configuration: map[string]jsonText{"full": jsonText("1")}}, "full")
	full := named(t, e, "full")
	ask(full, "exit")
	ask(full, "exit")
	eventually(t, "the policy is down", func() bool { return full.Info().State == engine.Down })
	if err := e.Reload(t.Context(), map[string]jsonText{"full": jsonText("2")}); err != nil {
		t.Error(err)
	}
	eventually(t, "it has the new configuration", func() bool { text, _ := ask(full, nil); return strings.Contains(text, "Reload 2") })
}

// The methods that end a worker are errors at once, and no call waits for its
// limit.
func TestEndInMethod(t *testing.T) {
	e := started(t, quick(), engine.Options{Configuration: map[string]jsonText{"full": jsonText("1")}}, "full")
	start := time.Now()
	err := e.Reload(t.Context(), map[string]jsonText{"full": jsonText(`"exit"`)})
	if want := `policy "full": its process has ended: exit status 3`; err == nil || err.Error() != want || time.Since(start) > 4*time.Second {
		t.Errorf("Reload = %v after %v, want %s", err, time.Since(start), want)
	}
	eventually(t, "it goes on with what it had", func() bool { text, _ := ask(named(t, e, "full"), nil); return strings.Contains(text, "Reload 1") })
}

// A worker that ends in Reload, or is ended since that does not return, is started
// again at once with the configuration before, whatever has ended earlier: no call but
// those that were going on in it fails.
func TestReloadEndsWorker(t *testing.T) {
	for _, wrong := range []string{`"hang"`, `"exit"`} {
		options := quick()
		options.Backoff, options.MaxBackoff, options.Settled = time.Hour, time.Hour, time.Hour
		e := started(t, options, engine.Options{StartTimeout: 2 * time.Second, Configuration: map[string]jsonText{"full": jsonText("1")}}, "full")
		full := named(t, e, "full")
		ask(full, "exit") // the next start but one would be put off
		eventually(t, "it answers", func() bool { _, failed := ask(full, nil); return failed == nil })
		before := restarts(options)
		if err := e.Reload(t.Context(), map[string]jsonText{"full": jsonText(wrong)}); err == nil {
			t.Errorf("%s was taken", wrong)
		}
		for end := time.Now().Add(20 * time.Second); restarts(options) == before; time.Sleep(time.Millisecond) {
			if text, failed := ask(full, nil); failed != nil && failed.Outcome != engine.Crashed || time.Now().After(end) {
				t.Fatalf("%s: a call meanwhile: %s, %v", wrong, text, failed)
			}
		}
		if text, failed := ask(full, nil); text != `"Init Reload 1 Validate "` || failed != nil {
			t.Errorf("%s: %s, %v; want the configuration before", wrong, text, failed)
		}
	}
}

// restarts returns how many workers were started again.
func restarts(options Options) uint64 {
	return options.Metrics.Counter("policy_worker_restarts_total", "", "policy").With("full").Value()
}

// The methods of a policy are called as in one process, and in a worker that
// takes the place of another with the configuration that was taken last.
func TestLifecycle(t *testing.T) {
	options := quick()
	configured := func(text string) map[string]jsonText { return map[string]jsonText{"full": jsonText(text)} }
	e := started(t, options, engine.Options{Configuration: configured("1")}, "full")
	full := named(t, e, "full")
	var seen []string
	look := func() { text, _ := ask(full, nil); seen = append(seen, text) }
	look()
	if err := e.Reload(t.Context(), configured(`{"n":2}`)); err != nil {
		t.Error(err)
	}
	look()
	if err := e.Reload(t.Context(), configured(`"wrong"`)); err == nil || err.Error() != `policy "full": refused` {
		t.Errorf("Reload = %v", err)
	}
	ask(full, "exit")
	look()
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{`"Init Reload 1 Validate "`, `"Init Reload 1 Validate Reload {\"n\":2} "`, `"Init Reload {\"n\":2} Validate "`}
	if !slices.Equal(seen, want) {
		t.Errorf("calls = %q, want %q", seen, want)
	}
	if got, want := options.Output.(*log).String(), "full: Init Reload {\"n\":2} Validate Close\n"; got != want {
		t.Errorf("Close has printed %q, want %q", got, want)
	}
}

// hasty is a policy with a deadline of its own, for Execute alone.
type hasty struct{ bad }

func (*hasty) Name() string           { return "hasty" }
func (*hasty) Timeout() time.Duration { return 50 * time.Millisecond }

func (*hasty) Init(ctx context.Context) error {
	select {
	case <-time.After(200 * time.Millisecond):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// A policy's own deadline is that of Execute: Init may take longer, and a call
// that does not return takes its worker with it as with any other deadline.
func TestOwnTimeout(t *testing.T) {
	hasty := named(t, started(t, quick(), engine.Options{}, "hasty"), "hasty")
	before, _ := ask(hasty, "pid")
	if _, failed := ask(hasty, "loop"); failed == nil || failed.Outcome != engine.TimedOut || failed.Message != "no answer within 50ms" {
		t.Errorf("a loop: %v", failed)
	}
	eventually(t, "the worker is replaced", func() bool {
		after, failed := ask(hasty, "pid")
		return failed == nil && after != before
	})
	eventually(t, "no call goes on", func() bool { calls, _ := hasty.InFlight(); return calls == 0 })
}

// An Init that comes after Close starts no worker, which nobody would end, and Close
// does not wait for one.
func TestInitAfterClose(t *testing.T) {
	s := newStandIn("good", quick().withDefaults())
	closed := make(chan error)
	go func() { closed <- s.Close(t.Context()) }()
	<-s.ctx.Done()
	time.Sleep(10 * time.Millisecond) // Close waits for Init
	if err := s.Init(t.Context()); err == nil || s.up() != 0 {
		t.Errorf("Init = %v, worker up: %v", err, s.up())
	}
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		s.life.Load().process.end("closed")
		t.Error("Close does not return")
	}
}

// A configuration that had to wait until it was given up does not come into force
// later.
func TestReloadGivenUp(t *testing.T) {
	s := reloading{newStandIn("full", quick().withDefaults())}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	ctx, cancel := context.WithCancel(t.Context())
	s.mu.Lock() // as while a worker is started
	reloaded := make(chan error)
	go func() { reloaded <- s.Reload(ctx, []byte("1")) }()
	cancel()
	s.mu.Unlock()
	if err := <-reloaded; err == nil || s.configured {
		t.Errorf("Reload = %v, configured: %v", err, s.configured)
	}
}
