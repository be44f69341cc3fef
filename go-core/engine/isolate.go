package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// A crash is a call that did not return.
type crash struct {
	panicked any // nil when the call ended by runtime.Goexit
	stack    string
}

// isolate calls f on a goroutine of its own, so that neither a panic nor a
// runtime.Goexit in f reaches the engine. When ctx ends first, f goes on alone
// and what it does is lost.
func isolate(ctx context.Context, f func()) (crashed *crash, err error) {
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
	select {
	case crashed = <-ended:
		return crashed, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// formatting is how long a policy's type may take to say what it is.
const formatting = time.Second

// text describes the crash. Formatting the value of a panic can call a method
// that crashes in turn, or never returns, for which the type of the value has
// to do.
func (c *crash) text() string {
	if c.panicked == nil {
		return "runtime.Goexit: the call ended its goroutine"
	}
	ctx, cancel := context.WithTimeout(context.Background(), formatting)
	defer cancel()
	formatted := make(chan string, 1)
	crashed, err := isolate(ctx, func() { formatted <- fmt.Sprint(c.panicked) })
	if crashed != nil || err != nil {
		return fmt.Sprintf("panic: a value of type %T", c.panicked)
	}
	return "panic: " + <-formatted
}

// error returns the crash as the end of a call.
func (c *crash) error() *Error {
	outcome := Panicked
	if c.panicked == nil {
		outcome = Exited
	}
	return Error{Outcome: outcome, Message: c.text(), Stack: c.stack}.bounded()
}

// interrupted is the end of such a call whose context has ended.
var interrupted = &Error{Outcome: NotReady, Message: "interrupted"}

// guard makes a call into a policy that is not worth a fast way, and returns
// nil or how the call failed. All that runs a policy's code belongs inside.
func guard(ctx context.Context, limit time.Duration, call func(context.Context) error) *Error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	returned := make(chan *Error, 1)
	crashed, err := isolate(bounded, func() {
		if err := call(bounded); err != nil {
			returned <- failed(err)
			return
		}
		returned <- nil
	})
	switch {
	case crashed != nil:
		return crashed.error()
	case err != nil && ctx.Err() != nil:
		return interrupted
	case err != nil:
		return &Error{Outcome: TimedOut, Message: fmt.Sprintf("no answer within %v", limit)}
	}
	return <-returned
}

// failed returns the error that a policy returned as the end of the call. It
// calls a method of that error, which is the policy's code. A message is never
// empty: that would leave a document without an "error".
func failed(err error) *Error {
	end := Error{Outcome: Failed}
	if known, ok := err.(*Error); ok && known != nil {
		end = *known
	} else {
		end.Message = err.Error()
	}
	if end.Message == "" {
		end.Message = fmt.Sprintf("an error of type %T without a message", err)
	}
	return end.bounded()
}
