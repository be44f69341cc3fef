//go:build wasip1

// Wasm is the policy as a WebAssembly module. The host writes a document into
// the buffer, calls execute, and finds the decision in the buffer.
package main

import (
	"context"
	"unsafe"

	"example.com/rbac"
	"github.com/policy-tasks/policy-tasks/benchmarks/calls/jsoncall"
)

// An instance serves one call at a time, so that one buffer is enough.
var buffer [64 << 10]byte

func main() {}

// address returns where in the module's memory the buffer is.
//
//lint:ignore U1000 the host calls it
//go:wasmexport address
func address() uint32 { return uint32(uintptr(unsafe.Pointer(&buffer))) }

// execute decides about the first size bytes of the buffer and returns the size
// of the decision. A failure ends the instance.
//
//lint:ignore U1000 the host calls it
//go:wasmexport execute
func execute(size uint32) uint32 {
	decision, err := jsoncall.Execute(context.Background(), &rbac.Policy{}, nil, buffer[:size])
	if err != nil {
		panic(err)
	}
	return uint32(copy(buffer[:], decision))
}
