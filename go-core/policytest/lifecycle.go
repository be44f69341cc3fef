package policytest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// start calls Init, if the policy has it, and says how that failed.
func (k *kit) start(policy Policy) string {
	p, ok := policy.(engine.Initializer)
	if !ok {
		return ""
	}
	return k.within(startBudget, "Init", p.Init)
}

// stop calls Close, if the policy has it, and says how that failed.
func (k *kit) stop(policy Policy) string {
	p, ok := policy.(engine.Closer)
	if !ok {
		return ""
	}
	return k.within(closeBudget, "Close", p.Close)
}

// within makes a call with a context that ends after the budget.
func (k *kit) within(budget time.Duration, name string, call func(context.Context) error) string {
	ctx, cancel := context.WithTimeout(context.Background(), budget*slowdown)
	defer cancel()
	if flaw := k.failure(budget+Grace, func() error { return call(ctx) }); flaw != "" {
		return fmt.Sprintf("%s() %s", name, flaw)
	}
	return ""
}

// another returns a new value, started, which is stopped
// at the end of the test. A policy of which there can be but one at a time, for
// it has a port or a file to itself, skips the test.
func (k *kit) another(t *testing.T) Policy {
	t.Helper()
	const only = "beside the first value there cannot be another: "
	policy, flaw := k.newPolicy()
	if flaw != "" {
		t.Skip(only + flaw)
	}
	if sameValue(policy, k.policy) {
		t.Skip(only + "its constructor returned the first one again")
	}
	t.Cleanup(func() { k.stop(policy) })
	if flaw := k.start(policy); flaw != "" {
		t.Skip(only + "its " + flaw)
	}
	return policy
}

// checkConstants checks the methods that the engine calls once, and that have
// to give the same whenever they are called, on whichever value.
func (k *kit) checkConstants(t *testing.T) {
	first, again, other := constants(k.policy), constants(k.policy), constants(k.besides())
	for name := range first {
		one := k.text(t, name, first[name])
		for _, call := range []func() string{again[name], other[name]} {
			if now := k.text(t, name, call); now != one {
				t.Errorf("%s() is %q, and was %q: it has to be a constant", name, now, one)
			}
		}
		if name == "InputSchema" && !json.Valid([]byte(one)) {
			t.Errorf("InputSchema() is not JSON, and would be left out: %s", shorten(one))
		}
	}
}

// text returns what the method of this name returns, and fails the test where
// it does not.
func (k *kit) text(t *testing.T, name string, call func() string) (text string) {
	t.Helper()
	if flaw := k.guard(func() { text = call() }); flaw != "" {
		t.Fatalf("%s() %s", name, flaw)
	}
	return text
}

// constants returns the optional methods that the policy has of those that
// return a constant, as text.
func constants(policy Policy) map[string]func() string {
	found := map[string]func() string{}
	if p, ok := policy.(engine.Versioner); ok {
		found["Version"] = p.Version
	}
	if p, ok := policy.(engine.Describer); ok {
		found["Describe"] = p.Describe
	}
	if p, ok := policy.(engine.InputSchemer); ok {
		found["InputSchema"] = p.InputSchema
	}
	if p, ok := policy.(engine.Timeouter); ok {
		found["Timeout"] = func() string { return p.Timeout().String() }
	}
	return found
}

// budget is how long a call for the case may take.
func (k *kit) budget(c Case) time.Duration {
	switch {
	case c.Budget > 0:
		return c.Budget * slowdown
	case k.timeout > 0:
		return k.timeout * slowdown
	}
	return Budget * slowdown
}

// readTimeout takes the policy's own limit for a call, if it has one.
func (k *kit) readTimeout() {
	if p, ok := k.policy.(engine.Timeouter); ok {
		var timeout time.Duration
		if k.guard(func() { timeout = p.Timeout() }) == "" {
			k.timeout = timeout
		}
	}
}
