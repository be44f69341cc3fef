package policytest

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/name"
)

// valueFlaw says what makes policy another value than the engine would make.
func valueFlaw(policy Policy) string {
	value := reflect.ValueOf(policy)
	switch {
	case policy == nil:
		return "policytest: the policy is nil"
	case value.Kind() != reflect.Pointer:
		if !value.IsZero() {
			return fmt.Sprintf("policytest: the engine makes %T{}, with no field set: give Run that value", policy)
		}
	case value.IsNil():
		return fmt.Sprintf("policytest: the policy is a nil pointer: give Run new(%v)", value.Type().Elem())
	case !value.Elem().IsZero():
		return fmt.Sprintf("policytest: the engine makes &%v{}, with no field set: give Run that value", value.Type().Elem())
	}
	return ""
}

// newValue returns a new value of the policy's type, as the engine makes it.
func newValue(policy Policy) Policy {
	t := reflect.TypeOf(policy)
	if t.Kind() == reflect.Pointer {
		return reflect.New(t.Elem()).Interface().(Policy)
	}
	return reflect.Zero(t).Interface().(Policy)
}

func (k *kit) checkContract(t *testing.T) {
	t.Run("Name", func(t *testing.T) {
		given := k.name(t, k.policy)
		if flaw := name.Flaw(given); flaw != "" {
			t.Fatalf("Name() %s", flaw)
		}
		for what, policy := range map[string]Policy{"a second call": k.policy, "another value": newValue(k.policy)} {
			if got := k.name(t, policy); got != given {
				t.Errorf("Name() of %s is %q, and was %q: it has to be a constant", what, got, given)
			}
		}
	})
	t.Run("Constants", k.checkConstants)
	t.Run("Validate", k.checkValidate)
}

// checkValidate looks at what makes the policy ready, in the engine's order.
func (k *kit) checkValidate(t *testing.T) {
	if k.unstarted != "" {
		t.Fatalf("%s: the engine would not execute this policy", k.unstarted)
	}
	var err error
	if flaw := k.guard(func() { err = k.policy.Validate() }); flaw != "" {
		t.Fatalf("Validate() %s", flaw)
	}
	if err != nil {
		t.Errorf("Validate() returned the error %q: the engine would not execute this policy", errorText(err))
	}
}

// name returns the name of policy, and fails the test where it has none.
func (k *kit) name(t *testing.T, policy Policy) (name string) {
	t.Helper()
	if flaw := k.guard(func() { name = policy.Name() }); flaw != "" {
		t.Fatalf("Name() %s", flaw)
	}
	return name
}
