package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// epoch is what clock counts from: reading the difference to it costs half of
// what time.Now costs.
var epoch = time.Now()

func clock() time.Duration { return time.Since(epoch) }

// The phases of a watched call. It leaves the first one once.
const (
	running int32 = iota
	returned
	expired
)

// A watch is the context of a call with a deadline. Its channel is made when
// somebody asks for it, which makes it cheaper than context.WithTimeout.
type watch struct {
	context.Context // the caller's
	instance        *Instance
	lost            func(*Error)
	probe           bool
	start, deadline time.Duration // on the clock
	phase           atomic.Int32
	told            chan struct{} // closed after lost has returned
	grace           *time.Timer   // of a call that was given up, until it is in the way

	mu   sync.Mutex
	done chan struct{}
	err  error
	stop func() bool // no longer wait for the caller's context
}

func (w *watch) Deadline() (time.Time, bool) { return epoch.Add(w.deadline), true }

// OwnDeadline returns the deadline that the policy has set itself for the call of this
// context, however early its caller leaves. Where it has none that is the caller's.
func OwnDeadline(ctx context.Context) (time.Time, bool) {
	if w, ok := ctx.(*watch); ok && w.instance.timeout > 0 {
		return epoch.Add(w.start + w.instance.timeout), true
	}
	return ctx.Deadline()
}

func (w *watch) Done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done == nil {
		w.done = make(chan struct{})
		if w.err == nil {
			w.err = w.Context.Err() // as Err has said until now
		}
		if w.err != nil {
			close(w.done)
		} else if w.Context.Done() != nil {
			w.stop = context.AfterFunc(w.Context, func() { w.cancel(w.Context.Err()) })
		}
	}
	return w.done
}

func (w *watch) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && w.done == nil {
		return w.Context.Err()
	}
	return w.err
}

func (w *watch) cancel(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.err = err
	if w.done != nil {
		close(w.done)
	}
	if w.stop != nil {
		w.stop()
	}
}

// expire is called at the deadline. The call is given up: its end is told to
// lost, and whoever made it gets ErrLost when the policy returns at last.
func (w *watch) expire() {
	w.told = make(chan struct{})
	if !w.phase.CompareAndSwap(running, expired) {
		return
	}
	defer close(w.told)
	w.cancel(context.DeadlineExceeded)
	timedOut := w.timedOut()
	w.instance.abandon(w.probe, timedOut, w)
	w.lost(timedOut)
}

// timedOut returns the end of a call that was not answered by its deadline.
func (w *watch) timedOut() *Error {
	return &Error{Outcome: TimedOut, Message: fmt.Sprintf("no answer within %v", w.deadline-w.start)}
}

// late reports whether the deadline has passed. That of the caller may have, a little
// earlier than ours, which is counted from when it was asked for.
func (w *watch) late() bool {
	return clock() >= w.deadline || w.Context.Err() == context.DeadlineExceeded
}

// finish is called when the policy has returned, and reports whether that was
// in time. If not, it waits until lost has returned: it may be using what the
// caller is about to let go.
func (w *watch) finish() bool {
	inTime := w.phase.CompareAndSwap(running, returned)
	w.cancel(context.Canceled)
	if !inTime {
		<-w.told
	}
	return inTime
}

// An alarm is a timer that is used again and again, for one watch at a time.
type alarm struct {
	timer *time.Timer
	watch *watch
}

var alarms sync.Pool

// setAlarm makes w expire after the given time unless the alarm is stopped.
func setAlarm(w *watch, after time.Duration) *alarm {
	a, ok := alarms.Get().(*alarm)
	if ok {
		a.watch = w
		a.timer.Reset(after)
		return a
	}
	a = &alarm{watch: w}
	a.timer = time.AfterFunc(after, a.ring)
	return a
}

func (a *alarm) ring() { a.watch.expire() }

// stopAlarm ends the alarm. One that has rung is not used again.
func (a *alarm) stopAlarm() {
	if a.timer.Stop() {
		a.watch = nil
		alarms.Put(a)
	}
}
