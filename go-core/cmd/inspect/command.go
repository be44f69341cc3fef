package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
)

// options are the flags of `inspect policies`.
type options struct {
	interfaceName string
	root          string
	goos, goarch  string
}

// parseOptions reads the flags of `inspect policies`.
func parseOptions(arguments []string, stderr io.Writer) (options, bool) {
	var o options
	flags := flag.NewFlagSet("policies", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.interfaceName, "interface", "", "`PATH.NAME` of the interface policies implement")
	flags.StringVar(&o.root, "root", "", "`directory` that holds the policy packages")
	flags.StringVar(&o.goos, "goos", runtime.GOOS, "operating `system` go list ran for")
	flags.StringVar(&o.goarch, "goarch", runtime.GOARCH, "`architecture` go list ran for")
	if flags.Parse(arguments) != nil {
		return o, false
	}
	if o.interfaceName == "" || flags.NArg() > 0 {
		fmt.Fprintln(stderr, usage)
		return o, false
	}
	return o, true
}

// runPolicies is `inspect policies`.
func runPolicies(arguments []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, ok := parseOptions(arguments, stderr)
	if !ok {
		return 2
	}
	debug.SetGCPercent(400) // a short run with little garbage
	result, err := inspectPolicies(stdin, o)
	if err != nil {
		return fail(stderr, err)
	}
	return printDocument(stdout, stderr, result)
}

// inspectPolicies makes the document of a go list stream.
func inspectPolicies(stream io.Reader, o options) (*document, error) {
	packages, err := readPackages(stream)
	if err != nil {
		return nil, err
	}
	path, _, err := splitInterface(o.interfaceName)
	if err != nil {
		return nil, err
	}
	isOther := rootFilter(o.root, path, packages)
	policies := slices.DeleteFunc(slices.Clone(packages), func(p *listPackage) bool { return p.DepOnly || isOther(p) })
	w, err := newWorld(packages, o.interfaceName)
	if err != nil {
		return nil, err
	}
	w.goos, w.goarch = o.goos, o.goarch
	w.sources = parseAll(policies)
	result := new(document)
	w.findProblems(packages, policies, result)
	if err := w.discover(policies, result); err != nil {
		return nil, err
	}
	result.sort()
	return result, nil
}
