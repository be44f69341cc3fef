package engine

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Reload gives every policy that is ready and has a configuration there its
// new one. A policy that refuses it goes on with the old one, and is in the
// *StartError. So is one that is still taking over an earlier one, which was given
// up: that is waited for as long as for an answer.
func (e *Engine) Reload(ctx context.Context, configuration map[string]json.RawMessage) error {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if err := e.checkNames(configuration); err != nil {
		return err
	}
	return e.each(func(p *Instance) *Error {
		config, ok := configuration[p.Name()]
		if !ok || p.status.Load().state != Ready {
			return nil
		}
		failed := p.reload(ctx, e.options.StartTimeout, config)
		if failed != nil && ctx.Err() == nil {
			p.log.Error("the policy refused its configuration", "error", failed.Message, "stack", failed.Stack)
		}
		return failed
	})
}

// reload has the policy take over the configuration, after an earlier one: the one
// that came last is to be the one that stays.
func (p *Instance) reload(ctx context.Context, limit time.Duration, config []byte) *Error {
	policy, ok := p.policy.(Reloader)
	if !ok {
		return &Error{Outcome: NotReady, Message: "there is configuration for it, and it has no Reload method"}
	}
	select {
	case p.reloading <- struct{}{}:
	case <-ctx.Done():
		return interrupted
	case <-time.After(limit):
		return &Error{Outcome: NotReady, Message: "an earlier configuration is still being taken over: its Reload has not returned; send SIGHUP again when the log says that it has"}
	}
	own := slices.Clone(config)
	return guard(ctx, limit, func(ctx context.Context) error {
		taken := false
		defer func() { p.reloaded(ctx, taken) }()
		err := policy.Reload(ctx, own)
		taken = err == nil
		return err
	})
}

// reloaded is called when a Reload has ended. What has become of one that was given up
// nobody else would tell.
func (p *Instance) reloaded(ctx context.Context, taken bool) {
	<-p.reloading
	if ctx.Err() == context.DeadlineExceeded {
		p.log.Warn("a Reload that was given up has returned", "taken_over", taken)
	}
}
