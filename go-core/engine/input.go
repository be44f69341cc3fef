package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxInput is the size of the largest input, in bytes.
const maxInput = 64 << 20

// An inputText is the text of one JSON document, checked, from which every
// policy gets a copy of its own.
type inputText []byte

// decode returns a new copy of the input.
func (t inputText) decode() (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(t))
	decoder.UseNumber() // float64 would round 9007199254740993
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// readInput reads one JSON document, all there is to read from r. Nothing but
// white space means null.
func readInput(r io.Reader) (inputText, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("larger than the limit of %d MiB", maxInput>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(bytes.Trim(text, " \t\r\n")) == 0 {
		return inputText("null"), nil
	}
	return text, checkInput(text)
}

// checkInput reports whether text is one JSON document that decodes without
// loss. encoding/json would put U+FFFD for a byte that is not UTF-8 and for
// half a surrogate pair, and the policies would decide about another text.
func checkInput(text []byte) error {
	if i := invalidUTF8(text); i >= 0 {
		return errorAt(text, i, "invalid UTF-8")
	}
	var document json.RawMessage
	if err := json.Unmarshal(text, &document); err != nil {
		return locate(text, err)
	}
	if i := loneSurrogate(text); i >= 0 {
		return errorAt(text, i, "half a surrogate pair")
	}
	return nil
}

// locate adds line and column to an error of encoding/json.
func locate(text []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	message := syntax.Error()
	if !strings.HasPrefix(message, "invalid character") {
		return errorAt(text, len(text), message)
	}
	index := int(syntax.Offset) - 1
	if strings.HasSuffix(message, "exceeded max depth") {
		return errorAt(text, index, "nested too deeply")
	}
	// encoding/json shows the first byte of the character as a character.
	r, _ := utf8.DecodeRune(text[index:])
	if r >= utf8.RuneSelf {
		wrong := fmt.Sprintf("'%c'", rune(text[index]))
		message = strings.Replace(message, wrong, fmt.Sprintf("%q", r), 1)
	}
	return errorAt(text, index, message)
}

// errorAt returns an error with the line and column of text[index]. Columns
// count characters, as editors do.
func errorAt(text []byte, index int, message string) error {
	before := text[:index]
	line := bytes.Count(before, []byte("\n")) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	column := utf8.RuneCount(before[start:]) + 1
	return fmt.Errorf("line %d, column %d: %s", line, column, message)
}
