package worker

import (
	"os"
	"sync"
	"syscall"
)

// A writer writes frames to a pipe. Whoever comes while another writes leaves
// his frame to that one, so that frames of calls that are made at once go
// together. No caller waits for the other side to read.
type writer struct {
	file *os.File
	raw  syscall.RawConn

	mu      sync.Mutex
	pending []byte // frames that nobody has begun to write
	spare   []byte // memory for pending
	writing bool
	err     error
}

func newWriter(file *os.File) (*writer, error) {
	raw, err := file.SyscallConn()
	return &writer{file: file, raw: raw}, err
}

// send writes a frame, or leaves it to another goroutine. The error is that of
// a pipe that is broken.
func (w *writer) send(frame []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, frame...)
	if w.writing || w.err != nil {
		return w.err
	}
	w.writing = true
	for len(w.pending) > 0 && w.err == nil {
		text := w.take()
		w.mu.Unlock()
		rest, err := w.try(text)
		w.mu.Lock()
		w.spare, w.err = reusable(text), err
		if len(rest) > 0 && err == nil {
			w.spare = nil
			go w.drain(rest)
			return nil
		}
	}
	w.writing = false
	return w.err
}

// take returns what is to be written next. w.mu is held.
func (w *writer) take() []byte {
	text := w.pending
	w.pending, w.spare = w.spare[:0], nil
	return text
}

// reusable returns the memory of a buffer, unless it is so large that it is not
// worth keeping.
func reusable(text []byte) []byte {
	if cap(text) > piece {
		return nil
	}
	return text[:0]
}

// try writes what the pipe takes at once, and returns the rest.
func (w *writer) try(text []byte) (rest []byte, err error) {
	failed := w.raw.Write(func(descriptor uintptr) bool {
		for len(text) > 0 && err == nil {
			var n int
			n, err = writeNow(descriptor, text)
			text = text[max(n, 0):]
		}
		return true // do not wait
	})
	switch err {
	case syscall.EAGAIN, syscall.EINTR:
		err = nil // drain goes on
	}
	if failed != nil {
		err = failed
	}
	return text, err
}

// drain writes rest, and whatever has come in the meantime, and waits for the
// other side to read. It ends when the pipe is closed.
func (w *writer) drain(rest []byte) {
	for {
		_, err := w.file.Write(rest)
		w.mu.Lock()
		w.err = err
		if err != nil || len(w.pending) == 0 {
			w.writing = false
			w.mu.Unlock()
			return
		}
		rest = w.take()
		w.mu.Unlock()
	}
}
