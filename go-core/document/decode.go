package document

import (
	"encoding/json"
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
	return nil, d.explain()
}

// A decoder reads a document.
type decoder struct {
	text string // the strings that are decoded are parts of it
	at   int    // the index of the next byte, or of the one that is wrong
	left int    // how many levels deeper the document may go
	flaw string // what is wrong
}

// fail says what is wrong with the byte at the index.
func (d *decoder) fail(at int, flaw string) bool {
	d.at, d.flaw = at, flaw
	return false
}

func (d *decoder) document() (any, bool) {
	if at := invalidUTF8(d.text); at >= 0 {
		return nil, d.fail(at, invalidEncoding)
	}
	value, ok := d.value()
	if !ok {
		return nil, false
	}
	if d.space(); d.at < len(d.text) {
		return nil, d.fail(d.at, "after top-level value")
	}
	return value, true
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
		text, ok := d.string()
		return text, ok
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
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return d.number()
	}
	return nil, d.fail(d.at, "looking for beginning of value")
}

func (d *decoder) number() (any, bool) {
	end, ok := number(d.text, d.at)
	if !ok {
		return nil, d.fail(end, "in numeric literal")
	}
	text := d.text[d.at:end]
	d.at = end
	return json.Number(text), true
}

func (d *decoder) literal(word string) bool {
	for i := range len(word) {
		if at := d.at + i; at == len(d.text) || d.text[at] != word[i] {
			return d.fail(at, "in literal "+word)
		}
	}
	d.at += len(word)
	return true
}

func (d *decoder) object() (any, bool) {
	members := map[string]any{}
	for more := d.enter('}'); more; more = d.more() {
		if d.space() != '"' {
			return nil, d.fail(d.at, "looking for beginning of object key string")
		}
		key, ok := d.string()
		if !ok {
			return nil, false
		}
		if d.space() != ':' {
			return nil, d.fail(d.at, "after object key")
		}
		d.at++
		if members[key], ok = d.value(); !ok {
			return nil, false
		}
	}
	return members, d.leave('}', "after object key:value pair")
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
	return elements, d.leave(']', "after array element")
}

// enter reads the opening byte of an array or an object, and reports whether
// there is anything in it.
func (d *decoder) enter(closing byte) bool {
	if d.left == 0 {
		return d.fail(d.at, tooDeep)
	}
	d.left--
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

// leave reads the closing byte, unless something was wrong before.
func (d *decoder) leave(closing byte, place string) bool {
	if d.flaw != "" {
		return false
	}
	if d.space() != closing {
		return d.fail(d.at, place)
	}
	d.at++
	d.left++
	return true
}
