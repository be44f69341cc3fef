package command

import (
	"flag"
	"runtime"

	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/worker"
)

// isolation says where policies run: in this process, or each in its own.
type isolation struct {
	where  *choice
	memory config.Size
}

func (i *isolation) declare(flags *flag.FlagSet) {
	i.where = declareChoice(flags, "isolate", "run each policy in a process of its own, which it may take down", "none", "process")
	i.memory = 512 << 20
	flags.Var(&i.memory, "isolate-memory", "let such a process have memory of this `SIZE`; 0 is no limit")
}

// wrap has the policies run where the flags say.
func (i *isolation) wrap(in *Invocation, options *engine.Options) error {
	if i.where == nil || i.where.word == "none" {
		return nil
	}
	if err := worker.Supported(); err != nil {
		return fail(exitUsage, "--isolate process: %v", err)
	}
	if i.memory != 0 && i.memory < worker.LeastMemory {
		return fail(exitUsage, "--isolate-memory %s is too little for a process to start; give 128MiB or more, or 0 for no limit", &i.memory)
	}
	options.AtOnce = max(8, 2*runtime.GOMAXPROCS(0))
	options.Wrap = worker.Options{
		Memory: uint64(i.memory), StartTimeout: options.StartTimeout,
		Output: in.Stdio.Err, Metrics: options.Metrics, Log: options.Log,
	}.Wrap
	return nil
}
