package engine

import (
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// invalidUTF8 returns the index of the first byte of text that is not UTF-8,
// or -1.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
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
		unit := escapedUnit(text[i:])
		if !utf16.IsSurrogate(unit) {
			i++ // what is escaped may be a backslash and starts no escape
			continue
		}
		if utf16.DecodeRune(unit, escapedUnit(text[i+6:])) == unicode.ReplacementChar {
			return i
		}
		i += len(`\ud83d\ude00`) - 1
	}
	return -1
}

// escapedUnit returns the UTF-16 code unit of the \u escape that text starts
// with, or 0.
func escapedUnit(text []byte) rune {
	if len(text) < len(`\u0000`) || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(unit)
}
