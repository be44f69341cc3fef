// Package name says which names a policy may have. The engine and the test kit
// ask the same.
package name

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLength is the length of the longest usable name, in bytes.
const maxLength = 128

// Flaw says what makes a name unusable; a usable name has no flaw.
func Flaw(name string) string {
	if name == "" {
		return "is empty"
	}
	if len(name) > maxLength {
		return fmt.Sprintf("is %d bytes long, over the limit of %d", len(name), maxLength)
	}
	if !utf8.ValidString(name) {
		return fmt.Sprintf("is not valid UTF-8: %q", name)
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Sprintf("contains a control character: %q", name)
		}
	}
	if strings.TrimSpace(name) != name {
		return fmt.Sprintf("begins or ends with white space: %q", name)
	}
	return ""
}
