package policytest

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/name"
)

// valueFlaw says what makes policy another value than the engine would make
// without a constructor.
func valueFlaw(policy Policy) string {
	if flaw := nilFlaw(policy); flaw != "" {
		return "policytest: " + flaw + ": give Run new(T) or T{}, or RunNew the constructor"
	}
	value, zero := reflect.ValueOf(policy), fmt.Sprintf("%T{}", policy)
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
		zero = fmt.Sprintf("&%v{}", value.Type())
	}
	if !value.IsZero() {
		return fmt.Sprintf("policytest: Run takes %s, with no field set; where a constructor makes the policy, give RunNew that:\n"+
			"policytest.RunNew(t, func() (policytest.Policy, error) { return New(), nil })", zero)
	}
	return ""
}

// nilFlaw says that there is no policy.
func nilFlaw(policy Policy) string {
	if policy == nil {
		return "the policy is nil"
	}
	if value := reflect.ValueOf(policy); value.Kind() == reflect.Pointer && value.IsNil() {
		return fmt.Sprintf("the policy is a nil pointer, of type %T", policy)
	}
	return ""
}

// newValue returns a new value of the policy's type, as the engine makes it
// without a constructor.
func newValue(policy Policy) Policy {
	t := reflect.TypeOf(policy)
	if t.Kind() == reflect.Pointer {
		return reflect.New(t.Elem()).Interface().(Policy)
	}
	return reflect.Zero(t).Interface().(Policy)
}

// newPolicy returns what the constructor makes, or says why that is no policy.
func (k *kit) newPolicy() (Policy, string) {
	var made Policy
	flaw := k.failure(startBudget, func() (err error) {
		made, err = k.construct()
		return err
	})
	if flaw != "" {
		return nil, "its constructor " + flaw // and may still be writing to made
	}
	if flaw := nilFlaw(made); flaw != "" {
		return nil, "its constructor returned no policy: " + flaw
	}
	return made, ""
}

// besides returns another value that is not started, or the first one where
// there cannot be another.
func (k *kit) besides() Policy {
	if policy, flaw := k.newPolicy(); flaw == "" {
		return policy
	}
	return k.policy
}

// sameValue reports whether both are one value. Pointers to what has no size
// may be equal without that: https://go.dev/ref/spec#Comparison_operators.
func sameValue(a, b Policy) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Type() == y.Type() && x.Kind() == reflect.Pointer && x.Type().Elem().Size() > 0 && x.Pointer() == y.Pointer()
}

func (k *kit) checkContract(t *testing.T) {
	t.Run("Name", func(t *testing.T) {
		given := k.name(t, k.policy)
		if flaw := name.Flaw(given); flaw != "" {
			t.Fatalf("Name() %s", flaw)
		}
		for what, policy := range map[string]Policy{"a second call": k.policy, "another value": k.besides()} {
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
	if flaw := k.failure(startBudget, k.policy.Validate); flaw != "" {
		t.Errorf("Validate() %s: the engine would not execute this policy", flaw)
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
