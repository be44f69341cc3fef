package main

// policies holds every registered policy in registration order, which is the
// order in which they are listed and run.
var policies []Policy

// RegisterPolicy adds p to the policies of this binary. It is called from
// init, where a panic could only be a crash before main, so it calls no method
// of p; command.Main checks the policies when it can report what is wrong.
func RegisterPolicy(p Policy) {
	policies = append(policies, p)
}
