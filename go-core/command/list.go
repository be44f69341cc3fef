package command

import (
	"context"
	"flag"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type listDocument struct {
	Policies []engine.Info `json:"policies"`
}

// listFlags is the command that prints the name and the origin of every policy.
func listFlags(flags *flag.FlagSet) Action {
	var selected PolicyFlags
	selected.Declare(flags)
	return func(_ context.Context, in *Invocation) (int, error) {
		e, err := selected.Engine(in, engine.Options{})
		if err != nil {
			return 0, err
		}
		answer := listDocument{Policies: []engine.Info{}}
		for _, p := range e.Policies() {
			info := p.Info()
			info.State = "" // it was not started
			answer.Policies = append(answer.Policies, info)
		}
		return exitOK, in.writeDocument(answer)
	}
}
