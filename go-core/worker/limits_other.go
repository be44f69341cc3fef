//go:build !linux

package worker

import "runtime/debug"

// confine makes Go's runtime keep to that many bytes as well as it can. 0 means
// that there is no limit.
func confine(memory uint64) error {
	if memory > 0 {
		debug.SetMemoryLimit(min(debug.SetMemoryLimit(-1), int64(memory/5*4)))
	}
	return nil
}
