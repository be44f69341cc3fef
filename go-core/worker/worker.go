// Package worker runs policies in processes of their own, so that one that
// ends its process, loops, or eats memory takes no other with it.
//
//	options := engine.Options{Wrap: worker.Options{}.Wrap}
//
// A worker is the same binary, started again with the arguments of which
// Requested knows; package command sees to that, and a program with a main of
// its own has to call Serve for them before it does anything else.
package worker

import (
	"cmp"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Options is how workers are run. The zero value is usable.
type Options struct {
	// Memory is how many bytes a worker may have, LeastMemory at least; 0
	// means no limit. Only Linux enforces it.
	Memory uint64

	// StartTimeout is how long each of Init, Reload and Validate may take
	// when a worker is started again; 0 means 5 seconds.
	StartTimeout time.Duration

	// Backoff is how long the second start of a worker in a row is put off;
	// the first is not. Each one after it waits twice as long as the one
	// before, at most MaxBackoff. It begins anew after a worker has lived for
	// Settled. 0 means 100 milliseconds, 30 seconds, and 10 seconds.
	Backoff, MaxBackoff, Settled time.Duration

	// Output is where what policies print goes, each line after the name of
	// its policy; nil means os.Stderr.
	Output io.Writer

	// Metrics is where restarts are counted; nil means nowhere.
	Metrics *metrics.Registry

	// Log is where it is told what happens to workers; nil means nowhere.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.StartTimeout = cmp.Or(o.StartTimeout, 5*time.Second)
	o.Backoff = cmp.Or(o.Backoff, 100*time.Millisecond)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 30*time.Second)
	o.Settled = cmp.Or(o.Settled, 10*time.Second)
	if o.Output == nil {
		o.Output = os.Stderr
	}
	o.Metrics = cmp.Or(o.Metrics, metrics.NewRegistry())
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return o
}

// Wrap returns what stands in for the policy: it is for engine.Options.Wrap.
// Its process is started with the policy, by engine.Engine.Start.
func (o Options) Wrap(policy engine.Policy, info engine.Info) engine.Policy {
	s := newStandIn(info.Name, o.withDefaults())
	if _, ok := policy.(engine.Reloader); ok {
		return reloading{s}
	}
	return s
}

// A backoff says how long a start is put off.
type backoff struct {
	options Options
	next    time.Duration
}

// after returns how long to wait after a worker that has lived that long.
func (b *backoff) after(lived time.Duration) time.Duration {
	if lived >= b.options.Settled {
		b.next = 0
	}
	wait := b.next
	b.next = min(max(2*wait, b.options.Backoff), b.options.MaxBackoff)
	return wait
}
