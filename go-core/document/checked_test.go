package document

import (
	"encoding/json"
	"strings"
	"testing"
)

// Text that Append writes is in order, and any other that is no JSON, not UTF-8,
// has half a surrogate pair or is nested too deeply is not.
func TestChecked(t *testing.T) {
	for text, want := range map[string]bool{
		`{"n":9007199254740993}`: true, "null": true, "": false, "{": false, `"\xff"`: false, "1 2": false,
		`"\ud83d\uDE00 \\ud800"`: true, `{"\ud800":1}`: false, `["\uDC00"]`: false,
		strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1): false,
	} {
		if _, err := Checked([]byte(text)); (err == nil) != want {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// A result that holds JSON text with half a surrogate pair is refused, as an
// input would be.
func TestAppendRefusesHalfPair(t *testing.T) {
	for _, result := range []any{json.RawMessage(`"\ud800"`), map[string]any{"a": json.RawMessage(`["\uDFFF"]`)}} {
		text, err := Append([]byte("x"), result)
		if err == nil || string(text) != "x" || !strings.HasPrefix(err.Error(), "the result is not JSON: line 1, column ") {
			t.Errorf("Append(%s) = %s, %v", result, text, err)
		}
	}
	if text, err := Append(nil, json.RawMessage(`"\ud83d\ude00"`)); err != nil || string(text) != `"\ud83d\ude00"` {
		t.Errorf("Append = %s, %v; want the pair", text, err)
	}
}
