package decision

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// A Log writes records in the background. A record for which there is no room,
// since the writer is too slow, is dropped and counted: a decision is never
// held up by its log. Its methods are safe for concurrent use.
type Log struct {
	out     io.Writer
	masks   Masks
	dropped *metrics.Counter
	failed  *metrics.Counter

	mu      sync.RWMutex // held for reading while a record is put in
	closed  bool
	waiting chan *Record
	done    chan struct{}
	err     atomic.Pointer[error]
}

// NewLog returns a log that writes to w, with room for as many records as size
// that wait to be written.
func NewLog(w io.Writer, size int, masks Masks, r *metrics.Registry) *Log {
	l := &Log{
		out:     w,
		masks:   masks,
		dropped: r.Counter("policy_decision_log_dropped_total", "Decisions that are not in the log, since there was no room.").With(),
		failed:  r.Counter("policy_decision_log_failed_total", "Decisions that could not be written to the log.").With(),
		waiting: make(chan *Record, size),
		done:    make(chan struct{}),
	}
	go l.write()
	return l
}

// Add puts the record in the log, which owns it from now on, and reports
// whether there was room.
func (l *Log) Add(r *Record) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !l.closed {
		select {
		case l.waiting <- r:
			return true
		default:
		}
	}
	l.dropped.Inc()
	return false
}

// Dropped returns how many records were dropped.
func (l *Log) Dropped() uint64 { return l.dropped.Value() }

// Err returns the last error of the writer, or nil.
func (l *Log) Err() error {
	if err := l.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Close writes the records that wait, unless ctx ends before, and returns what
// went wrong with the writer.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.waiting)
	}
	l.mu.Unlock()
	select {
	case <-l.done:
		return l.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// batchSize is how much text is written at once, in bytes.
const batchSize = 64 << 10

// write writes the records until there will be no more, several at once when
// several wait.
func (l *Log) write() {
	defer close(l.done)
	var batch []byte
	records := 0
	for r := range l.waiting {
		l.masks.apply(r)
		r.Build = build.Digest() // here, where no decision waits for it
		text, err := document.Encode(r)
		if err != nil {
			l.fail(1, err)
			continue
		}
		batch, records = append(append(batch, text...), '\n'), records+1
		if len(l.waiting) > 0 && len(batch) < batchSize {
			continue
		}
		n, err := l.out.Write(batch)
		batch = batch[:0]
		if err != nil {
			l.fail(records, err)
		}
		if err != nil && n > 0 {
			batch = append(batch, '\n') // ends the line of which only a part was written
		}
		records = 0
	}
}

func (l *Log) fail(records int, err error) {
	l.failed.Add(uint64(records))
	l.err.Store(&err)
}
