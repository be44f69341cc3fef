//go:build unix

package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A call ends in a worker as it does in the process of the engine.
func TestCall(t *testing.T) {
	e := started(t, quick(), engine.Options{Timeout: 10 * time.Second}, "bad", `pa\*tern`)
	bad := named(t, e, "bad")
	for input, want := range map[any]string{
		"text": `"text"`, "deadline": `"true 10s"`, nil: "null", true: "true", "<&>\u2028": `"<&>\u2028"`,
	} {
		if text, failed := ask(bad, input); text != want || failed != nil {
			t.Errorf("%v: %s, %v; want %s", input, text, failed, want)
		}
	}
	for input, want := range map[string]engine.Error{
		"error":   {Outcome: engine.Failed, Message: "no"},
		"channel": {Outcome: engine.BadResult, Message: "the result is not JSON: json: unsupported type: chan int"},
		"panic":   {Outcome: engine.Panicked, Message: "panic: boom"},
		"goexit":  {Outcome: engine.Exited, Message: "runtime.Goexit: the call ended its goroutine"},
	} {
		_, failed := ask(bad, input)
		if failed == nil || failed.Outcome != want.Outcome || failed.Message != want.Message {
			t.Errorf("%s: %v, want %v", input, failed, want)
		} else if stack := failed.Stack != ""; stack != (want.Outcome == engine.Panicked || want.Outcome == engine.Exited) {
			t.Errorf("%s: stack %q", input, failed.Stack)
		}
	}
	deep, err := document.Decode([]byte(`{"n":[9007199254740993,1e400],"t":"`+strings.Repeat("x", 3<<20)+`"}`), document.MaxDepth)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := document.Append(nil, deep)
	if text, failed := ask(named(t, e, "pa*tern"), deep); text != string(want) || failed != nil {
		t.Errorf("a large document came back with %d bytes, %v; want %d", len(text), failed, len(want))
	}
}

func outcomeOf(err error) engine.Outcome {
	var failed *engine.Error
	if errors.As(err, &failed) {
		return failed.Outcome
	}
	return engine.OK
}

// An error of any length comes back as one of 64 KiB at most.
func TestLongError(t *testing.T) {
	e := started(t, quick(), engine.Options{}, "bad")
	_, failed := ask(named(t, e, "bad"), "long error")
	if failed == nil || failed.Outcome != engine.Failed || len(failed.Message) > 64<<10 || !strings.HasSuffix(failed.Message, "x… (cut, of 1048576 bytes)") {
		t.Errorf("%.100v, want 64 KiB that say of how many", failed)
	}
}

// A policy finds the trace in its context as it does in one process; text that is too
// long, and what is none, is left out.
func TestTrace(t *testing.T) {
	e := started(t, quick(), engine.Options{Timeout: 10 * time.Second}, "bad")
	bad := named(t, e, "bad")
	long := strings.Repeat("x", longestValue)
	for _, test := range []struct {
		parent, state any
		want          string
	}{
		{nil, nil, `[null,null,null,null]`},
		{"00-4bf9-01", "a=b,c=d", `["00-4bf9-01","a=b,c=d",null,null]`},
		{"00-4bf9-01", "", `["00-4bf9-01","",null,null]`},
		{"00-4bf9-01", long, `["00-4bf9-01","` + long + `",null,null]`},
		{"00-4bf9-01", long + "x", `["00-4bf9-01",null,null,null]`},
		{1, []string{}, `[null,null,null,null]`},
	} {
		ctx := context.WithValue(context.WithValue(context.WithValue(t.Context(), "traceparent", test.parent), "tracestate", test.state), "other", "1") //lint:ignore SA1029 they are server's
		text, err := bad.AppendJSON(ctx, nil, engine.Call{Input: "trace"})
		if err != nil || string(text) != test.want {
			t.Errorf("%v, %.20v: %.200s, %v; want %.200s", test.parent, test.state, text, err, test.want)
		}
	}
}

