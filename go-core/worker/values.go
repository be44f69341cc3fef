package worker

import (
	"context"
	"encoding/binary"
	"errors"
)

// carried are the keys of those values of a call's context that its policy finds in a
// worker as well, which are text: the trace that package server gives it.
var carried = [...]any{"traceparent", "tracestate"}

// longestValue is the length of the longest text that is carried, in bytes. W3C wants
// 512 of tracestate carried, and lets it be left out as a whole.
const longestValue = 8 << 10

// values are those of the carried keys; nil where there is none.
type values [len(carried)]any

// appendValues appends what the context has of them: for each its length and one, or
// 0 where there is none, and then its text.
func appendValues(dst []byte, ctx context.Context) []byte {
	for _, key := range carried {
		text, ok := ctx.Value(key).(string)
		if !ok || len(text) > longestValue {
			dst = append(dst, 0)
			continue
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(text))+1), text...)
	}
	return dst
}

var errValues = errors.New("a call does not begin with the values of its context")

// readValues reads what appendValues has written, and returns what comes after it.
func readValues(text []byte) (v values, rest []byte, err error) {
	for i := range v {
		length, size := binary.Uvarint(text)
		if size <= 0 || length > uint64(len(text)-size)+1 {
			return v, nil, errValues
		}
		text = text[size:]
		if length > 0 {
			v[i], text = string(text[:length-1]), text[length-1:]
		}
	}
	return v, text, nil
}
