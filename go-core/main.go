// Policy-engine lists, validates and runs the policies that are built into it.
//
// The policies come from imports.go, which policy_tasks generates into a copy
// of this directory; without that file the engine builds and holds none. What
// the program does is in package command, and what a policy is in
// engine/policy.go.
package main

import (
	_ "embed"
	"os"

	"github.com/policy-tasks/policy-tasks/go-core/command"
)

// modules says which modules the policies come from. policy_tasks fills the copy
// that is built. It costs no build time: package main is compiled again anyway
// when a policy has changed.
//
//go:embed modules.json
var modules []byte

func main() {
	stdio := command.TakeStdio() // before a constructor can print
	policies, err := makePolicies()
	program := command.Program{Policies: policies, Err: err, Modules: modules}
	os.Exit(command.Main(program, os.Args[1:], stdio))
}
