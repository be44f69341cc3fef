package command

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/worker"
)

// A Command is a word of the command line.
type Command struct {
	// Name is the word.
	Name string
	// Summary is what help says of it, in half a line.
	Summary string
	// Flags declares the command's flags and returns what it does, which may
	// read them once they are parsed.
	Flags func(flags *flag.FlagSet) Action
}

// An Action does the work of a command and returns the exit code. An error is a
// *failure, or flag.ErrHelp.
type Action func(ctx context.Context, in *Invocation) (code int, err error)

// commands are all commands in the order in which help shows them.
var commands []Command

func init() { // since help is one of them and shows them all
	commands = []Command{
		{"list", "print the policies that are built in", listFlags},
		{"validate", "ask every policy whether it is able to work", validateFlags},
		{"run", "run the policies on an input (the default)", runFlags},
		{"bench", "measure the policies on an input", benchFlags},
		{"serve", "answer requests over HTTP", serveFlags},
		{"healthcheck", "ask the server on this machine whether it is ready", healthcheckFlags},
		{"version", "print what the engine was built with", versionFlags},
		{"help", "print this text", helpFlags},
	}
}

// A Program is what is built into the binary.
type Program struct {
	// Policies are the registered policies in their order.
	Policies []engine.Policy
	// Modules says where their code comes from: the JSON text of a list of
	// engine.Module. It may be empty.
	Modules []byte
}

// An Invocation is one invocation of the command line.
type Invocation struct {
	Program Program
	Stdio   Stdio
	grace   atomic.Int64 // see ExtendGrace
	log     atomic.Pointer[slog.Logger]
}

// Main runs the command that args, without the program's name, ask for, and
// returns the exit code of the process. A process that was started for one policy
// alone, see package worker, is that and no command.
func Main(program Program, args []string, stdio Stdio) int {
	if worker.Requested(args) {
		return worker.Serve(program.Policies, args)
	}
	in := &Invocation{Program: program, Stdio: stdio}
	return in.interruptible(func(ctx context.Context) int {
		return in.exitCode(in.dispatch(ctx, args))
	})
}

// dispatch runs the command that args name, which is run when they begin with
// a flag or are empty.
func (in *Invocation) dispatch(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"run"}, args...)
	}
	for _, command := range commands {
		if command.Name == args[0] {
			return in.invoke(ctx, command, args[1:])
		}
	}
	return 0, fail(exitUsage, "unknown command %q; %s", args[0], suggestion(args[0]))
}

// invoke runs the command after its flags are set.
func (in *Invocation) invoke(ctx context.Context, command Command, args []string) (int, error) {
	flags := flag.NewFlagSet(command.Name, flag.ContinueOnError)
	action := command.Flags(flags)
	if err := parse(flags, args); err != nil {
		return 0, err
	}
	if err := fill(flags, os.LookupEnv); err != nil {
		return 0, err
	}
	return action(ctx, in)
}

// exitCode turns what a command returned into the exit code, and reports the
// problems of a failure.
func (in *Invocation) exitCode(code int, err error) int {
	if errors.Is(err, flag.ErrHelp) {
		err = in.write([]byte(usage()))
	}
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
