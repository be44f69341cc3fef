package main

import "testing"

// uncallable panics whichever of its methods is called.
type uncallable struct{ Policy }

// RegisterPolicy keeps the policies in order and calls none of their methods.
func TestRegisterPolicy(t *testing.T) {
	before := policies
	t.Cleanup(func() { policies = before })
	first, second := &uncallable{}, &uncallable{}
	policies = nil
	RegisterPolicy(first)
	RegisterPolicy(second)
	if len(policies) != 2 || policies[0] != Policy(first) || policies[1] != Policy(second) {
		t.Errorf("policies = %v, want the two in registration order", policies)
	}
}
