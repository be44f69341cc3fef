// Package crashes is a policy that panics on a goroutine of its own, which ends the process.
package crashes

import "context"

// Policy never does what is asked of it.
type Policy struct{}

// Name returns "crashes".
func (*Policy) Name() string { return "crashes" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute starts the goroutine that panics, and waits for it.
func (*Policy) Execute(context.Context, any) (any, error) {
	go panic("where nobody can recover")
	select {}
}
