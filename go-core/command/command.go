package command

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/logging"
	"github.com/policy-tasks/policy-tasks/go-core/worker"
)

// A Command is a word of the command line.
type Command struct {
	// Name is the word.
	Name string
	// Summary is what help says of it, in half a line.
	Summary string
	// Prints is what is on standard output when all goes well.
	Prints string
	// Operand is what may stand once after the flags, as in help's text; "" is nothing.
	Operand string
	// Flags declares the command's flags and returns what it does, which may
	// read them once they are parsed.
	Flags func(flags *flag.FlagSet) Action
	// Logs says that all its messages are records of a log, from the first on,
	// wrong flags included: a program reads them.
	Logs bool
}

// An Action does the work of a command and returns the exit code. An error is a
// *failure.
type Action func(ctx context.Context, in *Invocation) (code int, err error)

// commands are all commands in the order in which help shows them.
var commands []Command

func init() { // since help is one of them and shows them all
	commands = []Command{
		{Name: "list", Summary: "print the policies that are built in", Prints: "a JSON document, or a table with --format text", Flags: listFlags},
		{Name: "validate", Summary: "ask every policy whether it is able to work", Prints: "a JSON document, or a report with --format", Flags: validateFlags},
		{Name: "run", Summary: "run the policies on an input (the default)", Prints: "a JSON document, or one for each line with --input-format jsonl, or a report with --format", Flags: runFlags},
		{Name: "bench", Summary: "measure the policies on an input", Prints: "lines of Go's benchmark format", Flags: benchFlags},
		{Name: "serve", Summary: "answer requests over HTTP", Prints: "nothing, or with --decision-log - a JSON object for each decision", Flags: serveFlags, Logs: true},
		{Name: "healthcheck", Summary: "ask the server on this machine whether it is ready", Prints: "a JSON document", Flags: healthcheckFlags},
		{Name: "version", Summary: "print which build of the engine this is", Prints: "a JSON document", Flags: versionFlags},
		{Name: "help", Summary: "show the commands, or the flags of one: help COMMAND", Prints: "text for people", Operand: "[COMMAND]", Flags: helpFlags},
	}
}

// A Program is what is built into the binary.
type Program struct {
	// Policies are the registered policies in their order.
	Policies []engine.Policy
	// Err is why they cannot all be made, a line for each reason. Commands that
	// need policies end with it.
	Err error
	// Modules says where their code comes from: the JSON text of a list of
	// engine.Module. It may be empty.
	Modules []byte
}

// An Invocation is one invocation of the command line.
type Invocation struct {
	Program Program
	Stdio   Stdio
	grace   atomic.Int64 // see ExtendGrace
	heeded  []heeded     // before policies are started

	// changed returns the names of the flags that another invocation with the
	// same arguments would set otherwise, since the configuration file has changed.
	changed func() ([]string, error)
	log     atomic.Pointer[slog.Logger]
}

// Main runs the command that args, without the program's name, ask for, and
// returns the exit code of the process. A process that was started for one policy
// alone, see package worker, is that and no command.
func Main(program Program, args []string, stdio Stdio) int {
	in := &Invocation{Program: program, Stdio: stdio}
	if worker.Requested(args) {
		if err := program.made(); err != nil {
			return in.exitCode(0, err)
		}
		return worker.Serve(program.Policies, args)
	}
	return in.interruptible(func(ctx context.Context) int {
		return in.exitCode(in.dispatch(ctx, args))
	})
}

// dispatch runs the command that args name.
func (in *Invocation) dispatch(ctx context.Context, args []string) (int, error) {
	args = named(args)
	for _, command := range commands {
		if command.Name == args[0] {
			return in.invoke(ctx, command, args[1:])
		}
	}
	return 0, fail(exitUsage, "unknown command %q; %s", args[0], suggestion(args[0]))
}

// named returns the arguments so that they begin with the name of a command,
// which is run when they begin with a flag or are empty.
func named(args []string) []string {
	if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		args = append([]string{"help"}, args[1:]...)
	}
	switch {
	case len(args) == 0:
		return []string{"run"}
	case strings.HasPrefix(args[0], "-"):
		return append([]string{"run"}, args...)
	}
	return args
}

// invoke runs the command after its flags are set.
func (in *Invocation) invoke(ctx context.Context, command Command, args []string) (int, error) {
	if command.Logs {
		in.log.Store(logging.New(in.Stdio.Err, "auto", slog.LevelInfo))
	}
	flags, action, err := command.set(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK, in.write([]byte(command.usage()))
	} else if err != nil {
		return 0, err
	}
	in.changed = func() ([]string, error) {
		now, _, err := command.set(args)
		return differing(flags, now), err
	}
	return action(ctx, in)
}

// set returns the command's flags, as they are set in all places, and what the
// command does with them.
func (c Command) set(args []string) (*flag.FlagSet, Action, error) {
	flags := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	action := c.Flags(flags)
	if err := parse(flags, args, c.Operand); err != nil {
		return flags, nil, err
	}
	return flags, action, fill(flags, os.LookupEnv)
}

// differing returns the names of the flags whose values are not the same.
func differing(a, b *flag.FlagSet) (names []string) {
	a.VisitAll(func(f *flag.Flag) {
		if f.Value.String() != b.Lookup(f.Name).Value.String() {
			names = append(names, f.Name)
		}
	})
	return names
}

// exitCode turns what a command returned into the exit code, and reports the
// problems of a failure.
func (in *Invocation) exitCode(code int, err error) int {
	if err == nil {
		return code
	}
	var failed *failure
	if !errors.As(err, &failed) {
		failed = &failure{exitUsage, []string{err.Error()}}
	}
	for _, problem := range failed.problems {
		in.tell(slog.LevelError, problem)
	}
	return failed.code
}
