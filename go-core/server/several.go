package server

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// executeSeveral asks all policies, or those that "policies" names, about one
// input.
func (s *Server) executeSeveral(x *exchange) {
	if wrong := x.askSeveral(); wrong != nil {
		x.fail(wrong)
	}
}

func (x *exchange) askSeveral() *problem {
	if wrong := x.read(); wrong != nil {
		return wrong
	}
	if wrong := x.enter(); wrong != nil {
		return wrong
	}
	members, wrong := x.members()
	if wrong != nil {
		return wrong
	}
	policies, wrong := x.selection(members)
	if wrong == nil {
		wrong = x.findTimeout()
	}
	if wrong != nil {
		return wrong
	}
	entries := x.entries(policies, members["input"])
	x.status, x.out = http.StatusOK, append(x.out[:0], `{"results":[`...)
	for i, entry := range entries {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = append(x.out, entry...)
	}
	x.out = append(x.out, "]}\n"...)
	x.send()
	return nil
}

// selection returns the policies that the request asks for.
func (x *exchange) selection(members map[string]any) ([]*engine.Instance, *problem) {
	asked, some := members["policies"]
	if len(members) > 2 || len(members) > 1 && !some {
		return nil, beside(members, "input", "policies")
	}
	all := x.server.engine.Policies()
	if !some {
		return all, nil
	}
	patterns, ok := asked.([]any)
	if !ok || len(patterns) == 0 {
		return nil, badRequest(`"policies" is to be a list of names or patterns; leave it out to ask all`)
	}
	return choose(all, patterns)
}

// choose returns those of the policies that one of the patterns names, in their
// own order.
func choose(policies []*engine.Instance, patterns []any) ([]*engine.Instance, *problem) {
	chosen := make([]bool, len(policies))
	for _, each := range patterns {
		pattern, ok := each.(string)
		if !ok {
			return nil, badRequest(`"policies" holds something that is not text`)
		}
		if !mark(chosen, policies, pattern) {
			return nil, unknownPolicy(fmt.Sprintf("there is no policy %q; /v1/policies has those that are there", pattern))
		}
	}
	var taken []*engine.Instance
	for i, p := range policies {
		if chosen[i] {
			taken = append(taken, p)
		}
	}
	return taken, nil
}

func mark(chosen []bool, policies []*engine.Instance, pattern string) (found bool) {
	for i, p := range policies {
		if matches, _ := engine.Match(pattern, p.Name()); matches { // what is no pattern matches nothing
			chosen[i], found = true, true
		}
	}
	return found
}

// patience is how long a call keeps others from being begun. Most take a hundredth of
// it; what takes longer waits for something, maybe for ever.
const patience = 10 * time.Millisecond

// entries asks the policies and returns what each has answered, in their order. Each
// has its own copy of the input; only so many are asked at once, since all copies may
// take more memory than there is. The deadline of the request is one for all of them.
func (x *exchange) entries(policies []*engine.Instance, input any) [][]byte {
	entries := make([][]byte, len(policies))
	places := make(chan struct{}, max(8, 2*runtime.GOMAXPROCS(0)))
	var asked sync.WaitGroup
	asked.Add(len(policies))
	begun := time.Now()
	for i, p := range policies {
		places <- struct{}{}
		leave := sync.OnceFunc(func() { <-places })
		late := time.AfterFunc(patience, leave)
		x.entry(p, input, begun, func(text []byte) {
			late.Stop()
			leave()
			entries[i] = text
			asked.Done()
		})
	}
	asked.Wait()
	return entries
}

// entry asks one policy on a goroutine of its own, and gives the text of its
// entry to done, once.
func (x *exchange) entry(p *engine.Instance, input any, begun time.Time, done func([]byte)) {
	var record *decision.Record
	if x.server.options.Decisions != nil {
		record = x.newRecord(p, decision.NewID())
		record.Input, _ = document.Append(nil, input) // cannot fail: it was JSON
	}
	end := func(result []byte, err error) { done(x.entryText(p, record, result, err)) }
	call := engine.Call{Lost: func(failed *engine.Error) { end(nil, failed) }}
	if x.timeout > 0 {
		if call.Timeout = x.timeout - time.Since(begun); call.Timeout <= 0 {
			call.Lost(&engine.Error{Outcome: engine.TimedOut, Message: fmt.Sprintf("not begun within %v", x.timeout)})
			return
		}
	}
	call.Input = document.Clone(input)
	ctx := x.context()
	go func() {
		if result, err := p.AppendJSON(ctx, nil, call); err != engine.ErrLost {
			end(result, err)
		}
	}()
}

// entryText returns {"name", "result" or "error"} for one policy.
func (x *exchange) entryText(p *engine.Instance, record *decision.Record, result []byte, err error) []byte {
	id := ""
	if record != nil {
		id = record.ID
		record.Result = slices.Clone(result)
		x.server.log(record, err)
	}
	text := appendString([]byte(`{"name":`), p.Name())
	if err != nil {
		text = append(text, `,"error":`...)
		return append(problemOf(err).appendObject(text, id), '}')
	}
	text = append(append(text, `,"result":`...), result...)
	if id != "" {
		text = append(append(append(text, `,"decision_id":"`...), id...), '"')
	}
	return append(text, '}')
}
