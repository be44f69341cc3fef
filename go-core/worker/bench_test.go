//go:build unix

package worker

import (
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

const benchInput = `{"user":"alice","roles":["reader","editor"],"action":"write","resource":"document:42"}`

func benchmarked(b *testing.B) (*engine.Instance, any) {
	e, err := engine.New(policies, engine.Options{Select: []string{"good"}, Timeout: 10 * time.Second, Wrap: Options{}.Wrap})
	if err == nil {
		err = e.Start(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close(b.Context()) })
	input, err := document.Decode([]byte(benchInput), document.MaxDepth)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	return e.Policies()[0], input
}

// BenchmarkCall is one call after the other, from a value to JSON text.
func BenchmarkCall(b *testing.B) {
	p, input := benchmarked(b)
	call := engine.Call{Input: input, Lost: func(*engine.Error) {}}
	var text []byte
	for b.Loop() {
		var err error
		if text, err = p.AppendJSON(b.Context(), text[:0], call); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCallsAtOnce is many calls at once, whose frames go together.
func BenchmarkCallsAtOnce(b *testing.B) {
	p, input := benchmarked(b)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		call := engine.Call{Input: input, Lost: func(*engine.Error) {}}
		var text []byte
		for pb.Next() {
			var err error
			if text, err = p.AppendJSON(b.Context(), text[:0], call); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
