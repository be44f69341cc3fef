package command

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/nearest"
)

const seeHelp = `see "policy-engine help"`

// seeHelpFor says where the flags of a command are shown.
func seeHelpFor(command string) string { return fmt.Sprintf("see %q", "policy-engine help "+command) }

// parse sets the flags from args, in which nothing else is allowed but the operand,
// if there is one.
func parse(flags *flag.FlagSet, args []string, operand string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return fail(exitUsage, "%s", flagProblem(flags.Name(), err))
	}
	allowed := len(strings.Fields(operand))
	if flags.NArg() > allowed {
		return fail(exitUsage, "surplus argument %q; %s", flags.Arg(allowed), seeHelpFor(flags.Name()))
	}
	return refuseEmpty(flags)
}

// refuseEmpty refuses flags that were given an empty value.
func refuseEmpty(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			err = fail(exitUsage, "--%s: %v", f.Name, config.ErrEmpty)
		}
	})
	return err
}

// flagProblem is the message about arguments of the command that package flag refused.
func flagProblem(command string, err error) string {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if unknown {
		dashes := "--"[:min(2, len(name))] // of -v there is one
		return fmt.Sprintf("unknown flag %q; %s", dashes+name, suggestFlag(command, name))
	}
	return singleDash.ReplaceAllString(err.Error(), "$1--$2") + "; " + seeHelpFor(command)
}

// singleDash is before the name of the flag in messages of package flag.
var singleDash = regexp.MustCompile(`((?:for|for flag|argument:) )-([a-z][a-z-]*)`)

// fill sets the flags that the arguments have not set from the environment and
// the configuration file.
func fill(flags *flag.FlagSet, lookup func(string) (string, bool)) error {
	file, err := configuration(flags, lookup)
	if err == nil {
		err = config.Fill(flags, lookup, file)
	}
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	return nil
}

// configuration reads the file that the flag config names, if there is one.
func configuration(flags *flag.FlagSet, lookup func(string) (string, bool)) (config.File, error) {
	named := flags.Lookup("config")
	if named == nil {
		return config.File{}, nil
	}
	variable, _ := lookup(config.Variable("config"))
	path := cmp.Or(named.Value.String(), variable)
	if path == "" {
		return config.File{}, nil
	}
	return config.Read(path, flagNames())
}

// flagNames returns the names of the flags of all commands.
func flagNames() []string {
	var names []string
	for _, command := range commands {
		flagsOf(command).VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// suggestion is the end of a message about an unknown command: the command or
// flag that was meant if one is close, else where to find help.
func suggestion(unknown string) string {
	names := commandNames()
	return didYouMean(unknown, names, flagNames(), seeHelp)
}

// suggestFlag is the same for an unknown flag of the command, which has flags of
// its own; --version is a command.
func suggestFlag(command, unknown string) string {
	var own []string
	for _, each := range commands {
		if each.Name == command {
			flagsOf(each).VisitAll(func(f *flag.Flag) { own = append(own, f.Name) })
		}
	}
	return didYouMean(unknown, commandNames(), own, seeHelpFor(command))
}

func commandNames() []string {
	names := make([]string, len(commands))
	for i, command := range commands {
		names[i] = command.Name
	}
	return names
}

// didYouMean names the command or the flag that is close to the word, else it is
// the other text.
func didYouMean(unknown string, commands, flags []string, otherwise string) string {
	meant := nearest.Word(unknown, append(slices.Clone(commands), flags...))
	if meant == "" {
		return otherwise
	}
	if !slices.Contains(commands, meant) {
		meant = "--" + meant
	}
	return fmt.Sprintf("did you mean %q?", meant)
}
