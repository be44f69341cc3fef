package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// Tokens are the bearer tokens that a server knows. They come from a file, one
// on a line, so that an old and a new one can be known at the same time.
type Tokens struct {
	path    string
	digests atomic.Pointer[[][sha256.Size]byte]
}

// ReadTokens reads the file.
func ReadTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path}
	return t, t.Reload()
}

// Reload reads the file again. On an error the tokens stay as they are.
func (t *Tokens) Reload() error {
	text, err := document.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("the tokens cannot be read: %w", err)
	}
	var digests [][sha256.Size]byte
	for line := range strings.Lines(string(text)) {
		if token := strings.TrimSpace(line); token != "" {
			digests = append(digests, sha256.Sum256([]byte(token)))
		}
	}
	if digests == nil {
		return errors.New("there is no token in " + t.path + "; it is to have one on a line")
	}
	t.digests.Store(&digests)
	return nil
}

// admit reports whether the header Authorization has one of the tokens. How
// long that takes says nothing about them: digests are compared, and all are.
// Without tokens there is nothing to show.
func (t *Tokens) admit(header []string) bool {
	if t == nil {
		return true
	}
	if len(header) != 1 {
		return false
	}
	scheme, shown, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	digest := sha256.Sum256([]byte(strings.TrimSpace(shown)))
	known := 0
	for _, each := range *t.digests.Load() {
		known |= subtle.ConstantTimeCompare(digest[:], each[:])
	}
	return known == 1
}
