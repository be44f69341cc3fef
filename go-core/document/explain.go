package document

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What can be wrong with a document, other than a character that is in a place
// where it must not be.
const (
	invalidEncoding = "invalid UTF-8"
	halfPair        = "half a surrogate pair"
	tooDeep         = "nested too deeply"
)

// explain returns what is wrong with the document. The words are those of
// encoding/json where that finds the same.
func (d *decoder) explain() error {
	message := d.flaw
	switch {
	case message == invalidEncoding, message == halfPair, message == tooDeep:
	case d.at >= len(d.text):
		message = "unexpected end of JSON input"
	default:
		r, _ := utf8.DecodeRuneInString(d.text[d.at:])
		message = fmt.Sprintf("invalid character %s %s", quoted(r), message)
	}
	return errorAt(d.text, d.at, message)
}

// quoted returns the character in quotes.
func quoted(r rune) string {
	switch r {
	case '\'':
		return `'\''`
	case '"':
		return `'"'`
	}
	return fmt.Sprintf("%q", r)
}

// errorAt returns an error with the line and column of text[index]. Columns
// count characters, as editors do.
func errorAt(text string, index int, message string) error {
	before := text[:index]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %s", line, column, message)
}

// invalidUTF8 returns the index of the first byte of text that is not UTF-8,
// or -1.
func invalidUTF8(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
