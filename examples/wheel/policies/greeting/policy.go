// Package greeting is the smallest policy that does something.
package greeting

import "context"

// Policy greets whom the input names.
type Policy struct{}

func (Policy) Name() string { return "greeting" }

func (Policy) Execute(_ context.Context, input any) (any, error) {
	name, ok := input.(string)
	if !ok {
		name = "world"
	}
	return "hello " + name, nil
}

func (Policy) Validate() error { return nil }
