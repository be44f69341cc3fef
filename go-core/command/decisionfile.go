package command

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
)

// A decisionFile is the file of a log of decisions. It may be opened again while
// it is written to, when it was moved away: what is being written then is in the old
// one, and all that comes later in the new one.
type decisionFile struct {
	path   string
	next   atomic.Pointer[os.File] // is written to from the next Write on
	opened *os.File                // for Write alone
}

// reopen opens the file, which is made if it is not there. On an error the one that
// was open stays.
func (f *decisionFile) reopen() error {
	// Without O_NONBLOCK a pipe that nobody reads would hold us up for ever.
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ENXIO) {
		return fmt.Errorf("nobody reads the pipe %s; start what reads it first", f.path)
	}
	if err != nil {
		return err
	}
	if unused := f.next.Swap(file); unused != nil {
		_ = unused.Close() // nothing was written to it
	}
	return nil
}

// Write writes to the file. One goroutine at a time may call it.
func (f *decisionFile) Write(text []byte) (int, error) {
	if next := f.next.Swap(nil); next != nil {
		if f.opened != nil {
			_ = f.opened.Close() // what was written to it was told by Write
		}
		f.opened = next
	}
	return f.opened.Write(text)
}
