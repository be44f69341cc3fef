package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// maxIndentation is how much indentation a document may have, in bytes.
const maxIndentation = 64 << 20

// encode returns value as JSON text on one line that ends with a newline.
func encode(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // <, > and & are to be read as they are
	err := encoder.Encode(value)
	return text.Bytes(), err
}

// writeDocument writes answer to standard output, in one piece: a reader sees
// a whole document or the process fails.
func (e *engine) writeDocument(answer any) error {
	text, err := encode(answer)
	if err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	// On each line of a result nested 10,000 levels deep there would be 20 kB
	// of indentation, and no memory is large enough for many such lines.
	if indentationOf(text) > maxIndentation {
		return e.write(text)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	return e.write(indented.Bytes())
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
func (e *engine) write(text []byte) error {
	if _, err := e.stdio.Out.Write(text); err != nil {
		return fail(exitWrite, "the answer could not be written: %v", err)
	}
	return nil
}

// marshalResult returns the result of a policy as JSON that is certain to fit
// into the document, so that no result can spoil it for the others. It calls
// methods of the policy's types and so needs a guard.
func marshalResult(result any) (json.RawMessage, error) {
	text, err := encode(result)
	if err != nil {
		return nil, fmt.Errorf("the result is not JSON: %w", err)
	}
	// A MarshalJSON method may return any bytes inside a string.
	if !utf8.Valid(text) {
		return nil, errors.New("the result is not JSON: invalid UTF-8")
	}
	// The document adds three levels, which may be those too many for
	// encoding/json and with it for readers written in Go.
	nested := slices.Concat([]byte("[[["), text, []byte("]]]"))
	if !json.Valid(nested) {
		return nil, errors.New("the result is nested too deeply")
	}
	return text, nil
}
