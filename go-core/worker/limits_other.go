//go:build !linux

package worker

// confine makes Go's runtime keep to that many bytes. 0 means no limit.
func confine(memory uint64) error {
	if memory > 0 {
		adapt(memory)
	}
	return nil
}
