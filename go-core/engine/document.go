package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// encode returns value as JSON text that ends with a newline.
func encode(value any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // <, > and & are to be read as they are
	encoder.SetIndent("", indent)
	err := encoder.Encode(value)
	return text.Bytes(), err
}

// writeDocument writes answer to standard output, in one piece: a reader sees
// a whole document or the process fails.
func (e *engine) writeDocument(answer any) error {
	text, err := encode(answer, "  ")
	if err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	return e.write(text)
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
	text, err := encode(result, "")
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
