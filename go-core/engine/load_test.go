package engine

import (
	"strings"
	"testing"
)

// A name of the greatest length and with any printable characters is usable.
func TestLoadUsableName(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 128), "größe/2 %s <&>"} {
		if flaw := nameFlaw(name); flaw != "" {
			t.Errorf("nameFlaw(%q) = %q, want none", name, flaw)
		}
	}
}
