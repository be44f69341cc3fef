package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// complain writes a message of one line to w.
func complain(w io.Writer, message string) {
	// Nothing can be done about a standard error that does not take it.
	_, _ = fmt.Fprintf(w, "policy-engine: %s\n", escape(message))
}

// complainStack writes the stack of a panic to w, below its message.
func complainStack(w io.Writer, stack string) {
	for line := range strings.Lines(stack) {
		text := strings.TrimLeft(line, "\t")
		indent := line[:len(line)-len(text)]
		_, _ = fmt.Fprintf(w, "\t%s%s\n", indent, escape(strings.TrimSuffix(text, "\n")))
	}
}

// escape returns text with everything that does not print replaced by a Go
// escape sequence. Messages carry text of policies, which must be able neither
// to forge a line of the log nor to send a sequence to the terminal.
func escape(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			escaped.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		escaped.WriteString(quoted[1 : len(quoted)-1])
	}
	return escaped.String()
}
