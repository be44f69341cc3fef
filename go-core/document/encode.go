package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Append appends to dst the JSON text of what a policy answered, on one line,
// with <, > and & as they are. The text is certain to fit into a document that
// adds three levels, so that no result can spoil it for the others.
//
// It calls methods of the result's types, which are the policy's code. On an
// error it returns dst as it was.
func Append(dst []byte, result any) ([]byte, error) {
	e := encoder{text: dst, left: plainDepth}
	if e.value(result) {
		return e.text, nil
	}
	text, err := appendStandard(dst, result)
	if err != nil {
		return dst, fmt.Errorf("the result is not JSON: %w", err)
	}
	if err := fits(text[len(dst):]); err != nil {
		return dst, err
	}
	return text, nil
}

// fits says why JSON text that encoding/json takes does not fit into a document.
func fits(text []byte) error {
	// A MarshalJSON method may return any bytes inside a string.
	if !utf8.Valid(text) {
		return errors.New("the result is not JSON: invalid UTF-8")
	}
	// And it, or a json.RawMessage, any escape, such as half a surrogate pair,
	// which Decode refuses: the result could not be an input.
	if hasSurrogate(text) {
		if _, err := Decode(text, MaxDepth); err != nil {
			return fmt.Errorf("the result is not JSON: %w", err)
		}
	}
	// Those three levels may be too many for encoding/json and with it for
	// readers written in Go. It takes a long text to be nested that deeply.
	if len(text) > MaxDepth && !json.Valid(slices.Concat([]byte("[[["), text, []byte("]]]"))) {
		return errors.New("the result is nested too deeply")
	}
	return nil
}

// hasSurrogate reports whether the text may have the escape of half a surrogate
// pair.
func hasSurrogate(text []byte) bool {
	for _, escape := range []string{`\ud`, `\uD`} {
		if bytes.Contains(text, []byte(escape)) {
			return true
		}
	}
	return false
}

// Checked returns text, which is said to come from Append, as a result if it is
// in order.
func Checked(text []byte) (Text, error) {
	if !json.Valid(text) {
		return nil, errors.New("the result is not JSON")
	}
	return text, fits(text)
}

// A Text is a result that is JSON text already, and certain to be in order: it
// comes from Append. It is not looked at again.
type Text []byte

// MarshalJSON returns the text.
func (t Text) MarshalJSON() ([]byte, error) { return t, nil }

// Encode returns value as JSON text on one line.
func Encode(value any) ([]byte, error) { return appendStandard(nil, value) }

// appendStandard appends what encoding/json makes of the value.
func appendStandard(dst []byte, value any) ([]byte, error) {
	text := bytes.NewBuffer(dst)
	encoder := json.NewEncoder(text)
	encoder.SetEscapeHTML(false) // <, > and & are to be read as they are
	err := encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
