package command

import (
	"context"
	"flag"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/report"
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
	format := declareFormat(flags)
	return func(ctx context.Context, in *Invocation) (int, error) {
		e, err := selected.Engine(in, engine.Options{})
		if err != nil {
			return 0, err
		}
		defer in.close(e)
		if err := in.start(ctx, e); err != nil {
			return 0, err
		}
		return in.printValidity(e, format.word)
	}
}

func (in *Invocation) printValidity(e *engine.Engine, format string) (int, error) {
	r := report.Report{Command: "validate"}
	answer, code := validateDocument{Results: []validateEntry{}}, exitOK
	for _, p := range e.Policies() {
		entry, check := validateEntry{Name: p.Name(), Valid: true}, checkOf(p)
		if failed := p.Err(); failed != nil {
			entry.Valid, entry.Error, code = false, failed.Message, exitPolicy
			check.Error, check.Outcome = failed.Message, failed.Outcome.String()
		}
		answer.Results = append(answer.Results, entry)
		r.Checks = append(r.Checks, check)
	}
	return code, in.print(format, answer, r)
}

// checkOf returns the start of the policy's part of a report.
func checkOf(p *engine.Instance) report.Check {
	info := p.Info()
	return report.Check{Policy: info.Name, Type: info.Package + "." + info.Type}
}
