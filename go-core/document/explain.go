package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// explain returns what is wrong with the text that the decoder refused.
// encoding/json would put U+FFFD for a byte that is not UTF-8 and for half a
// surrogate pair, and the policies would decide about another text.
func (d *decoder) explain(text []byte) error {
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
	return errorAt(text, d.at, "nested too deeply")
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

// invalidUTF8 returns the index of the first byte of text that is not UTF-8,
// or -1.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// loneSurrogate returns the index of the first escape in the JSON text, such
// as \ud800, that is half of a surrogate pair without its other half, or -1.
func loneSurrogate(text []byte) int {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if unit, _ := escapedUnit(string(text[i:min(i+6, len(text))])); !utf16.IsSurrogate(unit) {
			i++ // what is escaped may be a backslash and starts no escape
			continue
		}
		if _, size := unescape(string(text[i:min(i+12, len(text))])); size == 0 {
			return i
		}
		i += len(`\ud83d\ude00`) - 1
	}
	return -1
}
