// Package blocks is a policy that waits for ever and never looks at its context.
package blocks

import "context"

// Policy never does what is asked of it.
type Policy struct{}

// Name returns "blocks".
func (*Policy) Name() string { return "blocks" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute waits for a value that nobody sends.
func (*Policy) Execute(context.Context, any) (any, error) { return <-make(chan any), nil }
