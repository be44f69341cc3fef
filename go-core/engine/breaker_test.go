package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// switched is a policy that does what it is told at the time.
type switched struct {
	fake
	do atomic.Pointer[func() error]
}

func (s *switched) Execute(context.Context, any) (any, error) { return nil, (*s.do.Load())() }

func (s *switched) now(do func() error) { s.do.Store(&do) }

func newSwitched() *switched { return &switched{fake: fake{name: "switched"}} }

func works() error   { return nil }
func crashes() error { panic("boom") }

// The breaker opens after a number of faults in a row, lets one call through
// after its time, and closes when that is answered. The log
// has a line for each of both.
func TestBreakerFaults(t *testing.T) {
	policy := newSwitched()
	var log bytes.Buffer
	options := Options{Breaker: Breaker{Faults: 2, Backoff: 50 * time.Millisecond}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	p := started(t, options, policy).Policies()[0]
	expect := func(want Outcome) {
		t.Helper()
		if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != want {
			t.Fatalf("Execute = %v, want %v", err, want)
		}
	}
	policy.now(crashes)
	expect(Panicked)
	policy.now(works)
	expect(OK) // which ends the row
	policy.now(crashes)
	expect(Panicked)
	expect(Panicked)
	expect(Tripped)
	if state := p.Info().State; state != Broken {
		t.Errorf("state = %s, want %s", state, Broken)
	}
	time.Sleep(60 * time.Millisecond)
	expect(Panicked) // the one that tries
	expect(Tripped)
	time.Sleep(60 * time.Millisecond)
	expect(Tripped) // since the time has doubled
	time.Sleep(60 * time.Millisecond)
	policy.now(works)
	expect(OK)
	expect(OK)
	if state := p.Info().State; state != Ready {
		t.Errorf("state = %s, want %s", state, Ready)
	}
	if opened, closed := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=INFO"); opened != 1 || closed != 1 {
		t.Errorf("%d warnings and %d lines about its end, want one of each:\n%s", opened, closed, log.String())
	}
}

// An error that a policy returns never opens the breaker.
func TestBreakerErrors(t *testing.T) {
	policy := newSwitched()
	policy.now(func() error { return errors.New("no") })
	p := started(t, Options{Breaker: Breaker{Faults: 1}}, policy).Policies()[0]
	for range 5 {
		if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != Failed {
			t.Fatalf("Execute = %v, want the policy's error", err)
		}
	}
}

// An error of a policy whose caller has left is no failure, closes no breaker that is
// open, and leaves it to another call to try the policy. After a deadline of the caller
// it is late.
func TestCanceled(t *testing.T) {
	policy := newSwitched()
	options := Options{Breaker: Breaker{Faults: 1, Backoff: time.Millisecond}, Timeout: time.Minute}
	p := started(t, options, policy).Policies()[0]
	ctx, leave := context.WithCancel(t.Context())
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	expect := func(ctx context.Context, want Outcome) {
		t.Helper()
		if _, err := p.Execute(ctx, nil); outcomeOf(err) != want {
			t.Fatalf("Execute = %v, want %v", err, want)
		}
	}
	policy.now(func() error { return context.DeadlineExceeded })
	expect(ctx, Failed) // of a deadline of its own
	policy.now(crashes)
	expect(ctx, Panicked)
	time.Sleep(5 * time.Millisecond)
	leave()
	policy.now(ctx.Err)
	for range 3 {
		expect(ctx, Canceled)
	}
	if state := p.Info().State; state != Broken {
		t.Errorf("state = %s, want %s", state, Broken)
	}
	policy.now(works)
	expect(t.Context(), OK)
	policy.now(func() error { <-late.Done(); return errors.New("late") })
	expect(late, TimedOut)
}

// The breaker opens when too many abandoned calls go on for longer than their grace,
// also those of callers in a hurry, and tries the policy only when one of them has
// Callers that give the policy less time than it has do not open the breaker for
// However many callers are in a hurry at once: a policy that returns soon after each of
// A call that tries the policy and is answered does not close the breaker while too
// Calls over the limit are refused at once.
func TestConcurrency(t *testing.T) {
	policy, release := newSwitched(), make(chan struct{})
	p := started(t, Options{Concurrency: 1}, policy).Policies()[0]
	entered := make(chan struct{})
	policy.now(func() error { close(entered); <-release; return nil })
	done := make(chan error)
	go func() { _, err := p.Execute(context.Background(), nil); done <- err }()
	<-entered
	if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != Overloaded {
		t.Errorf("Execute = %v, want it refused", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Close waits for the calls that are going on, and refuses others.
func TestCloseWaits(t *testing.T) {
	policy, release := newSwitched(), make(chan struct{})
	e := started(t, Options{}, policy)
	p, entered := e.Policies()[0], make(chan struct{})
	policy.now(func() error { close(entered); <-release; return nil })
	done := make(chan error, 1)
	go func() { _, err := p.Execute(context.Background(), nil); done <- err }()
	<-entered
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := e.Close(soon); err == nil {
		t.Error("Close returned without an error while a call was going on")
	}
	if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != NotReady {
		t.Errorf("Execute = %v, want it refused", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
