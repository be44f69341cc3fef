package engine

import (
	"context"
	"math"
	"runtime/debug"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// A Call is one call of a policy.
type Call struct {
	// Input is what document.Decode returns. It is the policy's from now on.
	Input any

	// Timeout lowers the deadline that the policy has; 0 leaves it.
	Timeout time.Duration

	// Lost makes the policy run on the goroutine of the caller, which is the
	// fast way. That goroutine cannot be taken away from a policy that does
	// not return at its deadline, or that ends it with runtime.Goexit. Lost
	// is then told how the call ended, once, on another goroutine at the
	// deadline, or on the one that is ending. Whatever there is to answer
	// is for Lost to answer; when the policy returns at last, and after Lost
	// has returned, the call returns ErrLost.
	//
	// Without Lost the policy runs on a goroutine of its own, and the call
	// returns at the deadline.
	Lost func(*Error)
}

// Execute calls the policy and returns what it answered, or an *Error. It
// returns at the policy's deadline, or at that of ctx if it is earlier.
func (p *Instance) Execute(ctx context.Context, input any) (any, error) {
	return p.Call(ctx, Call{Input: input})
}

// Call calls the policy and returns what it answered, or an *Error, or ErrLost.
func (p *Instance) Call(ctx context.Context, call Call) (any, error) {
	if call.Lost == nil {
		return p.elsewhere(ctx, call, false)
	}
	result, _, err := p.run(ctx, &call, nil, false)
	return result, err
}

// AppendJSON is Call, and appends the result to dst as JSON text, as
// document.Append does: what a policy has marshalled it can no longer change.
// On an error it returns dst as it was.
func (p *Instance) AppendJSON(ctx context.Context, dst []byte, call Call) ([]byte, error) {
	if call.Lost == nil {
		text, err := p.elsewhere(ctx, call, true)
		if err != nil {
			return dst, err
		}
		return append(dst, text.([]byte)...), nil
	}
	_, text, err := p.run(ctx, &call, dst, true)
	return text, err
}

// elsewhere makes the call on a goroutine of its own. The result is text when
// it is to be encoded.
func (p *Instance) elsewhere(ctx context.Context, call Call, encode bool) (any, error) {
	type answer struct {
		result any
		err    error
	}
	answers := make(chan answer, 1)
	call.Lost = func(failed *Error) { answers <- answer{nil, failed} }
	go func() {
		result, text, err := p.run(ctx, &call, nil, encode)
		if encode {
			result = text
		}
		if err != ErrLost {
			answers <- answer{result, err}
		}
	}()
	a := <-answers
	return a.result, a.err
}

// run makes the call on the goroutine of the caller.
func (p *Instance) run(ctx context.Context, call *Call, dst []byte, encode bool) (result any, text []byte, err error) {
	probe, refused := p.admit()
	if refused != nil {
		return nil, dst, refused
	}
	caller := ctx
	var w *watch
	var a *alarm
	if limit := p.limitOf(ctx, call); limit != unlimited {
		start := clock()
		w = &watch{Context: ctx, instance: p, lost: call.Lost, probe: probe, start: start, deadline: start + limit}
		a = setAlarm(w, limit)
		ctx = w
	}
	returned := false
	defer func() {
		if !returned {
			result, text, err = nil, dst, p.crashed(recover(), w, a, call.Lost, probe)
		}
	}()
	result, text, failed := p.execute(ctx, call.Input, dst, encode)
	returned = true
	if !p.finish(w, a) {
		return nil, dst, ErrLost
	}
	if failed != nil {
		failed = failed.orLate(caller, w)
		p.record(failed.Outcome, probe, w)
		return nil, dst, failed
	}
	p.record(OK, probe, w)
	return result, text, nil
}

// execute does all that runs the policy's code.
func (p *Instance) execute(ctx context.Context, input any, dst []byte, encode bool) (any, []byte, *Error) {
	result, err := p.policy.Execute(ctx, input)
	if err != nil {
		return nil, dst, failed(err)
	}
	if !encode {
		return result, dst, nil
	}
	text, err := document.Append(dst, result)
	if err != nil {
		return nil, dst, Error{Outcome: BadResult, Message: err.Error()}.bounded()
	}
	return result, text, nil
}

// unlimited is more time than any call takes.
const unlimited = time.Duration(math.MaxInt64)

// limitOf returns how long the call may take, by the earliest deadline.
func (p *Instance) limitOf(ctx context.Context, call *Call) time.Duration {
	limit := unlimited
	if p.timeout > 0 {
		limit = p.timeout
	}
	if call.Timeout > 0 {
		limit = min(limit, call.Timeout)
	}
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(min(limit, time.Until(deadline)), 0)
	}
	return limit
}

// finish ends the watch of a call that has come back, and reports whether it
// came back in time.
func (p *Instance) finish(w *watch, a *alarm) bool {
	if w != nil {
		a.stopAlarm()
		if !w.finish() {
			p.ended(w)
			p.inFlight.Add(-1)
			return false
		}
	}
	p.inFlight.Add(-1)
	return true
}

// crashed ends a call that did not return, and returns what is to be returned
// in its place. To describe the crash can run the policy's code, for which the
// deadline holds: that comes before finish.
func (p *Instance) crashed(panicked any, w *watch, a *alarm, lost func(*Error), probe bool) error {
	failed := (&crash{panicked, string(debug.Stack())}).error()
	p.log.Error("the policy crashed", "error", failed.Message, "stack", failed.Stack)
	if !p.finish(w, a) {
		return ErrLost
	}
	p.record(failed.Outcome, probe, w)
	if failed.Outcome == Exited {
		lost(failed)
		return ErrLost
	}
	return failed
}
