package engine

import (
	"context"
	"sync"
	"testing"
	"time"
)

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

// So many calls that were given up are not waited for, whatever their grace.
func TestBreakerCrowd(t *testing.T) {
	policy, release := newSwitched(), make(chan struct{})
	defer close(release)
	options := Options{Timeout: time.Minute, Breaker: Breaker{Abandoned: 1, Grace: time.Hour}}
	p := started(t, options, policy).Policies()[0]
	policy.now(func() error { <-release; return nil })
	for i := range crowd + 1 {
		want := TimedOut
		if i == crowd {
			want = Tripped
		}
		if _, err := p.Call(t.Context(), Call{Timeout: time.Microsecond}); outcomeOf(err) != want {
			t.Fatalf("call %d: %v, want %v", i, err, want)
		}
	}
}

// many others linger.
func TestBreakerProbeAmongLingering(t *testing.T) {
	policy, release := newSwitched(), make(chan struct{})
	defer close(release)
	options := Options{Timeout: time.Minute, Breaker: Breaker{Abandoned: 1, Grace: 20 * time.Millisecond, Faults: 1, Backoff: time.Millisecond}}
	p := started(t, options, policy).Policies()[0]
	policy.now(crashes)
	_, _ = p.Execute(t.Context(), nil) // opens it
	time.Sleep(5 * time.Millisecond)
	inside := make(chan struct{})
	policy.now(func() error { close(inside); time.Sleep(60 * time.Millisecond); return nil })
	tried := make(chan error)
	go func() { _, err := p.Execute(context.Background(), nil); tried <- err }()
	<-inside
	p.breaker.lingering.Add(1) // of a call that began before it opened
	defer p.breaker.lingering.Add(-1)
	if err := <-tried; err != nil {
		t.Fatalf("the call that tries: %v", err)
	}
	if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != Tripped {
		t.Errorf("Execute = %v, want it refused", err)
	}
}
