package engine

import (
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// An Instance is a policy in an engine. Its methods are safe for concurrent
// use.
type Instance struct {
	policy  Policy
	info    Info
	limit   int32
	timeout time.Duration
	log     *slog.Logger
	metrics policyMetrics

	ready    atomic.Bool
	inFlight atomic.Int32 // with those that were given up
	breaker  breaker

	changing sync.Mutex // held while ready, status and down are exchanged
	status   atomic.Pointer[status]
	down     atomic.Pointer[Error] // see Reporter
	started  bool                  // Init was called; for Start and Close alone

	reloading chan struct{} // holds one while the policy's Reload is going on, given up or not
}

// A Reporter is a policy that knows when it cannot be called for a while, such
// as one that Options.Wrap has put into another process.
//
// Report is called once, before Init. The function that it is given may be
// called at any time: with the error of every call from now on, which is not
// made; or with nil, when calls are made again.
type Reporter interface {
	Report(func(down *Error))
}

// A status is the state of a policy as far as Start and Close decide it.
type status struct {
	state State
	err   *Error
}

func (e *Engine) newInstance(loaded loadedPolicy, modules []Module) *Instance {
	info := describe(loaded, modules)
	limit := int32(min(e.options.Concurrency, math.MaxInt32))
	p := &Instance{policy: loaded.policy, info: info, limit: limit, timeout: e.options.Timeout, reloading: make(chan struct{}, 1)}
	if info.Timeout > 0 {
		p.timeout = time.Duration(info.Timeout)
	}
	p.info.Timeout = Duration(p.timeout)
	p.breaker.Breaker = e.options.Breaker
	p.log = e.options.Log.With("policy", info.Name)
	p.status.Store(&status{state: Loaded})
	if e.options.Wrap != nil {
		p.policy = e.options.Wrap(loaded.policy, p.Info())
	}
	if reporter, ok := p.policy.(Reporter); ok {
		reporter.Report(p.reported)
	}
	p.metrics = newPolicyMetrics(e.options.Metrics, p)
	return p
}

// Name returns the policy's name.
func (p *Instance) Name() string { return p.info.Name }

// Info returns what is known of the policy now.
func (p *Instance) Info() Info {
	info, status := p.info, p.status.Load()
	info.State = status.state
	if status.err != nil {
		info.Error = status.err.Message
	}
	if info.State != Ready {
		return info
	}
	if down := p.down.Load(); down != nil {
		info.State, info.Error = Down, down.Message
	} else if p.breaker.open.Load() {
		info.State = Broken
	}
	return info
}

func (p *Instance) become(state State, err *Error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	p.status.Store(&status{state, err})
	p.ready.Store(state == Ready && p.down.Load() == nil)
}

// reported is told whether the policy can be called.
func (p *Instance) reported(down *Error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	p.down.Store(down)
	p.ready.Store(p.status.Load().state == Ready && down == nil)
}

// Err returns why the policy is Invalid or Down, or nil.
func (p *Instance) Err() *Error {
	status := p.status.Load()
	if status.state == Ready {
		return p.down.Load()
	}
	return status.err
}

// InFlight returns how many calls are going on, and how many of those were
// given up.
func (p *Instance) InFlight() (calls, abandoned int) {
	return int(p.inFlight.Load()), int(p.breaker.abandoned.Load())
}
