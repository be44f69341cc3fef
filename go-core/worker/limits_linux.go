package worker

import (
	"fmt"
	"os"
	"syscall"
)

// maxFiles is how many files a worker may have open.
const maxFiles = 1024

// confine sets the limits of this process, of which memory is in bytes. 0 means
// that there is none.
func confine(memory uint64) error {
	limits := map[int]uint64{syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: maxFiles}
	if memory > 0 {
		limits[syscall.RLIMIT_DATA] = max(memory, LeastMemory)
		adapt(memory)
	}
	for resource, limit := range limits {
		if err := lower(resource, limit); err != nil {
			return fmt.Errorf("resource limit %d: %w", resource, err)
		}
	}
	// Where a container runs out of memory, the kernel is to take a worker and
	// not the engine. In some sandboxes there is no such file.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o644)
	return nil
}

// lower sets a limit, unless there is a lower one.
func lower(resource int, limit uint64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(resource, &now); err != nil {
		return err
	}
	now.Cur, now.Max = min(now.Cur, limit), min(now.Max, limit)
	return syscall.Setrlimit(resource, &now)
}
