// Package leaks is a policy that keeps memory and a goroutine of every call.
package leaks

import (
	"bytes"
	"context"
)

// Policy answers, and does harm.
type Policy struct{}

// Name returns "leaks".
func (*Policy) Name() string { return "leaks" }

// Validate returns nil: what is wrong shows only in a call.
func (*Policy) Validate() error { return nil }

// Execute answers true, and keeps 1 MiB and a goroutine for ever.
func (*Policy) Execute(context.Context, any) (any, error) {
	kept := bytes.Repeat([]byte{1}, 1<<20) // written, so that it is resident
	go func() {
		<-make(chan any)
		kept[0]++
	}()
	return true, nil
}
