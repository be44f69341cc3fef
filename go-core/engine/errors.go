package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Outcome is how a call of a policy ended.
type Outcome uint8

// The outcomes. With those from Overloaded on Execute was not called.
const (
	OK         Outcome = iota // it answered
	Failed                    // it returned an error
	BadResult                 // its result is not JSON
	Panicked                  // it panicked
	Exited                    // it ended its goroutine with runtime.Goexit
	Crashed                   // the process it ran in ended
	TimedOut                  // it had not answered at its deadline
	Canceled                  // it returned an error when nobody waited for it any more
	Overloaded                // as many calls as are allowed were going on
	Tripped                   // its breaker was open
	NotReady                  // it is not valid, not started, or closed
	outcomes
)

var outcomeNames = [outcomes]string{
	"ok", "error", "bad_result", "panic", "goexit", "crash", "timeout", "canceled", "overloaded", "tripped", "not_ready",
}

// String returns the outcome as it is written into metrics and documents.
func (o Outcome) String() string { return outcomeNames[o] }

// An Error is how a call into a policy failed. What Options.Wrap returns may
// return one too, which then is the end of the call.
type Error struct {
	Outcome Outcome
	Message string        // one sentence, which may hold text of the policy; 64 KiB at most
	Stack   string        // of a panic or runtime.Goexit; not for the caller
	Retry   time.Duration // after which a call that was refused may succeed
}

func (e *Error) Error() string { return e.Message }

// maxText is how much text of a policy is in an error, in bytes. Answers, logs
// and reports have it from there.
const maxText = 64 << 10

// bounded returns the error with which a call ends, whatever the policy has put
// into it.
func (e Error) bounded() *Error {
	if e.Outcome == OK || e.Outcome >= outcomes {
		e.Outcome = Failed
	}
	e.Message, e.Stack = shortened(e.Message), shortened(e.Stack)
	return &e
}

// shortened returns the text, or what fits of it with a mark that says so.
func shortened(text string) string {
	if len(text) <= maxText {
		return text
	}
	mark := fmt.Sprintf("… (cut, of %d bytes)", len(text))
	return strings.ToValidUTF8(text[:maxText-len(mark)], "") + mark
}

// orLate returns the error that the policy has returned as what it is where nobody
// waits for it any more: that is what a policy is to do, and says no more than that
// it was late. It is so whichever of the deadline's timers was first: that of the
// call, or that of the context of the caller.
func (e *Error) orLate(caller context.Context, w *watch) *Error {
	switch {
	case e.Outcome != Failed:
		return e
	case w != nil && w.late():
		return w.timedOut()
	case caller.Err() == context.Canceled:
		return &Error{Outcome: Canceled, Message: e.Message}
	}
	return e
}

// ErrLost is returned to who called a policy when the end of the call was told
// to Call.Lost instead. Nothing is left to do for him.
var ErrLost = errors.New("the call was given up")

// ErrStarted is returned by a Start that is not the first, or comes after Close.
var ErrStarted = errors.New("the engine was started or closed before; engine.New makes one that can be started")

// A LoadError says why the policies cannot be loaded: a line for each problem.
type LoadError struct{ Problems []string }

func (e *LoadError) Error() string { return strings.Join(e.Problems, "\n") }

// A SelectError says which policies were asked for and are not there.
type SelectError struct{ Problems []string }

func (e *SelectError) Error() string { return strings.Join(e.Problems, "\n") }

// A StartError holds the error of each policy that did not start. The others
// are ready.
type StartError struct {
	Names  []string
	Errors []*Error
}

func (e *StartError) Error() string {
	lines := make([]string, len(e.Names))
	for i, name := range e.Names {
		lines[i] = fmt.Sprintf("policy %q: %s", name, e.Errors[i].Message)
	}
	return strings.Join(lines, "\n")
}

func (e *StartError) add(name string, failed *Error) {
	e.Names, e.Errors = append(e.Names, name), append(e.Errors, failed)
}

// orNil returns e as an error, or nil when it holds none.
func (e *StartError) orNil() error {
	if len(e.Names) == 0 {
		return nil
	}
	return e
}
