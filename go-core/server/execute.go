package server

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A face is how a policy is asked and answered on one route.
type face struct {
	// opening and closing stand around the text of the result.
	opening, closing string
	// input returns what the policy is given.
	input func(*exchange) (any, *problem)
	// decide makes the answer from the text of the result, which is in
	// x.out, or says that it cannot; without it that text is the answer.
	decide func(*exchange) error
	// fail makes the answer about a problem; without it that is an envelope.
	fail func(*exchange, *problem)
}

var plainFace = face{opening: `{"result":`, closing: "}\n", input: (*exchange).wrappedInput}

var rawFace = face{input: (*exchange).wholeInput, closing: "\n"}

// asking returns the handler of a route that asks one policy.
func (s *Server) asking(f *face) func(*exchange) {
	return func(x *exchange) {
		x.face = f
		if wrong := x.ask(); wrong != nil {
			x.fail(wrong)
		}
	}
}

// ask reads the request, asks the policy, and sends the answer unless there is
// a problem.
func (x *exchange) ask() *problem {
	input, wrong := x.question()
	if wrong == nil {
		wrong = x.findTimeout()
	}
	if wrong != nil {
		return wrong
	}
	x.willDecide(input)
	out, err := x.policy.AppendJSON(x.context(), append(x.out[:0], x.face.opening...), x.call(input))
	if err == engine.ErrLost {
		return nil // answered by lost
	}
	x.resulted(out[len(x.face.opening):])
	x.status, x.out = http.StatusOK, append(out, x.face.closing...)
	if err == nil && x.face.decide != nil {
		if err = x.face.decide(x); err != nil {
			x.server.badVerdicts.With(x.policy.Name()).Inc()
		}
	}
	x.decided(err)
	if err != nil {
		return problemOf(err)
	}
	x.send()
	return nil
}

// question returns the input for the policy that is asked. Room is made before
// the body is decoded: what comes of that takes many times its memory.
func (x *exchange) question() (any, *problem) {
	if wrong := x.read(); wrong != nil {
		return nil, wrong
	}
	if wrong := x.enter(); wrong != nil {
		return nil, wrong
	}
	input, wrong := x.face.input(x)
	if wrong != nil {
		return nil, wrong
	}
	policy, ok := x.server.engine.Policy(x.name)
	if !ok {
		return nil, unknownPolicy(fmt.Sprintf("there is no policy %q; /v1/policies has those that are there", x.name))
	}
	x.policy = policy
	return input, nil
}

// call returns the call of the policy. Where net/http lets go of a connection,
// the policy may have the goroutine of the request; in HTTP/2 it does not.
func (x *exchange) call(input any) engine.Call {
	call := engine.Call{Input: input, Timeout: x.timeout}
	if x.r.ProtoMajor == 1 {
		call.Lost = x.lost
	}
	return call
}

// wholeInput returns the body as a document; nothing but white space means null,
// as on a command line.
func (x *exchange) wholeInput() (any, *problem) {
	if len(bytes.Trim(document.TrimMark(x.body), " \t\r\n")) == 0 {
		return nil, nil
	}
	return x.decode()
}

func (x *exchange) decode() (any, *problem) {
	value, err := document.Decode(document.TrimMark(x.body), x.server.options.MaxDepth)
	if err != nil {
		return nil, badRequest("the body is not one JSON document: " + err.Error())
	}
	return value, nil
}

// wrappedInput returns what is below "input" in the body.
func (x *exchange) wrappedInput() (any, *problem) {
	members, wrong := x.members()
	if wrong != nil {
		return nil, wrong
	}
	if len(members) > 1 {
		return nil, beside(members, "input")
	}
	return members["input"], nil
}

// members returns the body as an object that has an input.
func (x *exchange) members() (map[string]any, *problem) {
	value, wrong := x.decode()
	if wrong != nil {
		return nil, wrong
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, badRequest(`the body is not an object; it is to be {"input": ...}`)
	}
	if _, ok := members["input"]; !ok {
		return nil, badRequest(`the body has no "input"; it is to be {"input": ...}`)
	}
	return members, nil
}

// beside returns the problem of the first key that is none of the known ones.
func beside(members map[string]any, known ...string) *problem {
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, key) {
			return badRequest(fmt.Sprintf(`the body has %.64q beside "%s"`, key, strings.Join(known, `" and "`)))
		}
	}
	return nil
}
