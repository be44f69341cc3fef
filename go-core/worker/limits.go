package worker

import "runtime/debug"

// LeastMemory is the least limit of memory with which a worker starts, in bytes.
// Go's runtime has about 40 MiB mapped from the beginning, and takes more in
// large pieces.
const LeastMemory = 128 << 20

// adapt makes Go's runtime keep to a limit of memory as well as it can: it
// collects garbage more often before there is none left, and recursion without
// an end is called that before it has used all of it.
func adapt(memory uint64) {
	memory = min(max(memory, LeastMemory), 1<<40)
	debug.SetMemoryLimit(min(debug.SetMemoryLimit(-1), int64(memory/5*4)))
	debug.SetMaxStack(min(int(memory/4), 1<<30))
}
