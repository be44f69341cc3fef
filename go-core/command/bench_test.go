package command

import (
	"errors"
	"regexp"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

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
