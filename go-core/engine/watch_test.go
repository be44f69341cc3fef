package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

type keyOfTest struct{}

// The context of a call has the caller's values and the earliest deadline, and
// ends with the call.
func TestWatchContext(t *testing.T) {
	var kept, derived context.Context
	var cancel context.CancelFunc
	policy := executing(func(ctx context.Context, _ any) (any, error) {
		kept = ctx
		derived, cancel = context.WithCancel(ctx) // which is to end with ctx
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Second || ctx.Err() != nil {
			t.Errorf("deadline = %v, %v, error %v", deadline, ok, ctx.Err())
		}
		return ctx.Value(keyOfTest{}), nil
	})
	p := started(t, Options{Timeout: time.Minute}, policy).Policies()[0]
	ctx := context.WithValue(t.Context(), keyOfTest{}, "value")
	result, err := p.Call(ctx, Call{Timeout: time.Second, Lost: func(failed *Error) { t.Error(failed) }})
	if result != "value" || err != nil {
		t.Errorf("result = %v, %v; want the value of the context", result, err)
	}
	defer cancel()
	for _, ctx := range []context.Context{kept, derived} {
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
			t.Fatal("the context goes on after the call")
		}
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("error of the context = %v", ctx.Err())
		}
	}
}

// The context of a call ends when the caller's ends.
func TestWatchCancelled(t *testing.T) {
	policy := executing(func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() })
	p := started(t, Options{Timeout: time.Minute}, policy).Policies()[0]
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err := p.Execute(ctx, nil); err == nil || err.Error() != "context canceled" {
		t.Errorf("Execute = %v, want the error of the context", err)
	}
}

// A policy that returns an error after the deadline was late, whichever timer was first:
// the engine's, or that of the caller's context, of which the breaker hears nothing.
func TestErrorAfterDeadline(t *testing.T) {
	policies := map[string]func(context.Context, any) (any, error){
		"heeds": func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() },
		"late": func(ctx context.Context, _ any) (any, error) {
			<-ctx.Done()
			return nil, errors.New("the database is slow")
		},
	}
	for name, execute := range policies {
		p := started(t, Options{Timeout: time.Minute, Breaker: Breaker{Faults: 2, Abandoned: 1000}}, executing(execute)).Policies()[0]
		for range 200 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := p.Execute(ctx, nil)
			if outcomeOf(err) != TimedOut || !strings.HasPrefix(err.Error(), "no answer within ") {
				t.Fatalf("%s: Execute = %v, want it to be late", name, err)
			}
			cancel()
		}
	}
}

// Errors after the policy's own deadline are faults, each of them.
func TestErrorAfterOwnDeadline(t *testing.T) {
	own := 2 * time.Millisecond
	policy := executing(func(context.Context, any) (any, error) {
		for end := clock() + own; clock() < end; { // no timer is as exact
		}
		return nil, errors.New("late")
	})
	p := started(t, Options{Timeout: own, Breaker: Breaker{Faults: 50, Abandoned: 1000, Backoff: time.Hour}}, policy).Policies()[0]
	for range 50 {
		if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != TimedOut {
			t.Fatalf("Execute = %v, want it to be late", err)
		}
	}
	if _, err := p.Execute(t.Context(), nil); outcomeOf(err) != Tripped {
		t.Errorf("Execute = %v, want the breaker open", err)
	}
}

// The context of a call whose caller has left before is at its end at once.
func TestWatchCancelledBefore(t *testing.T) {
	policy := executing(func(ctx context.Context, _ any) (any, error) {
		if ctx.Err() != context.Canceled {
			t.Errorf("the error before = %v", ctx.Err())
		}
		select {
		case <-ctx.Done():
		default:
			t.Error("Done is open")
		}
		return nil, ctx.Err()
	})
	p := started(t, Options{Timeout: time.Minute}, policy).Policies()[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Execute(ctx, nil); outcomeOf(err) != Canceled || err.Error() != "context canceled" {
		t.Errorf("Execute = %v, want the error of the context", err)
	}
}

// Alarms are used again, and ring for nobody else's call.
func TestAlarmsAreReused(t *testing.T) {
	policy := executing(func(ctx context.Context, input any) (any, error) {
		if input != nil {
			<-ctx.Done()
		}
		return nil, nil
	})
	p := started(t, Options{Timeout: time.Minute, Breaker: Breaker{Faults: 1000, Abandoned: 1000}}, policy).Policies()[0]
	for range 200 {
		if _, err := p.Call(t.Context(), Call{Input: "wait", Timeout: time.Millisecond}); outcomeOf(err) != TimedOut {
			t.Fatalf("Execute = %v, want it given up", err)
		}
		if _, err := p.Execute(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
}
