// Package exits is a policy that ends the process.
package exits

import (
	"context"
	"os"
)

// Policy never does what is asked of it.
type Policy struct{}

// Name returns "exits".
func (*Policy) Name() string { return "exits" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute does not come back, and neither does the process.
func (*Policy) Execute(context.Context, any) (any, error) {
	os.Exit(0)
	return nil, nil
}
