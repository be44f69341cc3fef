package command

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// The exit codes; the package comment says what each means.
const (
	exitOK      = 0
	exitWrite   = 1
	exitUsage   = 2
	exitPolicy  = 3
	exitLoading = 4
)

// A failure ends a command without a document: the process exits with code,
// after each of the problems was reported on a line of its own.
type failure struct {
	code     int
	problems []string
}

func (f *failure) Error() string { return strings.Join(f.problems, "\n") }

// fail returns a failure with one problem.
func fail(code int, format string, args ...any) error {
	return &failure{code, []string{fmt.Sprintf(format, args...)}}
}

// interrupted returns the failure of a command that a signal stopped. Its code
// is the one that a shell reports for a process killed by that signal.
func interrupted(received os.Signal) *failure {
	number, ok := received.(syscall.Signal)
	if !ok {
		number = syscall.SIGTERM
	}
	return &failure{code: 128 + int(number)}
}
