package engine

import (
	"context"
	"flag"
)

const usage = `Usage: policy-engine [COMMAND] [FLAGS]

Commands:
  list      print the policies that are built in
  validate  ask every policy whether it is able to work
  run       run every policy on one input (the default)
  version   print what the engine was built with
  help      print this text

Flags of run:
  --input FILE  read the input, one JSON document, from FILE; - is standard
                input, which is also the default; no text means null

The answer is one JSON document on standard output.

Exit codes:
  0    all is well
  1    the answer could not be written
  2    wrong usage or wrong input
  3    a policy failed: an error, a panic, or not valid
  4    the policies cannot be loaded: their names are not usable
  130  interrupted by SIGINT
  143  interrupted by SIGTERM
`

// help prints the usage text.
func (e *engine) help(_ context.Context, args []string) (int, error) {
	if err := parseNothing(args); err != nil {
		return 0, err
	}
	return exitOK, flag.ErrHelp
}
