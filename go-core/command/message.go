package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/report"
)

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
