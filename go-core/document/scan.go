package document

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// number returns the index after the JSON number that text has at the index at,
// or that of the byte that does not belong there.
func number(text string, at int) (end int, ok bool) {
	if at < len(text) && text[at] == '-' {
		at++
	}
	if end = digits(text, at); end == at {
		return end, false
	} else if text[at] == '0' && end > at+1 {
		return at + 1, false
	}
	if end < len(text) && text[end] == '.' {
		at = end + 1
		if end = digits(text, at); end == at {
			return end, false
		}
	}
	if end == len(text) || text[end]|0x20 != 'e' {
		return end, true
	}
	if at = end + 1; at < len(text) && (text[at] == '+' || text[at] == '-') {
		at++
	}
	end = digits(text, at)
	return end, end > at
}

// digits returns the index after the digits that text has at the index at.
func digits(text string, at int) int {
	for at < len(text) && '0' <= text[at] && text[at] <= '9' {
		at++
	}
	return at
}

// string reads the string whose opening quote is the next byte.
func (d *decoder) string() (string, bool) {
	d.at++
	for i := d.at; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			text := d.text[d.at:i]
			d.at = i + 1
			return text, true
		case c == '\\':
			return d.escapedString(i)
		case c < ' ':
			return "", d.fail(i, inString)
		}
	}
	return "", d.fail(len(d.text), inString)
}

const inString = "in string literal"

// escapedString reads the rest of a string that has its first escape at the
// index i.
func (d *decoder) escapedString(i int) (string, bool) {
	text := []byte(d.text[d.at:i])
	for i < len(d.text) {
		c := d.text[i]
		switch {
		case c == '"':
			d.at = i + 1
			return string(text), true
		case c < ' ':
			return "", d.fail(i, inString)
		case c != '\\':
			text, i = append(text, c), i+1
			continue
		}
		r, size, flaw := unescape(d.text[i:])
		if flaw != "" {
			return "", d.fail(i+size, flaw)
		}
		text, i = utf8.AppendRune(text, r), i+size
	}
	return "", d.fail(i, inString)
}

// unescape returns the character of the escape that text starts with, and how
// long the escape is; or what is wrong with it, and how far in.
func unescape(text string) (r rune, size int, flaw string) {
	if len(text) < 2 {
		return 0, 1, inString
	}
	if r = plainEscape(text[1]); r != 0 {
		return r, 2, ""
	}
	if text[1] != 'u' {
		return 0, 1, "in string escape code"
	}
	unit, size := escapedUnit(text)
	if size < 6 {
		return 0, size, `in \u hexadecimal character escape`
	}
	if !utf16.IsSurrogate(unit) {
		return unit, size, ""
	}
	other, _ := escapedUnit(text[6:])
	if r = utf16.DecodeRune(unit, other); r == unicode.ReplacementChar {
		return 0, 0, halfPair
	}
	return r, 12, ""
}

// plainEscape returns the character for the letter after a backslash, or 0.
func plainEscape(letter byte) rune {
	switch letter {
	case '"', '\\', '/':
		return rune(letter)
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// escapedUnit returns the UTF-16 code unit of the \u escape that text starts
// with, and how many bytes of it are as they must be: 6, if it is one.
func escapedUnit(text string) (unit rune, size int) {
	if len(text) < 2 || text[0] != '\\' || text[1] != 'u' {
		return 0, 0
	}
	for size = 2; size < 6; size++ {
		if size == len(text) {
			return 0, size
		}
		c := text[size]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, size
		}
		unit = unit<<4 | rune(c)
	}
	return unit, size
}
