package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// fetchInput reads the input that the flag --input names: a file, standard
// input for "-", and for "", the flag not being given, standard input unless a
// person would have to type it.
//
// It returns as soon as ctx is cancelled, since neither reading a pipe nor
// opening one can be interrupted.
func (e *engine) fetchInput(ctx context.Context, path string) (inputText, error) {
	var text inputText
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		text, err = e.readSource(path)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err // the path is in the message already
	}
	if err != nil {
		return nil, fail(exitUsage, "input from %s: %v", sourceName(path), err)
	}
	return text, nil
}

// readSource reads the input from the source that path stands for.
func (e *engine) readSource(path string) (inputText, error) {
	switch {
	case path == "" && isTerminal(e.stdio.In):
		return readInput(strings.NewReader(""))
	case path == "" || path == "-":
		return readInput(e.stdio.In)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readInput(file)
}

// sourceName names the source in a message.
func sourceName(path string) string {
	if path == "" || path == "-" {
		return "standard input"
	}
	return path
}

// isTerminal reports whether r is a terminal. Other character devices count as
// well: of those only /dev/null is likely here, and it is empty anyway.
func isTerminal(r io.Reader) bool {
	file, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
