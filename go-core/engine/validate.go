package engine

import "context"

type validateDocument struct {
	Results []validateEntry `json:"results"`
}

type validateEntry struct {
	Name  string `json:"name"`
	Valid bool   `json:"valid"`
	Error string `json:"error,omitempty"`
}

// validate asks every policy whether it is able to work and prints the answers.
func (e *engine) validate(ctx context.Context, args []string) (int, error) {
	if err := parseNothing(args); err != nil {
		return 0, err
	}
	policies, err := load(e.policies)
	if err != nil {
		return 0, err
	}
	faults, err := e.validateAll(ctx, policies)
	if err != nil {
		return 0, err
	}
	answer, code := validateDocument{Results: []validateEntry{}}, exitOK
	for i, p := range policies {
		entry := validateEntry{Name: p.name, Valid: faults[i] == nil}
		if !entry.Valid {
			entry.Error = faults[i].message
			code = exitPolicy
		}
		answer.Results = append(answer.Results, entry)
	}
	return code, e.writeDocument(answer)
}

// validateAll calls Validate of every policy and returns, in the same order,
// nil or the fault of each. The error is that of an interruption.
func (e *engine) validateAll(ctx context.Context, policies []loadedPolicy) ([]*fault, error) {
	faults := make([]*fault, len(policies))
	for i, p := range policies {
		faults[i] = guard(p.policy.Validate)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if faults[i] != nil {
			faults[i].report(e.stdio.Err, p.name)
		}
	}
	return faults, nil
}
