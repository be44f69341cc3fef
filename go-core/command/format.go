package command

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/report"
)

// A choice is the value of a flag that is one of several words.
type choice struct {
	words []string // the first is the default
	word  string
}

func (c *choice) String() string { return c.word }

func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("it is none of %s", strings.Join(c.words, ", "))
	}
	c.word = word
	return nil
}

// declareChoice declares a flag that is one of the words, by default the first.
func declareChoice(flags *flag.FlagSet, name, meaning string, words ...string) *choice {
	c := &choice{words, words[0]}
	flags.Var(c, name, meaning)
	return c
}

// declareFormat declares the flag --format of a command that asks policies.
func declareFormat(flags *flag.FlagSet) *choice {
	return declareChoice(flags, "format", "write the answer like this", "json", "text", "github", "junit", "sarif")
}

// print writes the answer in the format: the document, or the report.
func (in *Invocation) print(format string, document any, r report.Report) error {
	if format == "json" {
		return in.writeDocument(document)
	}
	text, err := report.Formats[format](r)
	if err != nil {
		return fail(exitWrite, "the answer could not be encoded: %v", err)
	}
	return in.write(text)
}
