package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Start makes the policies ready, one after the other: Init, Reload with the
// policy's configuration if there is one, and Validate. The error is a
// *StartError about those that are not, while the others can be called; or a
// *SelectError about configuration for policies that are not there; or the
// cause of ctx.
func (e *Engine) Start(ctx context.Context) error {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if err := e.checkNames(e.options.Configuration); err != nil {
		return err
	}
	var failures StartError
	for _, p := range e.instances {
		failed := p.start(ctx, e.options)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failed == nil {
			p.become(Ready, nil)
			continue
		}
		p.become(Invalid, failed)
		p.log.Error("the policy is invalid", "error", failed.Message, "stack", failed.Stack)
		failures.add(p.Name(), failed)
	}
	return failures.orNil()
}

func (p *Instance) start(ctx context.Context, options Options) *Error {
	if p.started {
		return &Error{Outcome: NotReady, Message: "started before"}
	}
	p.started = true
	if policy, ok := p.policy.(Initializer); ok {
		if failed := guard(ctx, options.StartTimeout, policy.Init); failed != nil {
			return failed
		}
	}
	if config, ok := options.Configuration[p.Name()]; ok {
		if failed := p.reload(ctx, options.StartTimeout, config); failed != nil {
			return failed
		}
	}
	return guard(ctx, options.StartTimeout, func(context.Context) error { return p.policy.Validate() })
}

// Reload gives every policy that is ready and has a configuration there its
// new one. A policy that refuses it goes on with the old one, and is in the
// *StartError.
func (e *Engine) Reload(ctx context.Context, configuration map[string]json.RawMessage) error {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if err := e.checkNames(configuration); err != nil {
		return err
	}
	var failures StartError
	for _, p := range e.instances {
		config, ok := configuration[p.Name()]
		if !ok || p.status.Load().state != Ready {
			continue
		}
		if failed := p.reload(ctx, e.options.StartTimeout, config); failed != nil {
			p.log.Error("the policy refused its configuration", "error", failed.Message, "stack", failed.Stack)
			failures.add(p.Name(), failed)
		}
	}
	return failures.orNil()
}

func (p *Instance) reload(ctx context.Context, limit time.Duration, config []byte) *Error {
	policy, ok := p.policy.(Reloader)
	if !ok {
		return &Error{Outcome: NotReady, Message: "there is configuration for it, and it has no Reload method"}
	}
	own := slices.Clone(config)
	return guard(ctx, limit, func(ctx context.Context) error { return policy.Reload(ctx, own) })
}

// checkNames refuses configuration for what is not there.
func (e *Engine) checkNames(configuration map[string]json.RawMessage) error {
	var problems []string
	for name := range configuration {
		if !slices.Contains(e.names, name) {
			problems = append(problems, "configuration: "+unknown(name, e.names))
		}
	}
	if problems == nil {
		return nil
	}
	slices.Sort(problems)
	return &SelectError{problems}
}

// shortClose is how long a policy may take to close when the time of those
// before it is over.
const shortClose = 50 * time.Millisecond

// Close refuses calls from now on, waits until those that were not given up
// have ended, or until ctx ends, and closes the policies, the last one first.
// They have the time until ctx ends, all together; those that come after it
// have a moment each.
func (e *Engine) Close(ctx context.Context) error {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	var errs []error
	for _, p := range slices.Backward(e.instances) {
		p.become(Closed, nil)
	}
	for _, p := range slices.Backward(e.instances) {
		if err := p.close(ctx, e.options.StartTimeout); err != nil {
			errs = append(errs, fmt.Errorf("policy %q: %w", p.Name(), err))
		}
	}
	return errors.Join(errs...)
}

func (p *Instance) close(ctx context.Context, limit time.Duration) error {
	policy, ok := p.policy.(Closer)
	if !ok || !p.started {
		return p.idle(ctx)
	}
	p.started = false // closed once
	idle := p.idle(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(deadline).Round(time.Millisecond)), shortClose)
	}
	if failed := guard(context.WithoutCancel(ctx), limit, policy.Close); failed != nil {
		return errors.Join(idle, failed)
	}
	return idle
}

// idle waits until no call is going on but those that were given up.
func (p *Instance) idle(ctx context.Context) error {
	for {
		if calls, abandoned := p.InFlight(); calls <= abandoned {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("calls are still going on")
		case <-time.After(time.Millisecond):
		}
	}
}
