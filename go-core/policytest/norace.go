//go:build !race

package policytest

// slowdown is how much longer everything may take under the race detector.
const slowdown = 1
