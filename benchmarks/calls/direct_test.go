package calls

import (
	"context"
	"testing"

	"example.com/rbac"
	"github.com/policy-tasks/policy-tasks/benchmarks/calls/jsoncall"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A variable, so that the compiler cannot know the type and call it without the
// interface.
var policy engine.Policy = &rbac.Policy{}

// openDirect calls through an interface and does nothing else.
func openDirect(testing.TB) call {
	return func(ctx context.Context, r *request) (bool, error) {
		return decision(policy.Execute(ctx, r.input))
	}
}

// openJSON adds JSON in and out to the direct call: what wasm and rpc have to do
// on the other side.
func openJSON(testing.TB) call {
	var result []byte
	return func(ctx context.Context, r *request) (_ bool, err error) {
		result, err = jsoncall.Execute(ctx, policy, result[:0], r.text)
		return textDecision(result, err)
	}
}
