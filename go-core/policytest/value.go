package policytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// longest is how much of a value a message shows, in bytes.
const longest = 300

// copyOf returns a copy of a value that JSON can hold, as the engine decodes
// it for each call.
func copyOf(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return decode(text)
}

// mustCopy is copyOf for values that have been copied before.
func mustCopy(value any) any {
	made, err := copyOf(value)
	if err != nil {
		panic(err)
	}
	return made
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// fullText returns the value as JSON, or as Go has it where it is not JSON.
func fullText(value any) string {
	if text, err := json.Marshal(value); err == nil {
		return string(text)
	}
	return fmt.Sprintf("%T(%v)", value, value)
}

// show returns the beginning of that, for a message.
func show(value any) string { return shorten(fullText(value)) }

func shorten(text string) string {
	if len(text) <= longest {
		return text
	}
	cut := strings.ToValidUTF8(text[:longest], "")
	return fmt.Sprintf("%s… (%d bytes)", cut, len(text))
}

// sameJSON reports whether text is the JSON of a value that equals want.
func sameJSON(text []byte, want any) bool {
	got, err := decode(text)
	return err == nil && same(got, mustCopy(want))
}

// same compares two values that were decoded from JSON.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a.String(), b.String())
	}
	return a == b
}

// sameNumber compares two numbers of JSON: 1 is 1.0 and 1e0, but whole numbers
// that no float64 can tell apart differ.
func sameNumber(a, b string) bool {
	if a == b || !strings.ContainsAny(a+b, ".eE") {
		return a == b
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// spoil writes into every part of a value that was decoded from JSON.
func spoil(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, each := range value {
			spoil(each)
			value[key] = "spoilt"
		}
	case []any:
		for i, each := range value {
			spoil(each)
			value[i] = "spoilt"
		}
	}
}
