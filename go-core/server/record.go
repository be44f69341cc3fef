package server

import (
	"errors"
	"slices"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// decisionHeader has the id of the decision, when there is a log of decisions.
const decisionHeader = "Decision-Id"

// willDecide begins the record of a decision, if there is a log. It keeps the
// input as it is now, before the policy can change it.
func (x *exchange) willDecide(input any) {
	if x.server.options.Decisions == nil {
		return
	}
	x.record = x.newRecord(x.policy, x.decision())
	x.record.Input, _ = document.Append(nil, input) // cannot fail: it was JSON
	x.w.Header().Set(decisionHeader, x.id)
}

func (x *exchange) newRecord(p *engine.Instance, id string) *decision.Record {
	info := p.Info()
	return &decision.Record{
		ID: id, Time: time.Now().UTC(), Policy: info.Name,
		Version: info.Version, Digest: info.Digest, TraceID: x.trace.id,
	}
}

// resulted keeps the text of the result as it is now, before the answer is made from it.
func (x *exchange) resulted(text []byte) {
	if x.record != nil {
		x.record.Result = slices.Clone(text)
	}
}

// decided puts the record into the log.
func (x *exchange) decided(err error) {
	if x.record == nil {
		return
	}
	x.server.log(x.record, err)
	x.record = nil // it is the log's
}

// log puts a record into the log. One with an error is none of a result.
func (s *Server) log(r *decision.Record, err error) {
	r.Duration = time.Since(r.Time)
	r.Outcome = engine.OK.String()
	var failed *engine.Error
	if errors.As(err, &failed) {
		r.Outcome, r.Error, r.Result = failed.Outcome.String(), failed.Message, nil
	}
	s.options.Decisions.Add(r)
}
