package calls

import (
	"context"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/worker"
)

// openGuarded calls through the engine on the caller's goroutine: recover,
// breaker, limit and counters.
func openGuarded(tb testing.TB) call {
	return callInstance(openEngine(tb, engine.Options{}))
}

// openDeadline is openGuarded with a deadline.
func openDeadline(tb testing.TB) call {
	return callInstance(openEngine(tb, engine.Options{Timeout: time.Second}))
}

// openGoroutine is openDeadline where the policy runs on a goroutine of its own
// and the call returns at the deadline, whatever the policy does.
func openGoroutine(tb testing.TB) call {
	instance := openEngine(tb, engine.Options{Timeout: time.Second})
	return func(ctx context.Context, r *request) (bool, error) {
		return decision(instance.Execute(ctx, r.input))
	}
}

// openEngineJSON is openDeadline with JSON in and out, as the server calls.
func openEngineJSON(tb testing.TB) call {
	return callInJSON(openEngine(tb, engine.Options{Timeout: time.Second}))
}

// openProcess is openEngineJSON where the policy lives in a process of its own.
func openProcess(tb testing.TB) call {
	return callInJSON(openEngine(tb, engine.Options{Timeout: time.Second, Wrap: worker.Options{}.Wrap}))
}

func callInJSON(instance *engine.Instance) call {
	var result []byte
	return func(ctx context.Context, r *request) (bool, error) {
		input, err := document.Decode(r.text, document.MaxDepth)
		if err != nil {
			return false, err
		}
		result, err = instance.AppendJSON(ctx, result[:0], engine.Call{Input: input, Lost: lost})
		return textDecision(result, err)
	}
}

func callInstance(instance *engine.Instance) call {
	return func(ctx context.Context, r *request) (bool, error) {
		return decision(instance.Call(ctx, engine.Call{Input: r.input, Lost: lost}))
	}
}

// lost has nothing to answer: the call itself returns engine.ErrLost.
func lost(*engine.Error) {}

// openEngine returns the policy in an engine that is ready.
func openEngine(tb testing.TB, options engine.Options) *engine.Instance {
	e, err := engine.New([]engine.Policy{policy}, options)
	if err != nil {
		tb.Fatal(err)
	}
	if err := e.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return e.Policies()[0]
}
