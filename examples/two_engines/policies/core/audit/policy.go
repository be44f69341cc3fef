// Package audit decides in the core what has to be written down.
package audit

import "context"

// Policy has every action audited that changes something.
type Policy struct{}

func (Policy) Name() string { return "audit" }

func (Policy) Execute(_ context.Context, input any) (any, error) {
	object, _ := input.(map[string]any)
	action, _ := object["action"].(string)
	return map[string]any{"audit": action != "" && action != "read"}, nil
}

func (Policy) Validate() error { return nil }
