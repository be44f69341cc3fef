package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/report"
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
	took   time.Duration
}

type runOptions struct {
	PolicyFlags
	input       inputFlag
	inputFormat *choice
	format      *choice
	timeout     time.Duration
}

// runFlags is the command that gives the input to the policies and prints what
// they answer. A policy that is not valid is not run.
func runFlags(flags *flag.FlagSet) Action {
	var o runOptions
	o.Declare(flags)
	o.input.declare(flags)
	o.inputFormat = declareChoice(flags, "input-format", "read one JSON document, or one on each line", "json", "jsonl")
	o.format = declareFormat(flags)
	declareTimeout(flags, &o.timeout, 0)
	return o.run
}

func (o *runOptions) run(ctx context.Context, in *Invocation) (int, error) {
	lines := o.inputFormat.word == "jsonl"
	if lines && o.format.word != "json" {
		return 0, fail(exitUsage, "--format %s does not go with --input-format jsonl, which is answered in JSON", o.format.word)
	}
	e, err := o.Engine(in, engine.Options{Timeout: o.timeout})
	if err != nil {
		return 0, err
	}
	if lines {
		return in.startAndRun(ctx, e, func() (int, error) { return in.runLines(ctx, e, o.input) })
	}
	text, err := in.fetchInput(ctx, o.input)
	if err != nil {
		return 0, err
	}
	return in.startAndRun(ctx, e, func() (int, error) { return in.runOnce(ctx, e, text, o) })
}

// startAndRun calls run between the start and the end of the engine.
func (in *Invocation) startAndRun(ctx context.Context, e *engine.Engine, run func() (int, error)) (int, error) {
	defer in.close(e)
	if err := in.start(ctx, e); err != nil {
		return 0, err
	}
	return run()
}

// runOnce runs the policies on one input and prints their answers.
func (in *Invocation) runOnce(ctx context.Context, e *engine.Engine, text []byte, o *runOptions) (int, error) {
	answer := runDocument{runAll(ctx, e.Policies(), text)}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	code := in.reportAll(answer.Results)
	r := report.Report{Command: "run", Input: o.input.file()}
	for i, entry := range answer.Results {
		check := checkOf(e.Policies()[i])
		check.Result, check.Error, check.Duration = entry.Result, entry.Error, entry.took
		if entry.failed != nil {
			check.Outcome = entry.failed.Outcome.String()
		}
		r.Checks = append(r.Checks, check)
	}
	return code, in.print(o.format.word, answer, r)
}

// reportAll reports the crashes among the answers, and returns the exit code
// that they make.
func (in *Invocation) reportAll(entries []runEntry) int {
	code := exitOK
	for _, entry := range entries {
		if entry.failed != nil {
			in.report(entry.Name, entry.failed)
			code = exitPolicy
		}
	}
	return code
}

// failedEntry returns the entry of a policy that did not answer.
func failedEntry(p *engine.Instance, err error, took time.Duration) runEntry {
	var failed *engine.Error
	if !errors.As(err, &failed) {
		failed = &engine.Error{Outcome: engine.Failed, Message: err.Error()}
	}
	return runEntry{Name: p.Name(), Error: failed.Message, failed: failed, took: took}
}
