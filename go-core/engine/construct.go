package engine

import "fmt"

// A made is what a constructor returned, its error as that of the engine: to ask
// an error for its text runs the policy's code.
type made struct {
	policy Policy
	failed *Error
}

// Construct calls a policy's constructor, which has to return within 5 seconds, as
// Init has. An error that it returns, or whatever else keeps it from making the
// policy, is an *Error.
//
// It is called on a goroutine of its own, since the caller's cannot be had back
// from one that ends it or never returns. The latter goes on, and what it does is
// lost.
func Construct(construct func() (Policy, error)) (Policy, error) {
	got, crashed := constant(func() made {
		policy, err := construct()
		if err != nil {
			return made{failed: failed(err)}
		}
		return made{policy: policy}
	})
	switch {
	case crashed != nil:
		return nil, crashed.ofConstructor()
	case got.failed != nil:
		return nil, got.failed
	}
	return got.policy, nil
}

// ofConstructor returns the error in the words that the test kit has for it, where
// those for a call would leave open what was called.
func (e *Error) ofConstructor() *Error {
	switch e.Outcome {
	case TimedOut:
		e.Message = fmt.Sprintf("its constructor has not returned after %v", constantTimeout)
	case Exited:
		e.Message = "its constructor ended its goroutine with runtime.Goexit"
	}
	return e
}
