// Package document reads and writes the JSON documents that go into policies
// and come out of them.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxSize is the size of the largest document that Read reads, and of the largest
// file that ReadFile does, in bytes.
const MaxSize = 64 << 20

// TrimMark returns the text without a byte order mark, which editors on Windows
// write before it.
func TrimMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// Read reads one JSON document, all there is to read from r, and returns its
// text, which is for Decode to check. Nothing but white space means null, and a
// byte order mark is left out.
func Read(r io.Reader) ([]byte, error) {
	text, err := readAll(r)
	if err != nil {
		return nil, err
	}
	text = TrimMark(text)
	if len(bytes.Trim(text, " \t\r\n")) == 0 {
		return []byte("null"), nil
	}
	return text, nil
}

// ReadFile is os.ReadFile for a file of settings: one that is larger than MaxSize is
// an error and not read to its end, and so is what is no regular file, before it is
// opened. A pipe would be waited for, maybe for ever, and be empty the next time.
func ReadFile(path string) ([]byte, error) {
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := readAll(file)
	if err == errTooLarge {
		err = &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return text, err
}

// checkRegular refuses pipes, devices and sockets. What is wrong with a folder, or
// with the path, is told by the system.
func checkRegular(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() || info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "read", Path: path, Err: errNotRegular}
}

var errNotRegular = errors.New("not a regular file; put its text into one, since it may be read again")

var errTooLarge = fmt.Errorf("larger than the limit of %d MiB", MaxSize>>20)

func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err == nil && len(text) > MaxSize {
		return nil, errTooLarge
	}
	return text, err
}
