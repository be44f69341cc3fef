// Command inspect finds out, without ever running a policy, what a folder of
// policy packages holds and what a built binary contains.
//
//	go list -e -export -json=$(inspect fields) ... | inspect policies -interface PATH.Name
//	inspect binary FILE
//	inspect fields
//
// It must be built by the toolchain that ran go list: export data of a newer
// compiler cannot be read by an older one.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

const usage = "usage: inspect policies -interface PATH.NAME [-root DIR] [-goos OS] [-goarch ARCH] | inspect binary FILE | inspect fields"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one subcommand. The exit code is 0 when the document was
// printed, 1 when there is none and 2 when the command line is wrong.
func run(arguments []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if reason := recover(); reason != nil {
			code = fail(stderr, fmt.Errorf("internal error: %v", reason))
		}
	}()
	if len(arguments) == 0 {
		fmt.Fprintln(stderr, usage)
		return 2
	}
	switch arguments[0] {
	case "policies":
		return runPolicies(arguments[1:], stdin, stdout, stderr)
	case "binary":
		return runBinary(arguments[1:], stdout, stderr)
	case "fields":
		fmt.Fprintln(stdout, listFields)
		return 0
	}
	fmt.Fprintln(stderr, usage)
	return 2
}

// fail prints err as the one line on standard error and returns exit code 1.
func fail(stderr io.Writer, err error) int {
	text := strings.Join(strings.Fields(err.Error()), " ")
	fmt.Fprintln(stderr, "inspect:", text)
	return 1
}

// printDocument writes document as one line of JSON.
func printDocument(stdout, stderr io.Writer, document any) int {
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fail(stderr, err)
	}
	return 0
}
