package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The output unpacks to the input, is the same every time, and its header
// holds no time, no name and no operating system.
func TestCompress(t *testing.T) {
	for _, input := range []string{"", "x", strings.Repeat("layer ", 100000)} {
		var first, second bytes.Buffer
		if compress(&first, strings.NewReader(input)) != nil || compress(&second, iotest.OneByteReader(strings.NewReader(input))) != nil {
			t.Fatal("compress fails")
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("two runs differ")
		}
		if header := first.Bytes()[:10]; !bytes.Equal(header, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}) {
			t.Errorf("header % x", header)
		}
		reader, err := gzip.NewReader(&first)
		if err != nil {
			t.Fatal(err)
		}
		if output, err := io.ReadAll(reader); err != nil || string(output) != input {
			t.Errorf("%d bytes, %v", len(output), err)
		}
	}
}

// An input that fails, or an output that takes nothing, is an error.
func TestCompressErrors(t *testing.T) {
	broken := errors.New("broken")
	if err := compress(io.Discard, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := compress(failingWriter{broken}, strings.NewReader("x")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// failingWriter is a full disk.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
