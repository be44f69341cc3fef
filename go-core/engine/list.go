package engine

import "context"

type listDocument struct {
	Policies []listEntry `json:"policies"`
}

type listEntry struct {
	Name    string `json:"name"`
	Package string `json:"package"`
	Type    string `json:"type"`
}

// list prints the name and the origin of every policy.
func (e *engine) list(_ context.Context, args []string) (int, error) {
	if err := parseNothing(args); err != nil {
		return 0, err
	}
	policies, err := load(e.policies)
	if err != nil {
		return 0, err
	}
	answer := listDocument{Policies: []listEntry{}}
	for _, p := range policies {
		entry := listEntry{p.name, p.origin.importPath, p.origin.typeName}
		answer.Policies = append(answer.Policies, entry)
	}
	return exitOK, e.writeDocument(answer)
}
