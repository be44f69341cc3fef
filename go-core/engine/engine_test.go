package engine

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
)

// fake is a policy made of functions; those that are missing do nothing.
type fake struct {
	name     string
	execute  func(ctx context.Context, input any) (any, error)
	validate func() error
}

func (f *fake) Name() string { return f.name }

func (f *fake) Execute(ctx context.Context, input any) (any, error) {
	if f.execute == nil {
		return nil, nil
	}
	return f.execute(ctx, input)
}

func (f *fake) Validate() error {
	if f.validate == nil {
		return nil
	}
	return f.validate()
}

// executing returns a policy with that Execute.
func executing(execute func(ctx context.Context, input any) (any, error)) *fake {
	return &fake{name: "fake", execute: execute}
}

// started returns an engine that was started, and closes it after the test.
func started(t testing.TB, options Options, policies ...Policy) *Engine {
	t.Helper()
	e, err := New(policies, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return e
}

// outcomeOf returns how a call ended according to its error.
func outcomeOf(err error) Outcome {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Outcome
	}
	return OK
}

// However a policy ends its call, the caller gets an error that says so.
func TestExecuteOutcomes(t *testing.T) {
	tests := []struct {
		name    string
		execute func(context.Context, any) (any, error)
		want    Outcome
		message string
	}{
		{"answer", func(context.Context, any) (any, error) { return 1, nil }, OK, ""},
		{"error", func(context.Context, any) (any, error) { return nil, errors.New("no") }, Failed, "no"},
		{"panic", func(context.Context, any) (any, error) { panic("boom") }, Panicked, "panic: boom"},
		{"goexit", func(context.Context, any) (any, error) { runtime.Goexit(); return nil, nil }, Exited, "runtime.Goexit"},
		{"hang", func(context.Context, any) (any, error) { select {} }, TimedOut, "no answer within 20ms"},
		{"heed", func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() }, TimedOut, "no answer within 20ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := New([]Policy{executing(test.execute)}, Options{Timeout: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err = e.Policies()[0].Execute(t.Context(), nil)
			if got := outcomeOf(err); got != test.want || err != nil && !strings.HasPrefix(err.Error(), test.message) {
				t.Errorf("outcome = %v, error %v; want %v, %s", got, err, test.want, test.message)
			}
		})
	}
}

// A call on the caller's goroutine that is given up is told to Lost once, while
// the call is still going on, and returns ErrLost in the end.
func TestCallLost(t *testing.T) {
	release := make(chan struct{})
	e := started(t, Options{Timeout: 10 * time.Millisecond}, executing(func(context.Context, any) (any, error) {
		<-release
		return 1, nil
	}))
	p := e.Policies()[0]
	told := 0
	_, err := p.Call(t.Context(), Call{Lost: func(failed *Error) {
		told++
		if calls, abandoned := p.InFlight(); failed.Outcome != TimedOut || calls != 1 || abandoned != 1 {
			t.Errorf("lost: %v, %d calls, %d abandoned", failed, calls, abandoned)
		}
		close(release)
	}})
	if err != ErrLost || told != 1 {
		t.Errorf("error = %v, told %d times; want ErrLost, once", err, told)
	}
	if calls, abandoned := p.InFlight(); calls != 0 || abandoned != 0 {
		t.Errorf("%d calls, %d abandoned; want none", calls, abandoned)
	}
}

// A policy that ends the goroutine of the caller is told to Lost on it.
func TestCallGoexit(t *testing.T) {
	e := started(t, Options{Timeout: time.Minute}, executing(func(context.Context, any) (any, error) {
		runtime.Goexit()
		return nil, nil
	}))
	told := make(chan *Error, 2)
	go func() {
		_, err := e.Policies()[0].Call(context.Background(), Call{Lost: func(failed *Error) { told <- failed }})
		told <- &Error{Message: err.Error()}
	}()
	if failed := <-told; failed.Outcome != Exited {
		t.Errorf("lost: %v, want goexit", failed)
	}
	if calls, _ := e.Policies()[0].InFlight(); calls != 0 {
		t.Errorf("%d calls are going on, want none", calls)
	}
}

// The options are the caller's: New writes to none of them, and takes the largest
// numbers.
func TestOptions(t *testing.T) {
	modules := make([]Module, 1, 10)
	e := started(t, Options{Modules: modules, Concurrency: math.MaxInt}, &fake{name: "fake"})
	if _, err := e.Policies()[0].Execute(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if written := modules[:2][1]; written != (Module{}) {
		t.Errorf("the memory behind the modules holds %+v", written)
	}
}
