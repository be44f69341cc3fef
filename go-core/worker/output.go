package worker

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is the length of the longest line that is kept together, in bytes.
const maxLine = 64 << 10

// An output writes what a policy prints, line by line after its name.
type output struct {
	to     io.Writer
	prefix string

	mu    sync.Mutex
	line  []byte // that has not ended yet
	words string // the last line that says why Go ended the process
}

func newOutput(to io.Writer, name string) *output { return &output{to: to, prefix: name + ": "} }

// Write takes text of the worker. It never fails: a worker cannot do anything
// about it.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lines []byte
	for part := range bytes.Lines(text) {
		o.line = append(o.line, part...)
		if part[len(part)-1] == '\n' || len(o.line) >= maxLine {
			lines = o.endLine(lines)
		}
	}
	o.write(lines)
	return len(text), nil
}

// endLine appends the line, as it is to be written, to the others.
func (o *output) endLine(lines []byte) []byte {
	line := bytes.TrimSuffix(o.line, []byte("\n"))
	for _, start := range []string{"panic: ", "fatal error: ", "runtime: goroutine stack exceeds", "SIGSEGV: ", "SIGBUS: "} {
		if bytes.HasPrefix(line, []byte(start)) {
			o.words = string(line[:min(len(line), 500)])
		}
	}
	lines = append(append(append(lines, o.prefix...), line...), '\n')
	o.line = o.line[:0]
	return lines
}

func (o *output) write(lines []byte) {
	if len(lines) > 0 {
		_, _ = o.to.Write(lines) // nothing can be done about an error
	}
}

// flush writes a last line that has no end.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > 0 {
		o.write(o.endLine(nil))
	}
}

// lastWords returns the line with which Go has said why the process ends.
func (o *output) lastWords() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.words
}
