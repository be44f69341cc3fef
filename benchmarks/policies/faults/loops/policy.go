// Package loops is a policy that computes for ever and never looks at its
// context.
package loops

import "context"

// Policy never does what is asked of it.
type Policy struct{}

// Name returns "loops".
func (*Policy) Name() string { return "loops" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute keeps one core busy.
func (*Policy) Execute(context.Context, any) (any, error) {
	for n := 0; ; n++ {
	}
}
