package command

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A policy that does not answer in time is reported, and left out.
func TestBenchTimeout(t *testing.T) {
	wait := func(ctx context.Context, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	policies := []engine.Policy{&fake{name: "waits", execute: wait}, echoing("good")}
	got := invoke(policies, "1", "bench", "--benchtime", "1ms", "--timeout", "20ms")
	if got.code != exitPolicy || got.err != "policy-engine: policy \"waits\": no answer within 20ms\n" {
		t.Errorf("exit code %d\n%s", got.code, got.err)
	}
	if strings.Contains(got.out, "waits") || !strings.Contains(got.out, "BenchmarkPolicy/good") {
		t.Errorf("standard output:\n%s", got.out)
	}
}

// Bench prints a line of Go's benchmark format for each policy and repetition,
// and reports a policy that fails.
func TestBench(t *testing.T) {
	policies := []engine.Policy{echoing("a b"), answering("bad", nil, errors.New("no"))}
	got := invoke(policies, `{"a":1}`, "bench", "--benchtime", "1ms", "--count", "2")
	line := `BenchmarkPolicy/a_b(-\d+)?\s+\d+\s+\d+\.\d ns/op\s+\d+ B/op\s+\d+ allocs/op\n`
	want := regexp.MustCompile(`^goos: \w+\ngoarch: \w+\n(pkg: .*\n)?` + line + line + `$`)
	if !want.MatchString(got.out) || got.code != exitPolicy || got.err != "policy-engine: policy \"bad\": no\n" {
		t.Errorf("exit code %d\n%s%s", got.code, got.out, got.err)
	}
}
