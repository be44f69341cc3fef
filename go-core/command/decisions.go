package command

import (
	"context"
	"flag"
	"io"

	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// decisionFlags say where decisions are logged.
type decisionFlags struct {
	path  string
	masks config.Strings
	file  *decisionFile // once it is open, and unless it is standard output
}

func (f *decisionFlags) declare(flags *flag.FlagSet) {
	flags.StringVar(&f.path, "decision-log", "", "write each decision to this `FILE`, a JSON object on a line; - is standard output")
	flags.Var(&f.masks, "mask", "leave out of the decision log what this JSON `POINTER` leads to; may be repeated")
}

// waitingDecisions is how many decisions may wait to be written.
const waitingDecisions = 4096

// open returns the log, or nil when there is to be none.
func (f *decisionFlags) open(in *Invocation, registry *metrics.Registry) (*decision.Log, error) {
	var masks decision.Masks
	for _, text := range f.masks {
		mask, err := decision.ParseMask(text)
		if err != nil {
			return nil, fail(exitUsage, "--mask: %v", err)
		}
		masks = append(masks, mask)
	}
	if f.path == "" {
		return nil, nil
	}
	out, err := f.writer(in)
	if err != nil {
		return nil, fail(exitUsage, "--decision-log: %v", err)
	}
	return decision.NewLog(out, waitingDecisions, masks, registry), nil
}

func (f *decisionFlags) writer(in *Invocation) (io.Writer, error) {
	if f.path == "-" {
		return in.Stdio.Out, nil
	}
	f.file = &decisionFile{path: f.path}
	return f.file, f.file.reopen()
}

// closeDecisions has what waits written.
func (s *service) closeDecisions() {
	if s.server.Decisions == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := s.server.Decisions.Close(ctx); err != nil {
		s.log.Error("the log of decisions is not complete", "error", err)
	}
}
