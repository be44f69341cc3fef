package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// A policy that cannot start is not called, is closed, and does not stop others.
func TestStartFailure(t *testing.T) {
	for _, method := range []string{"Init", "Reload 1", "Validate"} {
		bad := &whole{fake: fake{name: "whole"}, errors: map[string]error{method: errors.New("no " + method)}}
		e, err := New([]Policy{bad, &fake{name: "good"}}, Options{Configuration: configured("1")})
		if err != nil {
			t.Fatal(err)
		}
		var failures *StartError
		if err := e.Start(t.Context()); !errors.As(err, &failures) || !slices.Equal(failures.Names, []string{"whole"}) {
			t.Errorf("Start = %v, want an error about one policy", err)
		}
		_, err = e.Policies()[0].Execute(t.Context(), nil)
		if err == nil || err.Error() != "invalid: no "+method || outcomeOf(err) != NotReady {
			t.Errorf("Execute = %v, want what %s returned", err, method)
		}
		if _, err := e.Policies()[1].Execute(t.Context(), nil); err != nil {
			t.Errorf("the other policy: %v", err)
		}
		_ = e.Close(t.Context())
		if last := bad.calls[len(bad.calls)-1]; last != "Close" {
			t.Errorf("%s was called last, want Close", last)
		}
	}
}

// A method that does not return does not keep the engine from starting.
func TestStartHangs(t *testing.T) {
	hanging := &fake{name: "hang", validate: func() error { select {} }}
	e, err := New([]Policy{hanging}, Options{StartTimeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "no answer within 10ms") {
		t.Errorf("Start = %v, want no answer", err)
	}
}

// An engine that was started, or closed, cannot be started again, and another Start
// changes nothing.
func TestStartAgain(t *testing.T) {
	policy := &whole{fake: fake{name: "whole"}}
	e := started(t, Options{}, policy, &fake{name: "bare"})
	for range 2 {
		if err := e.Start(t.Context()); err != ErrStarted {
			t.Errorf("Start = %v, want ErrStarted", err)
		}
	}
	for _, p := range e.Policies() {
		if _, err := p.Execute(t.Context(), nil); err != nil {
			t.Errorf("%s: %v", p.Name(), err)
		}
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.Start(t.Context()); err != ErrStarted || e.Policies()[1].Info().State != Closed {
		t.Errorf("Start after Close = %v, the policy is %s", err, e.Policies()[1].Info().State)
	}
	if want := []string{"Init", "Validate", "Close"}; !slices.Equal(policy.calls, want) {
		t.Errorf("calls = %q, want %q", policy.calls, want)
	}
}
