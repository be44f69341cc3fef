package command

import (
	"io"
	"os"
)

// Stdio is where the engine reads its input, writes its document, and writes
// its messages.
type Stdio struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// TakeStdio returns the streams of the process and takes standard output away
// from the policies: from now on whatever is written to os.Stdout goes to
// standard error, so that nothing but the document reaches standard output.
//
// The file behind os.Stdout is exchanged rather than the variable, so that a
// policy's package-level logger, made from os.Stdout before main, is diverted
// as well. What an init function prints cannot be held back: it runs earlier.
func TakeStdio() Stdio {
	out := *os.Stdout
	*os.Stdout = *os.Stderr
	return Stdio{In: os.Stdin, Out: &out, Err: os.Stderr}
}
