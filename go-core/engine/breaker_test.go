package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
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
// returned.
func TestBreakerAbandoned(t *testing.T) {
	policy, release := newSwitched(), make(chan struct{})
	options := Options{Timeout: time.Minute, Breaker: Breaker{Abandoned: 2, Grace: time.Millisecond, Backoff: time.Millisecond}}
	p := started(t, options, policy).Policies()[0]
	policy.now(func() error { <-release; return nil })
	hurried := func() Outcome {
		_, err := p.Call(t.Context(), Call{Timeout: time.Millisecond})
		return outcomeOf(err)
	}
	for range 2 {
		if got := hurried(); got != TimedOut {
			t.Fatalf("Call ended %v, want it given up", got)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); hurried() != Tripped; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the breaker has not opened")
		}
	}
	time.Sleep(10 * time.Millisecond)
	if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != Tripped {
		t.Errorf("Execute = %v, want it refused while both calls go on", err)
	}
	policy.now(works)
	close(release)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := p.Execute(t.Context(), nil); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("Execute = %v, want an answer", err)
		}
	}
}

// Callers that give the policy less time than it has do not open the breaker for
// others.
func TestBreakerHurry(t *testing.T) {
	policy := newSwitched()
	options := Options{Timeout: time.Minute, Breaker: Breaker{Faults: 1, Abandoned: 100}}
	p := started(t, options, policy).Policies()[0]
	policy.now(func() error { time.Sleep(5 * time.Millisecond); return nil })
	for range 5 {
		if _, err := p.Call(t.Context(), Call{Timeout: time.Microsecond}); outcomeOf(err) != TimedOut {
			t.Fatalf("Call = %v, want it given up", err)
		}
	}
	if _, err := p.Execute(t.Context(), nil); err != nil {
		t.Errorf("Execute = %v, want an answer for a caller that has time", err)
	}
}

// However many callers are in a hurry at once: a policy that returns soon after each of
// them has left goes on for the others.
func TestBreakerManyInAHurry(t *testing.T) {
	policy := executing(func(ctx context.Context, input any) (any, error) {
		if input != nil {
			<-ctx.Done()
			time.Sleep(10 * time.Millisecond)
		}
		return nil, ctx.Err()
	})
	p := started(t, Options{Timeout: time.Minute}, policy).Policies()[0]
	var hurried sync.WaitGroup
	for range 64 {
		hurried.Go(func() { _, _ = p.Call(t.Context(), Call{Input: "wait", Timeout: 2 * time.Millisecond}) })
	}
	for range 20 {
		if _, err := p.Execute(t.Context(), nil); err != nil {
			t.Errorf("Execute = %v, want an answer for a caller that has time", err)
		}
		time.Sleep(time.Millisecond)
	}
	hurried.Wait()
}

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
