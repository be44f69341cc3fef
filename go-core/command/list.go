package command

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"regexp"
	"text/tabwriter"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/report"
)

type listDocument struct {
	Policies []engine.Info `json:"policies"`
}

// listFlags is the command that prints the name and the origin of every policy.
func listFlags(flags *flag.FlagSet) Action {
	var selected PolicyFlags
	selected.Declare(flags)
	format := declareChoice(flags, "format", "write the answer like this", "json", "text")
	return func(_ context.Context, in *Invocation) (int, error) {
		e, err := selected.Engine(in, engine.Options{})
		if err != nil {
			return 0, err
		}
		answer := listDocument{Policies: []engine.Info{}}
		for _, p := range e.Policies() {
			info := p.Info()
			info.State = "" // it was not started
			answer.Policies = append(answer.Policies, info)
		}
		if format.word == "text" {
			return exitOK, in.write(table(answer.Policies))
		}
		return exitOK, in.writeDocument(answer)
	}
}

// trailing is what columns leave at the end of a line.
var trailing = regexp.MustCompile(`(?m) +$`)

// table returns the policies as people read them.
func table(policies []engine.Info) []byte {
	var text bytes.Buffer
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "NAME\tVERSION\tTYPE\tDESCRIPTION")
	for _, p := range policies {
		fmt.Fprintf(columns, "%s\t%s\t%s.%s\t%s\n", report.Escape(p.Name), report.Escape(p.Version),
			p.Package, p.Type, report.Escape(p.Description))
	}
	_ = columns.Flush() // a buffer takes everything
	return trailing.ReplaceAll(text.Bytes(), nil)
}
