package decision

import (
	"bytes"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// batchSize is how much text is written at once, in bytes.
const batchSize = 64 << 10

// A batch is the text of records that are written at once.
type batch struct {
	text    []byte
	records int
	size    int64 // of the records in memory
}

// write writes the records until there will be no more, several at once when
// several wait.
func (l *Log) write() {
	defer close(l.done)
	var b batch
	for r := range l.waiting {
		l.encode(&b, r)
		if len(l.waiting) == 0 || len(b.text) >= batchSize {
			l.flush(&b)
		}
	}
	l.flush(&b) // where the last line was torn, whoever writes on begins a new one
}

// encode adds the record to the batch.
func (l *Log) encode(b *batch, r *Record) {
	b.size += r.size()
	l.masks.apply(r)
	r.Build = build.Digest() // here, where no decision waits for it
	text, err := document.Encode(r)
	if err != nil {
		l.fail(1, err)
		return
	}
	b.text, b.records = append(append(b.text, text...), '\n'), b.records+1
}

// flush writes the batch, which is a new one then. Where a line was torn the new
// one begins with the end of that line.
func (l *Log) flush(b *batch) {
	torn := false
	if len(b.text) > 0 {
		n, err := l.out.Write(b.text)
		if err != nil {
			l.fail(min(b.records, bytes.Count(b.text[n:], newline)), err)
			torn = n > 0 && b.text[n-1] != '\n' || n == 0 && b.text[0] == '\n'
		} else {
			l.losses.written()
		}
	}
	l.taken.Add(-b.size)
	*b = batch{text: b.text[:0]}
	if cap(b.text) > 16*batchSize {
		b.text = nil // one large record does not take memory for ever
	}
	if torn {
		b.text = append(b.text, newline...)
	}
}

var newline = []byte{'\n'}

func (l *Log) fail(records int, err error) {
	l.err.Store(&err)
	l.losses.add(0, records, err)
}
