package command

import (
	"context"
	"flag"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type validateDocument struct {
	Results []validateEntry `json:"results"`
}

type validateEntry struct {
	Name  string `json:"name"`
	Valid bool   `json:"valid"`
	Error string `json:"error,omitempty"`
}

// validateFlags is the command that asks every policy whether it is able to
// work and prints the answers.
func validateFlags(flags *flag.FlagSet) Action {
	var selected PolicyFlags
	selected.Declare(flags)
	return func(ctx context.Context, in *Invocation) (int, error) {
		e, err := selected.Engine(in, engine.Options{})
		if err != nil {
			return 0, err
		}
		defer in.close(e)
		if err := in.start(ctx, e); err != nil {
			return 0, err
		}
		return in.printValidity(e)
	}
}

func (in *Invocation) printValidity(e *engine.Engine) (int, error) {
	answer, code := validateDocument{Results: []validateEntry{}}, exitOK
	for _, p := range e.Policies() {
		entry := validateEntry{Name: p.Name(), Valid: true}
		if failed := p.Err(); failed != nil {
			entry.Valid, entry.Error, code = false, failed.Message, exitPolicy
		}
		answer.Results = append(answer.Results, entry)
	}
	return code, in.writeDocument(answer)
}
