package engine

import (
	"context"
	"errors"
	"flag"
	"strings"
)

// An engine is one invocation of the command line.
type engine struct {
	policies []Policy
	stdio    Stdio
}

// A command does its work and returns the exit code. An error is a *failure,
// or flag.ErrHelp.
type command func(e *engine, ctx context.Context, args []string) (int, error)

var commands = map[string]command{
	"help":     (*engine).help,
	"list":     (*engine).list,
	"run":      (*engine).run,
	"validate": (*engine).validate,
	"version":  (*engine).version,
}

// Main runs the command that args, without the program's name, ask for on the
// policies, which keep their order, and returns the exit code of the process.
func Main(policies []Policy, args []string, stdio Stdio) int {
	e := &engine{policies, stdio}
	return interruptible(stdio.Err, func(ctx context.Context) int {
		return e.exitCode(e.dispatch(ctx, args))
	})
}

// dispatch runs the command that args name, which is run when they begin with
// a flag or are empty.
func (e *engine) dispatch(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return e.run(ctx, args)
	}
	command, ok := commands[args[0]]
	if !ok {
		return 0, fail(exitUsage, "unknown command %q; %s", args[0], suggestion(args[0]))
	}
	return command(e, ctx, args[1:])
}

// exitCode turns what a command returned into the exit code, and reports the
// problems of a failure.
func (e *engine) exitCode(code int, err error) int {
	if errors.Is(err, flag.ErrHelp) {
		err = e.write([]byte(usage))
	}
	var failed *failure
	if !errors.As(err, &failed) {
		return code
	}
	for _, problem := range failed.problems {
		complain(e.stdio.Err, problem)
	}
	return failed.code
}
