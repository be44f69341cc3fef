//go:build race

package policytest

// slowdown is how much longer everything may take under the race detector:
// https://go.dev/doc/articles/race_detector#Runtime_Overheads.
const slowdown = 10
