package engine

import (
	"fmt"
	"io"
	"runtime/debug"
)

// A fault is how a call into a policy failed. The stack is empty when the
// policy returned an error, as opposed to panicking.
type fault struct {
	message string
	stack   string
}

// report writes a fault that has a stack to w; an error that a policy returned
// is in the document and needs no more.
func (f *fault) report(w io.Writer, policy string) {
	if f.stack == "" {
		return
	}
	complain(w, fmt.Sprintf("policy %q: %s", policy, f.message))
	complainStack(w, f.stack)
}

// guard makes a call into a policy and returns nil, or how the call failed.
// All that runs a policy's code belongs inside call, marshalling its result
// included. The error's Error method is a policy's code too.
func guard(call func() error) *fault {
	var returned *fault
	crashed := isolate(func() {
		if err := call(); err != nil {
			returned = &fault{message: errorText(err)}
		}
	})
	if crashed == nil {
		return returned
	}
	return &fault{crashed.text(), crashed.stack}
}

// errorText returns the message of err, never an empty one: an empty message
// would leave the document without an "error".
func errorText(err error) string {
	if text := err.Error(); text != "" {
		return text
	}
	return fmt.Sprintf("an error of type %T without a message", err)
}

// A crash is a call that did not return.
type crash struct {
	panicked any // nil when the call ended by runtime.Goexit
	stack    string
}

// isolate calls f on a goroutine of its own, so that neither a panic nor a
// runtime.Goexit in f reaches the engine. It returns nil when f returned.
func isolate(f func()) *crash {
	ended := make(chan *crash, 1)
	go func() {
		returned := false
		defer func() {
			panicked := recover()
			if returned {
				ended <- nil
				return
			}
			ended <- &crash{panicked, string(debug.Stack())}
		}()
		f()
		returned = true
	}()
	return <-ended
}

// text describes the crash. Formatting the value of a panic can call a method
// that crashes in turn, for which the type of the value has to do.
func (c *crash) text() string {
	if c.panicked == nil {
		return "runtime.Goexit: the call ended its goroutine"
	}
	var text string
	if isolate(func() { text = fmt.Sprint(c.panicked) }) != nil {
		return fmt.Sprintf("panic: a value of type %T", c.panicked)
	}
	return "panic: " + text
}
