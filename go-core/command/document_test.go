package command

import (
	"bytes"
	"encoding/json"
	"testing"
)

// The indentation is counted as encoding/json makes it, strings left out.
func TestIndentationOf(t *testing.T) {
	for _, text := range []string{
		`1`, `"[[[["`, `[1,2]`, `{"a":[1,{"b\\":"\"[,"}],"c":3}`, `[[[[1],2],3],4]`,
	} {
		var with, without bytes.Buffer
		for buffer, indent := range map[*bytes.Buffer]string{&with: "  ", &without: ""} {
			if err := json.Indent(buffer, []byte(text), "", indent); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := indentationOf([]byte(text)), with.Len()-without.Len(); got != want {
			t.Errorf("indentationOf(%s) = %d, want %d", text, got, want)
		}
	}
}
