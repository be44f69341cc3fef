package calls

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/worker"
)

// A call asks the policy about one request and returns its decision.
type call func(ctx context.Context, r *request) (bool, error)

// A way opens what it calls through, for as long as the test or the benchmark
// runs.
type way struct {
	name string
	open func(tb testing.TB) call
}

// ways begins with the call that all others are compared with.
var ways = []way{
	{"direct", openDirect},
	{"engine", openGuarded},
	{"engine-deadline", openDeadline},
	{"engine-goroutine", openGoroutine},
	{"json", openJSON},
	{"engine-json", openEngineJSON},
	{"engine-process", openProcess},
	{"plugin", openPlugin},
	{"wasm", openWasm},
	{"wasm-stoppable", openStoppableWasm},
	{"rpc", openRPC},
}

func TestMain(m *testing.M) {
	if worker.Requested(os.Args[1:]) {
		os.Stdout = os.Stderr
		os.Exit(worker.Serve([]engine.Policy{policy}, os.Args[1:]))
	}
	if socket := os.Getenv(serveVariable); socket != "" {
		fmt.Fprintln(os.Stderr, serve(socket))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// Every way decides every request as OPA's documentation says.
func TestWaysDecideAlike(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) { mustDecide(t, w.open(t)) })
	}
}

func BenchmarkCall(b *testing.B) {
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			call, ctx, r := w.open(b), b.Context(), &requests[0]
			mustDecide(b, call)
			b.ReportAllocs()
			for b.Loop() {
				if allowed, err := call(ctx, r); err != nil || !allowed {
					b.Fatal(allowed, err)
				}
			}
		})
	}
}

// mustDecide fails unless call decides every request rightly, twice: what a
// call leaves behind must not change the next.
func mustDecide(tb testing.TB, call call) {
	tb.Helper()
	for range 2 {
		for i := range requests {
			r := &requests[i]
			allowed, err := call(tb.Context(), r)
			if err != nil {
				tb.Fatalf("%s: %v", r.text, err)
			}
			if allowed != r.allowed {
				tb.Fatalf("%s: decided %t, not %t", r.text, allowed, r.allowed)
			}
		}
	}
}
