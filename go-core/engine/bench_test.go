package engine

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// constantPolicy answers without work, so that what is measured is the way to it.
type constantPolicy struct{ fake }

var allowed any = map[string]any{"allow": true}

//go:noinline
func (*constantPolicy) Execute(context.Context, any) (any, error) { return allowed, nil }

func benchmarked(b *testing.B, timeout time.Duration) *Instance {
	return started(b, Options{Timeout: timeout}, &constantPolicy{fake{name: "fake"}}).Policies()[0]
}

// BenchmarkDirect is what a call of the interface's method costs without us.
func BenchmarkDirect(b *testing.B) {
	var policy Policy = &constantPolicy{}
	for b.Loop() {
		_, _ = policy.Execute(context.Background(), nil)
	}
}

// BenchmarkGuarded is a call with recover, breaker, limit and counters.
func BenchmarkGuarded(b *testing.B) {
	p, call := benchmarked(b, 0), Call{Lost: func(*Error) {}}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Call(context.Background(), call)
	}
}

// BenchmarkDeadline is a guarded call with a deadline and its duration.
func BenchmarkDeadline(b *testing.B) {
	p, call := benchmarked(b, time.Second), Call{Lost: func(*Error) {}}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Call(context.Background(), call)
	}
}

// BenchmarkExecute is a call with a deadline on a goroutine of its own.
func BenchmarkExecute(b *testing.B) {
	p := benchmarked(b, time.Second)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Execute(context.Background(), nil)
	}
}

// BenchmarkJSON is a call with a deadline, and the result as JSON text.
func BenchmarkJSON(b *testing.B) {
	p, call := benchmarked(b, time.Second), Call{Lost: func(*Error) {}}
	text := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.AppendJSON(context.Background(), text, call)
	}
}

// BenchmarkStart makes an engine with 100 policies ready.
func BenchmarkStart(b *testing.B) {
	var policies []Policy
	for i := range 100 {
		policies = append(policies, &whole{fake: fake{name: fmt.Sprint("policy-", i)}})
	}
	for b.Loop() {
		e, err := New(policies, Options{})
		if err == nil {
			err = e.Start(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
