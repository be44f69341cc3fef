package build

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// The digest is that of the file of the running binary.
func TestDigest(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(binary)); Digest() != want {
		t.Errorf("digest = %s, want %s", Digest(), want)
	}
}

// What cannot be read has no digest.
func TestUnreadable(t *testing.T) {
	for _, path := range []string{"", t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if digest, err := digestOf(path); err == nil || digest != "" {
			t.Errorf("digestOf(%q) = %q, %v", path, digest, err)
		}
	}
}

// Modules have a digest, and none have none.
func TestPolicies(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "[]": "", "[]\n": "",
		"abc": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		if got := Policies([]byte(text)); got != want {
			t.Errorf("Policies(%q) = %q, want %q", text, got, want)
		}
	}
}
