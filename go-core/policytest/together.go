package policytest

import (
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// RunEngine fails where one engine would not start with all these policies,
// since two have the same name, say. What is wrong with a policy on its own is
// left to RunNew: the others are checked without it.
func RunEngine(t *testing.T, constructs ...func() (Policy, error)) {
	t.Helper()
	var policies []Policy
	for _, construct := range constructs {
		k := &kit{construct: construct}
		policy, flaw := k.newPolicy()
		if flaw == "" && loadFlaw(policy) == nil {
			policies = append(policies, policy)
		}
	}
	if err := loadFlaw(policies...); err != nil {
		t.Fatalf("%v: the engine would not start", err)
	}
}

// loadFlaw is what the engine says of these policies when it is to have them.
func loadFlaw(policies ...Policy) error {
	_, err := engine.New(policies, engine.Options{})
	return err
}
