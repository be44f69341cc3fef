package engine

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const seeHelp = `see "policy-engine help"`

// words are the commands and flags that can be meant by a misspelt one.
var words = []string{"help", "list", "run", "validate", "version", "--input"}

// parse sets the flags from args, in which nothing else is allowed.
func parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return fail(exitUsage, "%s", flagProblem(err))
	}
	if flags.NArg() > 0 {
		return fail(exitUsage, "surplus argument %q; %s", flags.Arg(0), seeHelp)
	}
	return nil
}

// parseNothing refuses all arguments of a command that takes none.
func parseNothing(args []string) error {
	return parse(flag.NewFlagSet("", flag.ContinueOnError), args)
}

// flagProblem is the message about arguments that package flag refused.
func flagProblem(err error) string {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if unknown {
		return fmt.Sprintf("unknown flag %q; %s", "--"+name, suggestion(name))
	}
	return fmt.Sprintf("%v; %s", err, seeHelp)
}

// suggestion is the end of a message about an unknown word: the word that was
// meant if one is close, else where to find help.
func suggestion(unknown string) string {
	best, least := "", 3
	for _, word := range words {
		plain := strings.TrimLeft(word, "-")
		distance := editDistance(unknown, plain)
		// Of "run" more than one letter has to be right.
		if distance < min(least, len(plain)-1) {
			best, least = word, distance
		}
	}
	if best == "" {
		return seeHelp
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// editDistance returns how many bytes have to be inserted, deleted or replaced
// to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // the distances from a prefix of a
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
