package policytest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/policytest"
)

// making returns a constructor of this policy.
func making(policy policytest.Policy) func() (policytest.Policy, error) {
	return func() (policytest.Policy, error) { return policy, nil }
}

// Policies that an engine would start with pass, and what is wrong with one
// alone is left to the test of that one.
func TestRunEngine(t *testing.T) {
	policytest.RunEngine(t)
	policytest.RunEngine(t, making(new(good)), making(byValue{}), making(new(nameless)), making(new(nameless)), making((*good)(nil)),
		making(nil), func() (policytest.Policy, error) { panic("no luck") },
		func() (policytest.Policy, error) { return new(good), errors.New("no key") })
}

// Two policies of one name fail, in the engine's own words.
func TestOneNameForTwo(t *testing.T) {
	output, failed := try(oneName)
	const want = `"good" is the name of both github.com/policy-tasks/policy-tasks/go-core/policytest_test.good and ` +
		`github.com/policy-tasks/policy-tasks/go-core/policytest_test.wrongAnswer: the engine would not start`
	if !failed || !strings.Contains(output, want) {
		t.Errorf("failed is %v, and no message has %q:\n%s", failed, want, output)
	}
}

// oneName is the subject of that.
const oneName = "one name for two"
