package name

import (
	"strings"
	"testing"
)

// A name of the greatest length and with any printable characters is usable.
func TestUsable(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", maxLength), "größe/2 %s <&>"} {
		if flaw := Flaw(name); flaw != "" {
			t.Errorf("Flaw(%q) = %q, want none", name, flaw)
		}
	}
}
