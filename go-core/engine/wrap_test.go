package engine

import (
	"context"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// What stands in for a policy is called in its place, says how a call ended, and
// may answer with JSON text. The end of its process is neither a fault nor none.
func TestWrap(t *testing.T) {
	answers := []func() (any, error){
		func() (any, error) { return document.Text(`{"n":9007199254740993}`), nil },
		func() (any, error) { return nil, &Error{Outcome: Panicked, Message: "panic: elsewhere"} },
		func() (any, error) { return nil, &Error{Outcome: Crashed, Message: "the worker ended"} },
		func() (any, error) { return nil, &Error{Outcome: Panicked, Message: "panic: elsewhere"} },
	}
	policy := executing(func(context.Context, any) (any, error) { t.Error("the policy was called"); return nil, nil })
	next := 0
	e := started(t, Options{Breaker: Breaker{Faults: 2}, Wrap: func(wrapped Policy, info Info) Policy {
		if wrapped != Policy(policy) || info.Name != "fake" {
			t.Errorf("Wrap was given %v, %v", wrapped, info)
		}
		return executing(func(context.Context, any) (any, error) { next++; return answers[next-1]() })
	}}, policy)
	for _, want := range []struct {
		outcome Outcome
		text    string
	}{{OK, `{"n":9007199254740993}`}, {Panicked, ""}, {Crashed, ""}, {Panicked, ""}, {Tripped, ""}} {
		text, err := e.Policies()[0].AppendJSON(t.Context(), nil, Call{})
		if outcomeOf(err) != want.outcome || string(text) != want.text {
			t.Errorf("AppendJSON = %s, %v; want %s, %v", text, err, want.text, want.outcome)
		}
	}
}

// reporter is a policy that says when it cannot be called.
type reporter struct {
	fake
	report func(*Error)
}

func (r *reporter) Report(report func(*Error)) { r.report = report }

// What stands in for a policy can make it be down, which is seen, and refuses
// calls until it is up again.
func TestReporter(t *testing.T) {
	policy := &reporter{fake: fake{name: "fake"}}
	p := started(t, Options{}, policy).Policies()[0]
	down := &Error{Outcome: NotReady, Message: "down"}
	policy.report(down)
	if _, err := p.Execute(t.Context(), nil); err != error(down) || p.Err() != down || p.Info().State != Down || p.Info().Error != "down" {
		t.Errorf("Execute = %v, Err = %v, Info = %+v", err, p.Err(), p.Info())
	}
	policy.report(nil)
	if _, err := p.Execute(t.Context(), nil); err != nil || p.Err() != nil || p.Info().State != Ready {
		t.Errorf("Execute = %v, Err = %v, Info = %+v", err, p.Err(), p.Info())
	}
}
