package main

import "github.com/policy-tasks/policy-tasks/go-core/engine"

// Policy is the contract of engine.Policy under the name that the generated
// imports.go uses to check each policy at compile time.
type Policy = engine.Policy
