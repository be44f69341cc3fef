package engine

import (
	"path"
	"strings"
)

// Match reports whether the pattern is the name of a policy, or one for it as
// path.Match knows them. In names of policies / is a character like the others.
// The error is that the pattern is none.
func Match(pattern, name string) (bool, error) {
	if pattern == name {
		return true, nil
	}
	return path.Match(ordinary(pattern), ordinary(name))
}

// ordinary returns the text with a character for / that * and ? match. No name
// has it, see package name.
func ordinary(text string) string { return strings.ReplaceAll(text, "/", "\x00") }
