package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// fetchInput reads the input that the flag --input names: a file, standard
// input for "-", and for "", the flag not being given, standard input unless a
// person would have to type it.
//
// It returns as soon as ctx is cancelled, since neither reading a pipe nor
// opening one can be interrupted.
func (in *Invocation) fetchInput(ctx context.Context, path string) ([]byte, error) {
	var text []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if text, err = in.readSource(path); err == nil {
			_, err = document.Decode(text, document.MaxDepth)
		}
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
func (in *Invocation) readSource(path string) ([]byte, error) {
	switch {
	case path == "" && isTerminal(in.Stdio.In):
		return document.Read(strings.NewReader(""))
	case path == "" || path == "-":
		return document.Read(in.Stdio.In)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return document.Read(file)
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
