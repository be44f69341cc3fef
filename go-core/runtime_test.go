package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// uncallable panics whichever of its methods is called.
type uncallable struct{ Policy }

// register begins with no registrations, and ends with those from before.
func register(t *testing.T) {
	before := registrations
	registrations = nil
	t.Cleanup(func() { registrations = before })
}

// Policies, registered or made, are in order, and none of their methods is
// called.
func TestPoliciesAreInOrder(t *testing.T) {
	register(t)
	first, second, third := &uncallable{}, &uncallable{}, &uncallable{}
	RegisterPolicy(first)
	RegisterConstructor("a.P", func() (Policy, error) { return second, nil })
	RegisterPolicy(third)
	policies, err := makePolicies()
	if err != nil || !slices.Equal(policies, []Policy{first, second, third}) {
		t.Errorf("policies = %v, %v, want the three in order", policies, err)
	}
}

// A constructor is called when policies are made, and not before.
func TestConstructorsWait(t *testing.T) {
	register(t)
	called := 0
	RegisterConstructor("a.P", func() (Policy, error) { called++; return nil, nil })
	if called != 0 {
		t.Error("it was called by init")
	}
	if _, err := makePolicies(); err != nil || called != 1 {
		t.Errorf("called %d times, %v", called, err)
	}
}

// All constructors that fail are told, each on one line, a panic as an error.
func TestFailingConstructors(t *testing.T) {
	register(t)
	RegisterConstructor("a.P", func() (Policy, error) { return nil, errors.New("no\nfile") })
	RegisterConstructor("b.P", func() (Policy, error) { panic("\x1b[31mred") })
	_, err := makePolicies()
	want := []string{`a.P cannot be made: no\nfile`, `b.P cannot be made: panic: \x1b[31mred`}
	if err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
