package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/report"
)

// tell writes a message to the log of the command, or, if it has none, to standard
// error as the others are.
func (in *Invocation) tell(level slog.Level, message string) {
	if log := in.log.Load(); log != nil {
		log.Log(context.Background(), level, message)
		return
	}
	complain(in.Stdio.Err, message)
}

// complain writes a message of one line to w.
func complain(w io.Writer, message string) {
	// Nothing can be done about a standard error that does not take it.
	_, _ = fmt.Fprintf(w, "policy-engine: %s\n", report.Escape(message))
}

// complainStack writes the stack of a panic to w, below its message.
func complainStack(w io.Writer, stack string) {
	for line := range strings.Lines(stack) {
		text := strings.TrimLeft(line, "\t")
		indent := line[:len(line)-len(text)]
		_, _ = fmt.Fprintf(w, "\t%s%s\n", indent, report.Escape(strings.TrimSuffix(text, "\n")))
	}
}
