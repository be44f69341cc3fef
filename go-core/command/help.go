package command

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

const about = `
"policy-engine help COMMAND", or COMMAND --help, shows a command's flags and what it
prints. That is on standard output, and nothing else is; messages are on standard
error, those of serve as a log: JSON, or text on a terminal.

Exit codes:
  0    all is well
  1    the answer could not be written, requests were cut off, or healthcheck has
       found no server that is ready
  2    wrong usage or wrong input
  3    a policy failed: an error, a panic, or not valid
  4    the policies cannot be loaded: a name is not usable, or one cannot be made
  130  interrupted by SIGINT
  143  interrupted by SIGTERM
`

const aboutFlags = `
Every flag is also a key of the file that --config names, and a variable of the
environment, such as POLICY_ENGINE_CONFIG for --config. The command line counts
most, then the environment, then the file.
`

// usage returns the text of help: the commands.
func usage() string {
	rows := make([][2]string, len(commands))
	for i, command := range commands {
		rows[i] = [2]string{command.Name, command.Summary}
	}
	return "Usage: policy-engine [COMMAND] [FLAGS]\n\nCommands:\n" + columns(rows) + about
}

// usage returns the text of help for the command: its flags.
func (c Command) usage() string {
	var rows [][2]string
	flagsOf(c).VisitAll(func(f *flag.Flag) { rows = append(rows, flagUsage(f)) })
	head, tail := "Usage: policy-engine "+c.Name, ""
	if c.Operand != "" {
		head += " " + c.Operand
	}
	if rows != nil {
		head, tail = head+" [FLAGS]", "\nFlags:\n"+columns(rows)+aboutFlags
	}
	return fmt.Sprintf("%s\n\n%s%s.\nPrints %s.\n%s", head, strings.ToUpper(c.Summary[:1]), c.Summary[1:], c.Prints, tail)
}

// flagUsage returns a flag as it is given, and what it means.
func flagUsage(f *flag.Flag) [2]string {
	placeholder, meaning := flag.UnquoteUsage(f)
	if c, ok := f.Value.(*choice); ok {
		placeholder = strings.Join(c.words, "|")
	}
	if !slices.Contains([]string{"", "false"}, f.DefValue) {
		meaning += " (default " + f.DefValue + ")"
	}
	return [2]string{strings.TrimSpace("--" + f.Name + " " + placeholder), meaning}
}

// columns returns the rows with what is in their second places below each other.
func columns(rows [][2]string) string {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintf(w, "  %s\t%s\n", row[0], row[1])
	}
	_ = w.Flush() // a buffer takes everything
	return text.String()
}

func flagsOf(command Command) *flag.FlagSet {
	flags := flag.NewFlagSet(command.Name, flag.ContinueOnError)
	command.Flags(flags)
	return flags
}

// helpFlags is the command that shows help: that for a command is its --help.
func helpFlags(flags *flag.FlagSet) Action {
	return func(ctx context.Context, in *Invocation) (int, error) {
		if flags.NArg() == 0 {
			return exitOK, in.write([]byte(usage()))
		}
		return in.dispatch(ctx, []string{flags.Arg(0), "--help"})
	}
}
