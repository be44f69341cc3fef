// Command compress compresses standard input to standard output. The result
// depends on the bytes and the Go toolchain alone: the header holds no time,
// no name and no operating system.
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := compress(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

// compress writes input to output as one gzip stream.
func compress(output io.Writer, input io.Reader) error {
	writer, err := gzip.NewWriterLevel(output, gzip.BestSpeed)
	if err != nil {
		return err
	}
	writer.OS = 255 // unknown
	if _, err := io.Copy(writer, input); err != nil {
		return err
	}
	return writer.Close()
}
