package command

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A lineAnswer is what the policies answer to one line, or what is wrong with it.
type lineAnswer struct {
	results []runEntry
	err     error
}

// runLines runs the policies on each line of the input, several lines at once,
// and writes their answers in the order of the lines. It ends at the first line
// that is not a JSON document.
func (in *Invocation) runLines(ctx context.Context, e *engine.Engine, input inputFlag) (int, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	answers := make(chan chan lineAnswer, 2*runtime.GOMAXPROCS(0))
	go in.askInput(ctx, e, input, answers)
	out := bufio.NewWriter(in.Stdio.Out)
	code, err := in.writeLines(ctx, answers, out, input)
	if flushed := flush(out); err == nil {
		err = flushed
	}
	return code, err
}

// askInput asks the lines of the input, and closes the channel after them. Nobody who
// is told to stop should wait for it, since opening a pipe cannot be interrupted.
func (in *Invocation) askInput(ctx context.Context, e *engine.Engine, input inputFlag, answers chan<- chan lineAnswer) {
	defer close(answers)
	source, err := in.open(input)
	if err != nil {
		answer := make(chan lineAnswer, 1)
		answer <- lineAnswer{err: err}
		answers <- answer // the first, for which there is room
		return
	}
	defer source.Close()
	askLines(ctx, e, bufio.NewReader(source), answers)
}

// askLines puts a channel for the answer to each line on the channel answers.
func askLines(ctx context.Context, e *engine.Engine, lines *bufio.Reader, answers chan<- chan lineAnswer) {
	for number := 1; ; number++ {
		text, err := readLine(lines)
		if number == 1 {
			text = document.TrimMark(text)
		}
		if err == io.EOF {
			return
		}
		if err == nil && len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		answer := make(chan lineAnswer, 1)
		select {
		case answers <- answer:
		case <-ctx.Done():
			return
		}
		if err == nil {
			_, err = document.Decode(text, document.MaxDepth)
		}
		if err != nil {
			place := fmt.Sprintf("line %d", number)
			answer <- lineAnswer{err: fmt.Errorf("%s%s", place, strings.TrimPrefix(": "+err.Error(), ": line 1"))}
			return
		}
		go func() { answer <- lineAnswer{results: runAll(ctx, e.Policies(), text)} }()
	}
}

// readLine returns the next line without its end, which the last one need not
// have.
func readLine(lines *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > document.MaxSize:
			return nil, fmt.Errorf("larger than the limit of %d MiB", document.MaxSize>>20)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) > 0:
			return line, nil
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// writeLines writes the answers as they come, and returns the exit code.
func (in *Invocation) writeLines(ctx context.Context, answers <-chan chan lineAnswer, out *bufio.Writer, input inputFlag) (int, error) {
	code := exitOK
	for {
		answer, ok := receive(ctx, answers)
		if !ok {
			return code, context.Cause(ctx)
		}
		line, err := await(ctx, answer, out)
		if err != nil {
			return 0, err
		}
		if line.err != nil {
			return 0, inputFailure(input, line.err)
		}
		code = max(code, in.reportAll(line.results))
		if err := writeLine(out, line.results, len(answers) == 0); err != nil {
			return 0, err
		}
	}
}

// await returns the answer to a line. Unless it is there, what is written goes out
// first: the line may take for ever. A quick one is done when the scheduler has let the
// others run; without that there are ten times as many system calls.
func await(ctx context.Context, answer <-chan lineAnswer, out *bufio.Writer) (lineAnswer, error) {
	if len(answer) == 0 {
		runtime.Gosched()
	}
	if len(answer) == 0 {
		if err := flush(out); err != nil {
			return lineAnswer{}, err
		}
	}
	line, ok := receive(ctx, answer)
	if !ok {
		return line, context.Cause(ctx)
	}
	return line, nil
}

// receive returns what comes from the channel, unless it is closed or ctx ends.
func receive[T any](ctx context.Context, from <-chan T) (value T, ok bool) {
	select {
	case value, ok = <-from:
	case <-ctx.Done():
	}
	return value, ok
}

// writeLine writes the document of one line; last says that no other is there to be
// written with it.
func writeLine(out *bufio.Writer, results []runEntry, last bool) error {
	text, err := document.Encode(runDocument{results})
	if err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	_, err = out.Write(append(text, '\n'))
	if last && err == nil {
		return flush(out)
	}
	return written(err)
}

// flush writes out what is held back to be written together.
func flush(out *bufio.Writer) error { return written(out.Flush()) }

// written returns an error of writing as one that ends the command.
func written(err error) error {
	if err == nil {
		return nil
	}
	return fail(exitWrite, "the answer could not be written: %v", err)
}
