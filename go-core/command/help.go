package command

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

const about = `
The answer is one JSON document on standard output.

Every flag is also a key of the file that --config names, and a variable of the
environment, such as POLICY_ENGINE_TIMEOUT for --timeout. The command line
counts most, then the environment, then the file.

Exit codes:
  0    all is well
  1    the answer could not be written, requests were cut off, or healthcheck has
       found no server that is ready
  2    wrong usage or wrong input
  3    a policy failed: an error, a panic, or not valid
  4    the policies cannot be loaded: their names are not usable
  130  interrupted by SIGINT
  143  interrupted by SIGTERM
`

// usage returns the text of help: the commands and their flags.
func usage() string {
	var text strings.Builder
	text.WriteString("Usage: policy-engine [COMMAND] [FLAGS]\n\nCommands:\n")
	width := 0
	for _, command := range commands {
		width = max(width, len(command.Name))
	}
	for _, command := range commands {
		fmt.Fprintf(&text, "  %-*s  %s\n", width, command.Name, command.Summary)
	}
	for _, command := range commands {
		text.WriteString(flagUsage(command))
	}
	text.WriteString(about)
	return text.String()
}

// flagUsage returns the part of the text that is about one command's flags.
func flagUsage(command Command) string {
	var text strings.Builder
	flagsOf(command).VisitAll(func(f *flag.Flag) {
		if text.Len() == 0 {
			fmt.Fprintf(&text, "\nFlags of %s:\n", command.Name)
		}
		placeholder, meaning := flag.UnquoteUsage(f)
		fmt.Fprintf(&text, "  --%s\n", strings.TrimSpace(f.Name+" "+placeholder))
		fmt.Fprintf(&text, "      %s\n", strings.ReplaceAll(meaning, "\n", "\n      "))
	})
	return text.String()
}

func flagsOf(command Command) *flag.FlagSet {
	flags := flag.NewFlagSet(command.Name, flag.ContinueOnError)
	command.Flags(flags)
	return flags
}

func helpFlags(*flag.FlagSet) Action {
	return func(context.Context, *Invocation) (int, error) { return exitOK, flag.ErrHelp }
}
