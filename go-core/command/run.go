package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"runtime"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type runDocument struct {
	Results []runEntry `json:"results"`
}

// A runEntry has a result, which may be null, or else an error.
type runEntry struct {
	Name   string          `json:"name"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
	failed *engine.Error
}

type runOptions struct {
	PolicyFlags
	input   string
	timeout time.Duration
}

// runFlags is the command that gives the input to the policies and prints what
// they answer. A policy that is not valid is not run.
func runFlags(flags *flag.FlagSet) Action {
	var options runOptions
	options.Declare(flags)
	flags.Func("input", "read the input, one JSON document, from `FILE`; - is standard\n"+
		"input, which is also the default; no text means null", func(value string) error {
		if value == "" {
			return errors.New("the name of the file is empty")
		}
		options.input = value
		return nil
	})
	flags.DurationVar(&options.timeout, "timeout", 0, "give a policy up after this `DURATION`, such as 500ms or 2s; a policy may\nhave one of its own; 0, the default, is no limit")
	return options.run
}

func (o *runOptions) run(ctx context.Context, in *Invocation) (int, error) {
	e, err := o.Engine(in, engine.Options{Timeout: o.timeout})
	if err != nil {
		return 0, err
	}
	text, err := in.fetchInput(ctx, o.input)
	if err != nil {
		return 0, err
	}
	defer in.close(e)
	if err := in.start(ctx, e); err != nil {
		return 0, err
	}
	return in.runOnce(ctx, e, text)
}

// runOnce runs the policies on one input and prints their answers.
func (in *Invocation) runOnce(ctx context.Context, e *engine.Engine, text []byte) (int, error) {
	answer, code := runDocument{Results: runAll(ctx, e.Policies(), text)}, exitOK
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	for _, entry := range answer.Results {
		if entry.failed != nil {
			in.report(entry.Name, entry.failed)
			code = exitPolicy
		}
	}
	return code, in.writeDocument(answer)
}

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
		failed := &engine.Error{Outcome: engine.Failed, Message: err.Error()}
		return runEntry{Name: p.Name(), Error: failed.Message, failed: failed}
	}
	result, err := p.AppendJSON(ctx, nil, engine.Call{Input: value})
	var failed *engine.Error
	if errors.As(err, &failed) {
		return runEntry{Name: p.Name(), Error: failed.Message, failed: failed}
	}
	return runEntry{Name: p.Name(), Result: result}
}
