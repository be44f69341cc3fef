package document

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// An encoder writes values made of the types that most results are made of, as
// encoding/json writes them. Whatever it does not know it leaves to that.
type encoder struct {
	text []byte
	left int // how many levels deeper the value may go
}

// plainDepth is how deep a value may be for the encoder; encoding/json can tell
// one that contains itself.
const plainDepth = 500

func (e *encoder) value(value any) bool {
	switch value := value.(type) {
	case nil:
		e.text = append(e.text, "null"...)
	case bool:
		e.text = strconv.AppendBool(e.text, value)
	case string:
		return e.string(value)
	case json.Number:
		return e.number(string(value))
	case Text:
		e.text = append(e.text, value...)
	case int:
		e.text = strconv.AppendInt(e.text, int64(value), 10)
	case int64:
		e.text = strconv.AppendInt(e.text, value, 10)
	case float64:
		return e.float(value)
	case map[string]any:
		return value != nil && e.object(value)
	case []any:
		return value != nil && e.array(value)
	case []string:
		return value != nil && e.strings(value)
	default:
		return false
	}
	return true
}

func (e *encoder) number(text string) bool {
	e.text = append(e.text, text...)
	end, ok := number(text, 0)
	return ok && end == len(text)
}

// float writes a number whose shortest form has no exponent.
func (e *encoder) float(value float64) bool {
	size := math.Abs(value)
	if size != 0 && (size < 1e-6 || size >= 1e21) || value != value {
		return false
	}
	e.text = strconv.AppendFloat(e.text, value, 'f', -1, 64)
	return true
}

func (e *encoder) object(members map[string]any) bool {
	var few [8]string
	keys := few[:0]
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return e.within('{', '}', len(keys), func(i int) bool {
		if !e.string(keys[i]) {
			return false
		}
		e.text = append(e.text, ':')
		return e.value(members[keys[i]])
	})
}

func (e *encoder) array(elements []any) bool {
	return e.within('[', ']', len(elements), func(i int) bool { return e.value(elements[i]) })
}

func (e *encoder) strings(elements []string) bool {
	return e.within('[', ']', len(elements), func(i int) bool { return e.string(elements[i]) })
}

// within writes the members of an array or an object, each by a call of one.
func (e *encoder) within(opening, closing byte, length int, one func(i int) bool) bool {
	if e.left--; e.left < 0 {
		return false
	}
	e.text = append(e.text, opening)
	for i := range length {
		if i > 0 {
			e.text = append(e.text, ',')
		}
		if !one(i) {
			return false
		}
	}
	e.left++
	e.text = append(e.text, closing)
	return true
}

// string writes a string of which nothing has to be escaped but quotes,
// backslashes, and the ends of lines.
func (e *encoder) string(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	e.text = append(e.text, '"')
	done := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0xe2 {
			continue
		}
		if c == 0xe2 && text[i+1:i+3] != "\x80\xa8" && text[i+1:i+3] != "\x80\xa9" {
			continue // neither U+2028 nor U+2029
		}
		escape := shortEscape(c)
		if escape == "" {
			return false
		}
		e.text = append(append(e.text, text[done:i]...), escape...)
		done = i + 1
	}
	e.text = append(append(e.text, text[done:]...), '"')
	return true
}

func shortEscape(c byte) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return ""
}
