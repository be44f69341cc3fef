package engine

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
)

type runDocument struct {
	Results []runEntry `json:"results"`
}

// A runEntry has a result, which may be null, or else an error.
type runEntry struct {
	Name   string          `json:"name"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// run gives the input to every policy, one after the other, and prints what
// they answer. A policy that is not valid is not run.
func (e *engine) run(ctx context.Context, args []string) (int, error) {
	policies, input, invalid, err := e.prepare(ctx, args)
	if err != nil {
		return 0, err
	}
	answer, code := runDocument{Results: []runEntry{}}, exitOK
	for i, p := range policies {
		entry := e.runOne(ctx, p, invalid[i], input)
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if entry.Error != "" {
			code = exitPolicy
		}
		answer.Results = append(answer.Results, entry)
	}
	return code, e.writeDocument(answer)
}

// prepare does what has to succeed before a policy can run: it loads the
// policies, reads the input, and validates the policies in this order.
func (e *engine) prepare(ctx context.Context, args []string) (policies []loadedPolicy, input inputText, invalid []*fault, err error) {
	path, err := parseInputFlag(args)
	if err != nil {
		return
	}
	if policies, err = load(e.policies); err != nil {
		return
	}
	if input, err = e.fetchInput(ctx, path); err != nil {
		return
	}
	invalid, err = e.validateAll(ctx, policies)
	return
}

// parseInputFlag returns the value of --input, or "" if it is not given.
func parseInputFlag(args []string) (path string, err error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.Func("input", "", func(value string) error {
		if value == "" {
			return errors.New("the name of the file is empty")
		}
		path = value
		return nil
	})
	return path, parse(flags, args)
}

// runOne returns the entry of one policy, whose validation returned invalid.
func (e *engine) runOne(ctx context.Context, p loadedPolicy, invalid *fault, input inputText) runEntry {
	if invalid != nil {
		return runEntry{Name: p.name, Error: "invalid: " + invalid.message}
	}
	result, failed := execute(ctx, p.policy, input)
	if failed != nil {
		failed.report(e.stdio.Err, p.name)
		return runEntry{Name: p.name, Error: failed.message}
	}
	return runEntry{Name: p.name, Result: result}
}

// execute calls the policy with its own copy of the input and returns the
// result as JSON. It is marshalled at once, so that nothing a later policy does
// can change it.
func execute(ctx context.Context, policy Policy, input inputText) (text json.RawMessage, failed *fault) {
	failed = guard(func() error {
		value, err := input.decode()
		if err != nil {
			return err
		}
		result, err := policy.Execute(ctx, value)
		if err != nil {
			return err
		}
		text, err = marshalResult(result)
		return err
	})
	return text, failed
}
