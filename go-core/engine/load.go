package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/name"
)

// constantTimeout is how long a method that returns a constant may take, and a
// constructor.
const constantTimeout = 5 * time.Second

// A loadedPolicy is a policy with a usable name and the place it comes from.
type loadedPolicy struct {
	policy Policy
	name   string
	origin origin
}

// An origin is the import path and the type of a policy.
type origin struct {
	importPath, typeName string
}

func (o origin) String() string { return o.importPath + "." + o.typeName }

// load asks every policy for its name, once. The error it returns names
// everything that is wrong, so that one build is enough to repair it all.
func load(policies []Policy) ([]loadedPolicy, error) {
	loaded := make([]loadedPolicy, 0, len(policies))
	var problems []string
	owners := map[string]origin{}
	for i, policy := range policies {
		one, problem := loadOne(i, policy)
		if owner, taken := owners[one.name]; taken && problem == "" {
			problem = fmt.Sprintf("%q is the name of both %s and %s", one.name, owner, one.origin)
		}
		if problem != "" {
			problems = append(problems, problem)
			continue
		}
		owners[one.name] = one.origin
		loaded = append(loaded, one)
	}
	if problems != nil {
		return nil, &LoadError{problems}
	}
	return loaded, nil
}

// loadOne loads the policy registered at index, or returns what is wrong.
func loadOne(index int, policy Policy) (loaded loadedPolicy, problem string) {
	if policy == nil {
		return loaded, fmt.Sprintf("the policy registered at position %d is nil", index+1)
	}
	own := unwrapped(policy)
	loaded = loadedPolicy{policy: policy, origin: originOf(own)}
	if value := reflect.ValueOf(own); value.Kind() == reflect.Pointer && value.IsNil() {
		return loaded, fmt.Sprintf("%s is registered as a nil pointer", loaded.origin)
	}
	given, failed := constant(policy.Name)
	if failed != nil {
		return loaded, fmt.Sprintf("%s has no name: %s", loaded.origin, failed.Message)
	}
	loaded.name = given
	if flaw := name.Flaw(loaded.name); flaw != "" {
		return loaded, fmt.Sprintf("%s has a name that %s", loaded.origin, flaw)
	}
	return loaded, ""
}

// constant calls a method of a policy that returns a constant, or its constructor.
func constant[T any](method func() T) (T, *Error) {
	returned := make(chan T, 1)
	failed := guard(context.Background(), constantTimeout, func(context.Context) error {
		returned <- method()
		return nil
	})
	if failed != nil {
		var none T
		return none, failed
	}
	return <-returned, nil
}

// A wrapper is a policy around another one, and is shown as that one. The
// generated code has some where several versions of a policy are in a binary.
type wrapper interface {
	Unwrap() Policy
}

// unwrapped returns the policy that is in a wrapper, or the policy itself.
func unwrapped(policy Policy) Policy {
	if wrapper, ok := policy.(wrapper); ok {
		if own, failed := constant(wrapper.Unwrap); failed == nil && own != nil {
			return own
		}
	}
	return policy
}

// originOf returns where the type of policy is declared.
func originOf(policy Policy) origin {
	t := reflect.TypeOf(policy)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return origin{t.PkgPath(), t.String()}
	}
	return origin{t.PkgPath(), t.Name()}
}
