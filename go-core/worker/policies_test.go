//go:build unix

package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// policies are in the test binary as they are in an engine's.
var policies = []engine.Policy{&echo{"good"}, &echo{"pa*tern"}, &bad{}, &full{}, &invalid{}, &hasty{}}

// TestMain makes the test binary a worker when it is started as one.
func TestMain(m *testing.M) {
	if args := os.Args[1:]; Requested(args) {
		os.Stdout = os.Stderr
		os.Exit(Serve(policies, args))
	}
	if os.Getenv(parentVariable) != "" {
		fmt.Fprintln(os.Stderr, runParent())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// parentVariable makes the test binary an engine with workers that waits to be
// killed. It prints the numbers of its workers.
const parentVariable = "WORKER_TEST_PARENT"

// runParent leaves a process of a policy behind, if there is a program for it.
func runParent() error {
	e, err := engine.New(policies, engine.Options{Select: []string{"good", "bad"}, Wrap: quick().Wrap})
	if err == nil {
		err = e.Start(context.Background())
	}
	if err != nil {
		return err
	}
	bad, _ := e.Policy("bad")
	_, _ = bad.Execute(context.Background(), "leftover")
	_, _ = bad.Execute(context.Background(), "exit")
	for {
		if _, failed := ask(bad, "pid"); failed == nil {
			fmt.Println("ready")
			select {}
		}
	}
}

// echo is a policy that answers its input.
type echo struct{ name string }

func (e *echo) Name() string                                      { return e.name }
func (e *echo) Validate() error                                   { return nil }
func (e *echo) Execute(_ context.Context, input any) (any, error) { return input, nil }

// bad is a policy that fails in the way that its input names.
type bad struct{ echo }

func (*bad) Name() string { return "bad" }

func (*bad) Execute(ctx context.Context, input any) (any, error) {
	switch name, _ := input.(string); {
	case failures[name] != nil:
		failures[name](ctx)
	case name == "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	case name == "deadline":
		deadline, ok := ctx.Deadline()
		return fmt.Sprint(ok, time.Until(deadline).Round(time.Second)), nil
	case name == "trace":
		return []any{ctx.Value("traceparent"), ctx.Value("tracestate"), ctx.Value("other"), ctx.Value(1)}, nil
	case name == "pid":
		return os.Getpid(), nil
	case name == "error":
		return nil, errors.New("no")
	case name == "long error":
		return nil, errors.New(strings.Repeat("x", 1<<20))
	case name == "channel":
		return make(chan int), nil
	case name == "limits":
		return limits(), nil
	case name == "leftover":
		return leaveBehind()
	}
	return input, nil
}

var failures = map[string]func(context.Context){
	"panic":  func(context.Context) { panic("boom") },
	"goexit": func(context.Context) { runtime.Goexit() },
	"goroutine": func(context.Context) {
		go panic("elsewhere")
		select {}
	},
	"map":    func(context.Context) { writeToOneMap() },
	"stack":  func(context.Context) { spin = deeper(1) },
	"exit":   func(context.Context) { os.Exit(7) },
	"kill":   func(context.Context) { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
	"memory": func(context.Context) { flood() },
	"loop": func(context.Context) {
		for {
			spin++
		}
	},
	"close": func(context.Context) { _ = syscall.Close(inherited + 1); select {} },
	"garbage": func(context.Context) {
		_, _ = syscall.Write(inherited+1, make([]byte, 100))
		select {}
	},
	"slow":  func(context.Context) { time.Sleep(patience + 500*time.Millisecond) }, // whatever its context says
	"print": func(context.Context) { fmt.Println("printed"); fmt.Fprint(os.Stderr, "half a line") },
}

var spin int

func writeToOneMap() {
	shared := map[int]int{}
	for range 8 {
		go func() {
			for i := 0; ; i++ {
				shared[i%64] = i
			}
		}()
	}
	select {}
}

// deeper calls itself without an end.
var deeper func(int) int

func init() { deeper = func(n int) int { return deeper(n+1) + 1 } }

var flooded [][]byte

func flood() {
	for {
		flooded = append(flooded, make([]byte, 1<<20))
	}
}

func limits() map[string]any {
	of := func(resource int) int64 {
		var limit syscall.Rlimit
		_ = syscall.Getrlimit(resource, &limit)
		return int64(limit.Max)
	}
	return map[string]any{"data": of(syscall.RLIMIT_DATA), "files": of(syscall.RLIMIT_NOFILE), "core": of(syscall.RLIMIT_CORE)}
}

// leaveBehind starts a process that outlives the call, and returns its number.
func leaveBehind() (any, error) {
	cmd := exec.Command("sleep", "1000")
	err := cmd.Start()
	return cmd.Process.Pid, err
}

// full is a policy with all methods. It answers what was called.
type full struct{ calls string }

func (*full) Name() string                  { return "full" }
func (f *full) Init(context.Context) error  { f.calls += "Init "; return nil }
func (f *full) Validate() error             { f.calls += "Validate "; return nil }
func (f *full) Close(context.Context) error { fmt.Println(f.calls + "Close"); return nil }
func (f *full) Reload(_ context.Context, config []byte) error {
	switch string(config) {
	case `"wrong"`:
		return errors.New("refused")
	case `"exit"`:
		os.Exit(3)
	case `"hang"`:
		select {}
	}
	f.calls += "Reload " + string(config) + " "
	return nil
}

func (f *full) Execute(_ context.Context, input any) (any, error) {
	if input == "exit" {
		os.Exit(1)
	}
	return f.calls, nil
}

// invalid is a policy whose process ends before it is ready.
type invalid struct{ echo }

func (*invalid) Name() string    { return "invalid" }
func (*invalid) Validate() error { os.Exit(9); return nil }
