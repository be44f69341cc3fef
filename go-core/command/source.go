package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/logging"
)

// An inputFlag is where the input comes from: a file, standard input for "-",
// and for "", the flag not being given, standard input unless a person would
// have to type it.
type inputFlag string

func (i *inputFlag) declare(flags *flag.FlagSet) {
	flags.Var(i, "input", "read the input from this `FILE`, else, or for -, from standard input; no text means null")
}

// String returns the name of the file.
func (i *inputFlag) String() string { return string(*i) }

// Set sets the name of the file.
func (i *inputFlag) Set(name string) error {
	*i = inputFlag(name)
	return nil
}

// file returns the name of the file if it is one.
func (i inputFlag) file() string {
	if i == "-" {
		return ""
	}
	return string(i)
}

// open opens the input.
func (in *Invocation) open(input inputFlag) (io.ReadCloser, error) {
	switch {
	case input == "" && logging.IsTerminal(in.Stdio.In):
		return io.NopCloser(strings.NewReader("")), nil
	case input.file() == "":
		return io.NopCloser(in.Stdio.In), nil
	}
	return os.Open(string(input))
}

// fetchInput reads the input and checks that it is a JSON document.
//
// It returns as soon as ctx is cancelled, since neither reading a pipe nor
// opening one can be interrupted.
func (in *Invocation) fetchInput(ctx context.Context, input inputFlag) ([]byte, error) {
	var text []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if text, err = in.readInput(input); err == nil {
			_, err = document.Decode(text, document.MaxDepth)
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, inputFailure(input, err)
	}
	return text, nil
}

func (in *Invocation) readInput(input inputFlag) ([]byte, error) {
	source, err := in.open(input)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return document.Read(source)
}

// inputFailure says that the input cannot be used.
func inputFailure(input inputFlag, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err // the path is in the message already
	}
	return fail(exitUsage, "input from %s: %v", cmp.Or(input.file(), "standard input"), err)
}
