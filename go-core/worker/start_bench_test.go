//go:build unix

package worker

import (
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// BenchmarkStart starts an engine with one worker, and ends it.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		e, err := engine.New(policies, engine.Options{Select: []string{"good"}, Wrap: Options{Memory: 512 << 20}.Wrap})
		if err == nil {
			err = e.Start(b.Context())
		}
		if err == nil {
			err = e.Close(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
