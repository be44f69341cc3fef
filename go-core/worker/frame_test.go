package worker

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// FuzzFrames reads frames from any bytes: what is read is written again as the
// same bytes, and what is not in order is an error, without much memory.
func FuzzFrames(f *testing.F) {
	text := append(beginFrame(nil), `{"a":1}`...)
	_ = endFrame(text, execute, 7, time.Second)
	failure := appendFailure(beginFrame(nil), &engine.Error{Message: "no", Stack: "stack"})
	_ = endFrame(failure, byte(engine.Panicked), 8, 0)
	for _, seed := range [][]byte{nil, text, failure, append(text, failure...), text[:5], {255, 255, 255, 15, 0}, make([]byte, 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(text), buffered)
		var again []byte
		for {
			read, err := readFrame(r)
			if err != nil {
				if err == io.EOF && !bytes.Equal(again, text) {
					t.Errorf("%x was read as %x", text, again)
				}
				return
			}
			if cap(read.body) > max(2*len(text), piece) {
				t.Errorf("%d bytes of memory for a frame in %d", cap(read.body), len(text))
			}
			one := append(beginFrame(nil), read.body...)
			if err := endFrame(one, read.kind, read.id, read.limit); err != nil {
				t.Fatal(err)
			}
			again = append(again, one...)
			if a, err := answerOf(read); err == nil && a.failed != nil {
				if back := appendFailure(nil, a.failed); !bytes.Equal(back, read.body) {
					t.Errorf("%x was read as %x", read.body, back)
				}
			}
		}
	})
}

// FuzzValues reads the values of a call from any bytes: those that are in order are
// written again, and mean the same; those that are not are an error.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"", "\x00", "\x00\x00null", "\x03ab\x01{}", "\x05ab", "\x80\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, rest, err := readValues(text)
		if err != nil || len(text) > longestValue {
			return
		}
		again, after, err := readValues(append(appendValues(nil, &callContext{values: first}), rest...))
		if err != nil || again != first || !bytes.Equal(after, rest) {
			t.Errorf("%q was read as %q and %q, then as %q and %q, %v", text, first, rest, again, after, err)
		}
	})
}

// A frame that ends early is an error, and so is one that is said to be longer
// than any.
func TestBrokenFrame(t *testing.T) {
	whole := append(beginFrame(nil), "true"...)
	if err := endFrame(whole, execute, 1, 0); err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(whole); n++ {
		if _, err := readFrame(bufio.NewReader(bytes.NewReader(whole[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	whole[3] = 255
	if _, err := readFrame(bufio.NewReader(bytes.NewReader(whole))); err != errTooLong {
		t.Errorf("a frame of 4 GiB: %v", err)
	}
}
