package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// PolicyFlags are the flags of every command that has to do with policies.
type PolicyFlags struct {
	Config string
	Select config.Strings
	isolation
}

// Declare adds the flags to those of a command.
func (f *PolicyFlags) Declare(flags *flag.FlagSet) {
	flags.StringVar(&f.Config, "config", "", "read settings, and below \"policies\" each policy's configuration, from this JSON `FILE`")
	flags.Var(&f.Select, "policy", "take only policies of this `NAME`, or pattern such as 'rbac-*'; may be repeated")
	f.isolation.declare(flags)
}

// declareTimeout declares the flag --timeout of a command that calls policies.
func declareTimeout(flags *flag.FlagSet, d *time.Duration, standard time.Duration) {
	config.DurationVar(flags, d, "timeout", standard, "give a call up after this `DURATION`, unless its policy has its own; 0 is no limit")
}

// Engine returns the engine with the policies that are selected. The options
// are completed from the flags.
func (f *PolicyFlags) Engine(in *Invocation, options engine.Options) (*engine.Engine, error) {
	if err := in.Program.made(); err != nil {
		return nil, err
	}
	options.Select = f.Select
	file, err := f.Read()
	if err != nil {
		return nil, err
	}
	options.Configuration = file.Policies
	if options.Modules, err = in.Program.modules(); err != nil {
		return nil, err
	}
	if err := f.wrap(in, &options); err != nil {
		return nil, err
	}
	e, err := engine.New(in.Program.Policies, options)
	return e, asFailure(err)
}

// made returns the failure of a program whose policies cannot be made, or nil.
func (p Program) made() error {
	if p.Err == nil {
		return nil
	}
	return &failure{exitLoading, strings.Split(p.Err.Error(), "\n")}
}

// modules returns where the code of the policies comes from.
func (p Program) modules() (modules []engine.Module, err error) {
	if len(p.Modules) > 0 {
		err = json.Unmarshal(p.Modules, &modules)
	}
	if err != nil {
		return nil, fail(exitLoading, "modules.json, which is built in: %v", err)
	}
	return modules, nil
}

// Read reads the configuration file, if there is one, as it is now.
func (f *PolicyFlags) Read() (config.File, error) {
	if f.Config == "" {
		return config.File{}, nil
	}
	file, err := config.Read(f.Config, flagNames())
	if err != nil {
		return config.File{}, fail(exitUsage, "%v", err)
	}
	return file, nil
}

// asFailure returns an error of the engine as one that ends the command.
func asFailure(err error) error {
	var load *engine.LoadError
	if errors.As(err, &load) {
		return &failure{exitLoading, load.Problems}
	}
	var selection *engine.SelectError
	if errors.As(err, &selection) {
		return &failure{exitUsage, selection.Problems}
	}
	return err
}

// start starts the engine. What is wrong with single policies is in what the
// engine knows of them, and the stacks of panics are reported.
func (in *Invocation) start(ctx context.Context, e *engine.Engine) error {
	err := e.Start(ctx)
	in.heedAgain()
	var some *engine.StartError
	if !errors.As(err, &some) {
		return asFailure(err)
	}
	for i, name := range some.Names {
		in.report(name, some.Errors[i])
	}
	return nil
}

// report writes the stack of a policy that crashed to standard error; any other
// error is in the document and needs no more.
func (in *Invocation) report(policy string, failed *engine.Error) {
	if failed.Stack == "" {
		return
	}
	complain(in.Stdio.Err, fmt.Sprintf("policy %q: %s", policy, failed.Message))
	complainStack(in.Stdio.Err, failed.Stack)
}

// closing is how long policies may take to close, all together.
const closing = 2 * time.Second

// close closes the policies. What they have answered is written by then.
func (in *Invocation) close(e *engine.Engine) {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		in.tell(slog.LevelError, err.Error())
	}
}
