package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A registration is a policy that is there, or how one is made.
type registration struct {
	policy    Policy
	origin    string
	construct func() (Policy, error)
}

// registrations holds what imports.go registered, in the order in which the
// policies are listed and run.
var registrations []registration

// RegisterPolicy adds p to the policies of this binary. It is called from
// init, where a panic could only be a crash before main, so it calls no method
// of p; command.Main checks the policies when it can report what is wrong.
func RegisterPolicy(p Policy) {
	registrations = append(registrations, registration{policy: p})
}

// RegisterConstructor adds the policy that construct makes, once main has
// begun and can report that it makes none. The origin names it until then.
func RegisterConstructor(origin string, construct func() (Policy, error)) {
	registrations = append(registrations, registration{origin: origin, construct: construct})
}

// makePolicies makes all policies, or returns every reason why one cannot be
// made.
func makePolicies() ([]Policy, error) {
	var policies []Policy
	var problems []error
	for _, each := range registrations {
		policy, err := each.policy, error(nil)
		if each.construct != nil {
			policy, err = engine.Construct(each.construct)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s cannot be made: %s", each.origin, printable(err.Error())))
		}
		policies = append(policies, policy)
	}
	return policies, errors.Join(problems...)
}

// printable returns text on one line, fit for a terminal: it is a policy's.
func printable(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
