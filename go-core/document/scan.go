package document

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// number returns the index after the JSON number that text has at the index at,
// or -1.
func number(text string, at int) int {
	if at < len(text) && text[at] == '-' {
		at++
	}
	whole := digits(text, at)
	if whole == at || text[at] == '0' && whole > at+1 {
		return -1
	}
	at = whole
	if at < len(text) && text[at] == '.' {
		if whole = digits(text, at+1); whole == at+1 {
			return -1
		}
		at = whole
	}
	if at == len(text) || text[at]|0x20 != 'e' {
		return at
	}
	if at++; at < len(text) && (text[at] == '+' || text[at] == '-') {
		at++
	}
	if whole = digits(text, at); whole == at {
		return -1
	}
	return whole
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
			return "", false
		}
	}
	return "", false
}

// escapedString reads the rest of a string that has its first escape at the
// index i.
func (d *decoder) escapedString(i int) (string, bool) {
	text := []byte(d.text[d.at:i])
	for i < len(d.text) {
		c := d.text[i]
		if c == '"' {
			d.at = i + 1
			return string(text), true
		}
		if c < ' ' {
			return "", false
		}
		if c != '\\' {
			text, i = append(text, c), i+1
			continue
		}
		r, size := unescape(d.text[i:])
		if size == 0 {
			return "", false
		}
		text, i = utf8.AppendRune(text, r), i+size
	}
	return "", false
}

// unescape returns the character of the escape that text starts with, and how
// long the escape is: 0 for what is no escape or half a surrogate pair.
func unescape(text string) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch c := text[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := escapedUnit(text)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	other, _ := escapedUnit(text[6:])
	if r = utf16.DecodeRune(r, other); r == unicode.ReplacementChar {
		return 0, 0
	}
	return r, 12
}

// escapedUnit returns the UTF-16 code unit of the \u escape that text starts
// with, if it does.
func escapedUnit(text string) (unit rune, ok bool) {
	if len(text) < len(`\u0000`) || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(text[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}
