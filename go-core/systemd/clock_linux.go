package systemd

import (
	"strconv"
	"syscall"
	"unsafe"
)

// clockMonotonic is CLOCK_MONOTONIC in clock_gettime(2).
const clockMonotonic = 1

// monotonic returns the time of CLOCK_MONOTONIC in microseconds, with which
// systemd tells two reloads apart, or "".
func monotonic() string {
	var now syscall.Timespec
	_, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	if failed != 0 {
		return ""
	}
	return strconv.FormatInt(now.Nano()/1000, 10)
}
