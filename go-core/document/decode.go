package document

import (
	"encoding/json"
	"unicode/utf8"
)

// MaxDepth is how many arrays and objects may lie within each other, at most:
// what encoding/json reads, and with it other programs written in Go.
const MaxDepth = 10_000

// Decode returns the value of text, which is one JSON document and nothing
// else: nil, bool, string, json.Number, []any or map[string]any. Arrays and
// objects may be nested maxDepth levels deep. Of a key that an object has twice
// the last value counts, as in encoding/json.
//
// A document that does not decode without loss is refused, with the line and
// the column of what is wrong: what is not UTF-8 and half a surrogate pair are
// errors, and numbers keep their digits. The value keeps no reference to text.
func Decode(text []byte, maxDepth int) (any, error) {
	d := decoder{text: string(text), left: maxDepth}
	if value, ok := d.document(); ok {
		return value, nil
	}
	return nil, d.explain(text)
}

// A decoder reads a document that is most likely in order; what is wrong with
// one that is not is for explain to find out.
type decoder struct {
	text string // the strings that are decoded are parts of it
	at   int    // the index of the next byte
	left int    // how many levels deeper the document may go
}

func (d *decoder) document() (any, bool) {
	value, ok := d.value()
	if !ok {
		return nil, false
	}
	d.space()
	return value, d.at == len(d.text) && utf8.ValidString(d.text)
}

// space skips white space and returns the byte after it, or 0 at the end.
func (d *decoder) space() byte {
	for ; d.at < len(d.text); d.at++ {
		if c := d.text[d.at]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

func (d *decoder) value() (any, bool) {
	switch c := d.space(); c {
	case '"':
		return boxed(d.string())
	case '{':
		return d.object()
	case '[':
		return d.array()
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	}
	end := number(d.text, d.at)
	if end < 0 {
		return nil, false
	}
	text := d.text[d.at:end]
	d.at = end
	return json.Number(text), true
}

func boxed(text string, ok bool) (any, bool) { return text, ok }

func (d *decoder) literal(word string) bool {
	end := d.at + len(word)
	if end > len(d.text) || d.text[d.at:end] != word {
		return false
	}
	d.at = end
	return true
}

func (d *decoder) object() (any, bool) {
	members := map[string]any{}
	for more := d.enter('}'); more; more = d.more() {
		if d.space() != '"' {
			return nil, false
		}
		key, ok := d.string()
		if !ok || d.space() != ':' {
			return nil, false
		}
		d.at++
		if members[key], ok = d.value(); !ok {
			return nil, false
		}
	}
	return members, d.leave('}')
}

func (d *decoder) array() (any, bool) {
	elements := []any{}
	if d.at+1 < len(d.text) && d.text[d.at+1] != ']' {
		elements = make([]any, 0, 4)
	}
	for more := d.enter(']'); more; more = d.more() {
		element, ok := d.value()
		if !ok {
			return nil, false
		}
		elements = append(elements, element)
	}
	return elements, d.leave(']')
}

// enter reads the opening byte of an array or an object, and reports whether
// there is anything in it.
func (d *decoder) enter(closing byte) bool {
	if d.left--; d.left < 0 {
		return false
	}
	d.at++
	return d.space() != closing
}

// more reports whether there is another member, after the comma that it reads.
func (d *decoder) more() bool {
	if d.space() != ',' {
		return false
	}
	d.at++
	return true
}

// leave reads the closing byte.
func (d *decoder) leave(closing byte) bool {
	if d.left < 0 || d.space() != closing {
		return false
	}
	d.at++
	d.left++
	return true
}
