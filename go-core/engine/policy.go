package engine

import "context"

// Policy is what a policy module provides: an exported type with these three
// methods. A module imports nothing of the engine for it; having the methods
// is enough. The engine holds one value of the type for the whole process,
// T{} or &T{}, made before main starts, so the zero value of T must be usable.
//
// Standard output belongs to the engine's JSON document. What a policy prints
// with fmt.Print or to os.Stdout appears on standard error instead.
type Policy interface {
	// Name returns the name that identifies the policy in every document:
	// not empty, at most 128 bytes of UTF-8, no control characters, and
	// different from the names of the other policies in the binary.
	//
	// It is called once, at the start of every command, before the input is
	// read. It must return a constant: no files, no network, no waiting. A
	// panic here, like an unusable name, stops the engine for all policies.
	Name() string

	// Execute decides about one input and returns the decision, which can be
	// anything that encoding/json can marshal. A nil result is an answer too,
	// null. When the error is not nil the result is ignored.
	//
	// The input is the JSON document given to the engine: nil, bool, string,
	// json.Number, []any or map[string]any. Numbers are json.Number, not
	// float64, so that 9007199254740993 survives digit for digit. The value
	// is a fresh copy, so a policy may write into it.
	//
	// It is called after Validate has returned nil. ctx is cancelled when the
	// process is asked to stop; a policy that waits or works long returns
	// then, since the process ends a few seconds later regardless.
	//
	// It must be safe for concurrent use: one value may serve several calls
	// at once. It must not keep the input, change the result after returning
	// it, call os.Exit, or panic on a goroutine of its own, which nobody but
	// the policy can recover. A panic in the call itself is reported as this
	// policy's error and the other policies still run.
	Execute(ctx context.Context, input any) (any, error)

	// Validate reports whether the policy is able to work: its embedded data
	// parses, the settings it needs are there. Nil means yes.
	//
	// It is called once, after Name and before any policy's Execute. When it
	// returns an error or panics, Execute of this policy is not called. It
	// must be quick, must not change anything outside the policy, and has no
	// input to look at.
	Validate() error
}
