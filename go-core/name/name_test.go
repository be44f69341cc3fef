package name

import (
	"strings"
	"testing"
)

// A name of the greatest length and with any printable characters is usable.
func TestUsable(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", maxLength), "größe/2 %s <&>", "two words", "\u00b7"} {
		if flaw := Flaw(name); flaw != "" {
			t.Errorf("Flaw(%q) = %q, want none", name, flaw)
		}
	}
}

// White space around a name cannot be seen, nor can a name that is nothing else.
func TestWhiteSpaceAround(t *testing.T) {
	for _, name := range []string{" ", " x", "x ", "\u3000", "x\u00a0"} {
		if flaw := Flaw(name); !strings.HasPrefix(flaw, "begins or ends with white space: ") {
			t.Errorf("Flaw(%q) = %q", name, flaw)
		}
	}
}
