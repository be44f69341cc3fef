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

// open returns the log, or nil when there is to be none.
func (f *decisionFlags) open(in *Invocation, registry *metrics.Registry) (*decision.Log, error) {
	masks, err := f.parseMasks()
	if err != nil {
		return nil, fail(exitUsage, "--mask: %v", err)
	}
	if f.path == "" && masks != nil {
		return nil, fail(exitUsage, "--mask is of use with --decision-log only: nothing else is masked")
	}
	if f.path == "" {
		return nil, nil
	}
	out, err := f.writer(in)
	if err != nil {
		return nil, fail(exitUsage, "--decision-log: %v", err)
	}
	return decision.NewLog(out, decision.Options{Masks: masks, Metrics: registry, Log: in.log.Load()}), nil
}

func (f *decisionFlags) parseMasks() (masks decision.Masks, err error) {
	for _, text := range f.masks {
		mask, err := decision.ParseMask(text)
		if err != nil {
			return nil, err
		}
		masks = append(masks, mask)
	}
	return masks, nil
}

func (f *decisionFlags) writer(in *Invocation) (io.Writer, error) {
	if f.path == "-" {
		return in.Stdio.Out, nil
	}
	f.file = &decisionFile{path: f.path}
	return f.file, f.file.reopen()
}

// closeDecisions has what waits written, and tells what was lost since the start.
func (s *service) closeDecisions() {
	log := s.server.Decisions
	if log == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	err := log.Close(ctx)
	if dropped, failed := log.Dropped(), log.Failed(); err != nil || dropped+failed > 0 {
		s.log.Error("the log of decisions is not complete", "dropped", dropped, "failed", failed, "error", err)
	}
}
