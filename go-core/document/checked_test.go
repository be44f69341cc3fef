package document

import (
	"strings"
	"testing"
)

// Text that Append writes is in order, and any other that is no JSON, not UTF-8
// or nested too deeply is not.
func TestChecked(t *testing.T) {
	for text, want := range map[string]bool{
		`{"n":9007199254740993}`: true, "null": true, "": false, "{": false, `"\xff"`: false, "1 2": false,
		strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1): false,
	} {
		if _, err := Checked([]byte(text)); (err == nil) != want {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
