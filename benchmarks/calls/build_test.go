package calls

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// goBuild runs go build in dir with variables added to the environment.
func goBuild(tb testing.TB, dir string, variables []string, args ...string) {
	tb.Helper()
	command := exec.Command("go", append([]string{"build"}, args...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), variables...)
	if output, err := command.CombinedOutput(); err != nil {
		tb.Fatal(fmt.Errorf("%v: %w\n%s", command.Args, err, output))
	}
}