// A policy hears of its deadline and of a caller that leaves, and one that does
// not return then takes its worker with it, which is replaced.
func TestCancel(t *testing.T) {
	e := started(t, quick(), engine.Options{Timeout: time.Second}, "bad")
	bad := named(t, e, "bad")
	before, _ := ask(bad, "pid")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	start := time.Now()
	if _, err := bad.Execute(ctx, "wait"); outcomeOf(err) != engine.Canceled || err.Error() != "context canceled" || time.Since(start) > 5*time.Second {
		t.Errorf("a caller that leaves: %v", err)
	}
	if _, err := bad.Call(t.Context(), engine.Call{Input: "wait", Timeout: 20 * time.Millisecond}); err == nil || err.Error() != "no answer within 20ms" {
		t.Errorf("a deadline: %v", err)
	}
	eventually(t, "the call has returned", func() bool { calls, _ := bad.InFlight(); return calls == 0 })
	if after, _ := ask(bad, "pid"); after != before {
		t.Errorf("the worker %s was replaced by %s", before, after)
	}
	if _, err := bad.Call(t.Context(), engine.Call{Input: "loop", Timeout: 20 * time.Millisecond}); err == nil || err.Error() != "no answer within 20ms" {
		t.Errorf("a loop: %v", err)
	}
	eventually(t, "the worker is replaced", func() bool {
		after, failed := ask(bad, "pid")
		return failed == nil && after != before
	})
}

// A caller in a hurry takes nobody's call along: a worker is ended for what goes on past
// the policy's own deadline.
func TestHurry(t *testing.T) {
	bad := named(t, started(t, quick(), engine.Options{Timeout: time.Minute}, "bad"), "bad")
	patient := make(chan error, 1)
	go func() { _, err := bad.Execute(context.Background(), "slow"); patient <- err }()
	if _, err := bad.Call(t.Context(), engine.Call{Input: "slow", Timeout: 20 * time.Millisecond}); outcomeOf(err) != engine.TimedOut {
		t.Errorf("in a hurry: %v", err)
	}
	if err := <-patient; err != nil {
		t.Errorf("the other call: %v", err)
	}
}

// A worker that does not read holds up no caller.
func TestStopped(t *testing.T) {
	e := started(t, quick(), engine.Options{}, "bad")
	bad := named(t, e, "bad")
	text, _ := ask(bad, "pid")
	var pid int
	fmt.Sscan(text, &pid)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 1<<20)
	for range 3 {
		start := time.Now()
		_, err := bad.Call(t.Context(), engine.Call{Input: large, Timeout: 20 * time.Millisecond})
		if err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("a stopped worker has answered: %v after %v", err, time.Since(start))
		}
	}
	eventually(t, "the worker is replaced", func() bool { _, failed := ask(bad, "pid"); return failed == nil })
}

// The limits are those of the options, and a worker is not started with less
// than it needs.
func TestLimits(t *testing.T) {
	if raced {
		t.Skip("the race detector needs more memory than any limit")
	}
	options := quick()
	options.Memory = 1
	e := started(t, options, engine.Options{}, "bad")
	want := `{"core":0,"data":134217728,"files":1024}`
	if text, failed := ask(named(t, e, "bad"), "limits"); text != want || failed != nil {
		t.Errorf("limits = %s, %v; want %s", text, failed, want)
	}
}

// What a policy prints is written after its name, line by line.
func TestOutput(t *testing.T) {
	options := quick()
	e := started(t, options, engine.Options{}, "bad")
	ask(named(t, e, "bad"), "print")
	ask(named(t, e, "bad"), "exit")
	want := "bad: printed\nbad: half a line\n"
	eventually(t, want, func() bool { return options.Output.(*log).String() == want })
}

// What a policy has started ends with its worker.
func TestLeftover(t *testing.T) {
	e := started(t, quick(), engine.Options{}, "bad")
	text, failed := ask(named(t, e, "bad"), "leftover")
	var pid int
	if _, err := fmt.Sscan(text, &pid); err != nil {
		t.Skip(failed)
	}
	ask(named(t, e, "bad"), "exit")
	eventually(t, "what was left is gone", func() bool { return !alive(pid) })
}
