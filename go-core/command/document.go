package command

import (
	"bytes"
	"encoding/json"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// maxIndentation is how much indentation a document may have, in bytes.
const maxIndentation = 64 << 20

// writeDocument writes answer to standard output, in one piece: a reader sees
// a whole document or the process fails.
func (in *Invocation) writeDocument(answer any) error {
	text, err := document.Encode(answer)
	if err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	// On each line of a result nested 10,000 levels deep there would be 20 kB
	// of indentation, and no memory is large enough for many such lines.
	if indentationOf(text) > maxIndentation {
		return in.write(append(text, '\n'))
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	return in.write(append(indented.Bytes(), '\n'))
}

// indentationOf returns about how many bytes of indentation the JSON text gets
// when every level is indented by two spaces.
func indentationOf(text []byte) int {
	total, depth, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			total += 2 * depth
		case c == ',':
			total += 2 * depth
		case c == '}' || c == ']':
			depth--
			total += 2 * depth
		}
	}
	return total
}

// write writes text to standard output.
func (in *Invocation) write(text []byte) error {
	if _, err := in.Stdio.Out.Write(text); err != nil {
		return fail(exitWrite, "the answer could not be written: %v", err)
	}
	return nil
}
