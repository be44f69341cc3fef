// Package panics is a policy whose call panics.
package panics

import "context"

// Policy never does what is asked of it.
type Policy struct{}

// Name returns "panics".
func (*Policy) Name() string { return "panics" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute panics.
func (*Policy) Execute(context.Context, any) (any, error) { panic("as it always does") }
