// Policy-engine lists, validates and runs the policies that are built into it.
//
// The policies come from imports.go, which policy_tasks generates into a copy
// of this directory; without that file the engine builds and holds none. What
// the program does is in package command, and what a policy is in
// engine/policy.go.
package main

import (
	"os"

	"github.com/policy-tasks/policy-tasks/go-core/command"
)

func main() {
	os.Exit(command.Main(policies, os.Args[1:], command.TakeStdio()))
}
