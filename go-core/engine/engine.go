// Package engine runs policies: it starts them, guards every call into them,
// and knows how they are. What a policy is, policy.go says.
//
//	e, err := engine.New(policies, engine.Options{Timeout: time.Second})
//	err = e.Start(ctx)
//	result, err := e.Policies()[0].Execute(ctx, input)
//	err = e.Close(ctx)
//
// A call that panics, ends its goroutine, or goes on past its deadline becomes
// an *Error, and the engine stays as it is. Some failures end a Go process
// whatever the engine does: a panic on a goroutine that the policy started,
// concurrent writes to one map, a stack overflow, running out of memory, and a
// call of os.Exit. A call that is given up goes on in its goroutine, which
// nothing can end; a breaker keeps their number small. With package worker
// policies have processes of their own, and both end no more than those.
package engine

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Options is how an engine works. The zero value is usable.
type Options struct {
	// Select holds names of policies, or patterns for them, see Match.
	// Without any the engine takes all policies.
	Select []string

	// Timeout is the deadline of a call to a policy without a Timeout method;
	// 0 means none.
	Timeout time.Duration

	// StartTimeout is how long each of a policy's Init, Reload, Validate and
	// Close may take; 0 means 5 seconds.
	StartTimeout time.Duration

	// AtOnce is how many policies are started, or given their configuration, at
	// once; 0 means 1, one after the other in their order. It is for policies
	// that Wrap has put into processes of their own.
	AtOnce int

	// Concurrency is how many calls of one policy may go on at once, those
	// that were given up included; 0 means 1000.
	Concurrency int

	// Breaker says when a policy is not called for a while.
	Breaker Breaker

	// Configuration holds the JSON text for the Reload of each policy, by
	// the policy's name.
	Configuration map[string]json.RawMessage

	// Modules says where the code of the policies comes from, beyond what
	// the binary knows of itself.
	Modules []Module

	// Wrap, if there is one, returns what is to be called in place of a
	// policy, such as one that lives in another process. The name and the
	// other constants are those of the policy itself.
	Wrap func(Policy, Info) Policy

	// Metrics is where the engine counts; nil means nowhere.
	Metrics *metrics.Registry

	// Log is where the engine tells what happens to policies; nil means
	// nowhere.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.StartTimeout = cmp.Or(o.StartTimeout, 5*time.Second)
	o.AtOnce = cmp.Or(o.AtOnce, 1)
	o.Concurrency = cmp.Or(o.Concurrency, 1000)
	o.Metrics = cmp.Or(o.Metrics, metrics.NewRegistry())
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Breaker = o.Breaker.withDefaults()
	return o
}

// An Engine holds policies and runs them.
type Engine struct {
	options   Options
	instances []*Instance
	byName    map[string]*Instance
	names     []string   // of all policies, those that were not selected included
	lifecycle sync.Mutex // held by Start, Reload and Close
	begun     bool       // Start or Close was called
}

// New returns an engine with the policies, which keep their order. It asks each
// for its name and the other constants, once. The error is a *LoadError or a
// *SelectError and tells everything that is wrong.
func New(policies []Policy, options Options) (*Engine, error) {
	loaded, err := load(policies)
	if err != nil {
		return nil, err
	}
	names := namesOf(loaded)
	if loaded, err = choose(loaded, options.Select); err != nil {
		return nil, err
	}
	e := &Engine{options: options.withDefaults(), byName: map[string]*Instance{}, names: names}
	modules := slices.Concat(options.Modules, builtModules())
	for _, each := range loaded {
		instance := e.newInstance(each, modules)
		e.instances = append(e.instances, instance)
		e.byName[each.name] = instance
	}
	return e, nil
}

// Policies returns the policies in the order in which they were registered.
func (e *Engine) Policies() []*Instance { return e.instances }

// Policy returns the policy of that name, if there is one.
func (e *Engine) Policy(name string) (*Instance, bool) {
	instance, ok := e.byName[name]
	return instance, ok
}
