package decision

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Options are what a Log may be told.
type Options struct {
	// Records is how many records may wait to be written; 0 means 4096.
	Records int
	// Bytes is how much memory they may take, about; 0 means 64 MiB. A record
	// that is larger waits alone.
	Bytes int64
	// Masks are what is taken out of every record.
	Masks Masks
	// Metrics is where the log counts what is lost; nil means nowhere.
	Metrics *metrics.Registry
	// Log is where it tells of that; nil means nowhere.
	Log *slog.Logger
}

// A Log writes records in the background. A record for which there is no room,
// since the writer is too slow, is dropped and counted: a decision is never
// held up by its log. Its methods are safe for concurrent use.
type Log struct {
	out    io.Writer
	masks  Masks
	limit  int64 // of taken
	taken  atomic.Int64
	losses *losses

	mu      sync.RWMutex // held for reading while a record is put in
	closed  bool
	waiting chan *Record
	done    chan struct{}
	err     atomic.Pointer[error]
}

// NewLog returns a log that writes to w.
func NewLog(w io.Writer, o Options) *Log {
	l := &Log{
		out:     w,
		masks:   o.Masks,
		limit:   cmp.Or(o.Bytes, 64<<20),
		losses:  newLosses(cmp.Or(o.Metrics, metrics.NewRegistry()), cmp.Or(o.Log, slog.New(slog.DiscardHandler))),
		waiting: make(chan *Record, cmp.Or(o.Records, 4096)),
		done:    make(chan struct{}),
	}
	go l.write()
	return l
}

// Add puts the record in the log, which owns it from now on, and reports
// whether there was room.
func (l *Log) Add(r *Record) bool {
	added := l.put(r)
	if !added {
		l.losses.add(1, 0, nil)
	}
	return added
}

func (l *Log) put(r *Record) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	size := r.size()
	if taken := l.taken.Add(size); !l.closed && (taken <= l.limit || taken == size) {
		select {
		case l.waiting <- r:
			return true
		default:
		}
	}
	l.taken.Add(-size)
	return false
}

// Dropped returns how many records there was no room for.
func (l *Log) Dropped() uint64 { return l.losses.dropped.Value() }

// Failed returns how many records could not be written.
func (l *Log) Failed() uint64 { return l.losses.failed.Value() }

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
