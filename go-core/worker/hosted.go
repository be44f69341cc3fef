package worker

import (
	"context"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A request is what a worker is asked for. It is the input of a hosted policy.
type request struct {
	ctx   context.Context // of the call
	frame frame
}

// A hosted policy is what the engine in a worker calls: whatever the policy is
// asked for is a call of Execute there, so that all of it is guarded alike. It
// has no Timeout method, since the policy's own is one for its Execute alone.
type hosted struct {
	policy engine.Policy
	name   string
}

// Name returns the name of the policy.
func (h *hosted) Name() string { return h.name }

// Validate returns nil: the policy itself is asked when the engine says so.
func (h *hosted) Validate() error { return nil }

// Execute calls the method that is asked for. The context is not the engine's:
// that one has no deadline, so that it does not give up a call which, for the
// process that asks, goes on.
func (h *hosted) Execute(_ context.Context, input any) (any, error) {
	r := input.(*request)
	switch r.frame.kind {
	case initialize:
		if policy, ok := h.policy.(engine.Initializer); ok {
			return nil, policy.Init(r.ctx)
		}
	case reload:
		return nil, h.policy.(engine.Reloader).Reload(r.ctx, r.frame.body)
	case validate:
		return nil, h.policy.Validate()
	case closeDown:
		if policy, ok := h.policy.(engine.Closer); ok {
			return nil, policy.Close(r.ctx)
		}
	case execute:
		value, err := document.Decode(r.frame.body, document.MaxDepth)
		if err != nil {
			return nil, err
		}
		return h.policy.Execute(r.ctx, value)
	}
	return nil, nil
}
