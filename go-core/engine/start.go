package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Start makes the policies ready, one after the other unless Options.AtOnce says
// otherwise: Init, Reload with the policy's configuration if there is one, and
// Validate. The error is a *StartError about those that are not, while the
// others can be called; or a *SelectError about configuration for policies that
// are not there; or the cause of ctx.
//
// An engine starts once. Another Start, or one after Close, returns ErrStarted
// and leaves the policies as they are.
func (e *Engine) Start(ctx context.Context) error {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if e.begun {
		return ErrStarted
	}
	e.begun = true
	if err := e.checkNames(e.options.Configuration); err != nil {
		return err
	}
	failures := e.each(func(p *Instance) *Error { return p.begin(ctx, e.options) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return failures
}

// each calls f for the policies, as many at once as the options say, and returns the
// errors in the order of the policies.
func (e *Engine) each(f func(*Instance) *Error) error {
	failed := make([]*Error, len(e.instances))
	free := make(chan struct{}, e.options.AtOnce)
	var running sync.WaitGroup
	for i, p := range e.instances {
		free <- struct{}{}
		running.Go(func() {
			failed[i] = f(p)
			<-free
		})
	}
	running.Wait()
	var failures StartError
	for i, p := range e.instances {
		if failed[i] != nil {
			failures.add(p.Name(), failed[i])
		}
	}
	return failures.orNil()
}

// begin starts the policy, unless ctx has ended, and notes whether it is ready.
func (p *Instance) begin(ctx context.Context, options Options) *Error {
	if ctx.Err() != nil {
		return nil
	}
	failed := p.start(ctx, options)
	switch {
	case ctx.Err() != nil: // it is as it was
	case failed == nil:
		p.become(Ready, nil)
	default:
		p.become(Invalid, failed)
		p.log.Error("the policy is invalid", "error", failed.Message, "stack", failed.Stack)
	}
	return failed
}

func (p *Instance) start(ctx context.Context, options Options) *Error {
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

// checkNames refuses configuration for what is not there.
func (e *Engine) checkNames(configuration map[string]json.RawMessage) error {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(configuration)) {
		if !slices.Contains(e.names, name) {
			problems = append(problems, "configuration: "+unknown(name, e.names))
		}
	}
	if problems == nil {
		return nil
	}
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
	e.begun = true
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
