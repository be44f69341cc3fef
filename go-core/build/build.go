// Package build says which build of the engine runs, so that what it has decided
// can be traced to the very code that did.
package build

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync"
)

// Version is the version of the core, which is that of policy_tasks.
const Version = "0.1.0"

// Digest returns the digest of the file of the binary that runs, as sha256:DIGITS:
// sha256sum and the build's manifest say the same of it. It is empty where the
// file cannot be read.
//
// The file is read once, when the digest is first asked for, which takes some
// milliseconds: nobody should wait for it before the engine is ready.
var Digest = sync.OnceValue(func() string {
	for _, path := range []string{"/proc/self/exe", executable()} { // the first is right even after a new file has the name
		if digest, err := digestOf(path); err == nil {
			return digest
		}
	}
	return ""
})

func executable() string {
	path, _ := os.Executable() // no file has an empty name
	return path
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", hash.Sum(nil)), nil
}

// Policies returns the digest of a build's modules.json, which holds the digest
// of each module's files: binaries with the same policies have the same. It is
// empty where there is none, or none that a build has filled: of nothing there
// is nothing to say.
func Policies(modules []byte) string {
	if list := bytes.TrimSpace(modules); len(list) == 0 || string(list) == "[]" {
		return ""
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(modules))
}
