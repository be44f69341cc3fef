//go:build !unix

package worker

import (
	"errors"
	"os"
	"syscall"
)

var errUnsupported = errors.New("policies cannot have processes of their own on this system")

// Supported says why there are no workers on this system; nil means that there
// are.
func Supported() error { return errUnsupported }

func inheritedPipes() (in, out *os.File, err error) { return nil, nil, errUnsupported }

func writeNow(uintptr, []byte) (int, error) { return 0, errUnsupported }

func executable() string { return os.Args[0] }

func attributes() *syscall.SysProcAttr { return nil }

func onSpawner(f func() error) error { return f() }

func kill(int) {}

func reap(int) {}
