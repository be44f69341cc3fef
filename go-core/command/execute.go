package command

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// runAll runs the policies, several at once, and returns their entries in the
// order of the policies.
func runAll(ctx context.Context, policies []*engine.Instance, text []byte) []runEntry {
	entries := make([]runEntry, len(policies))
	free := make(chan struct{}, max(8, 2*runtime.GOMAXPROCS(0)))
	var running sync.WaitGroup
	for i, p := range policies {
		free <- struct{}{}
		running.Go(func() {
			entries[i] = runOne(ctx, p, text)
			<-free
		})
	}
	running.Wait()
	return entries
}

// runOne calls the policy with its own copy of the input.
func runOne(ctx context.Context, p *engine.Instance, text []byte) runEntry {
	value, err := document.Decode(text, document.MaxDepth)
	if err != nil {
		return failedEntry(p, err, 0)
	}
	start := time.Now()
	result, err := p.AppendJSON(ctx, nil, engine.Call{Input: value})
	took := time.Since(start)
	if err != nil {
		return failedEntry(p, err, took)
	}
	return runEntry{Name: p.Name(), Result: result, took: took}
}
