package server

import (
	"context"
	"net/http"
	"strings"
)

// A trace is what a request says of the trace that it is part of, as in W3C's
// Trace Context: https://www.w3.org/TR/trace-context/.
type trace struct {
	id, span      string // in hexadecimal digits; empty when there is none
	parent, state string // the headers as they were
}

const (
	traceParent = "traceparent"
	traceState  = "tracestate"
)

// parseTrace reads the headers. What is not well-formed is as good as none, as
// the specification says.
func parseTrace(h http.Header) trace {
	parents := h["Traceparent"]
	if len(parents) != 1 || !wellFormed(parents[0]) {
		return trace{}
	}
	parent := parents[0]
	t := trace{id: parent[3:35], span: parent[36:52], parent: parent}
	t.state = strings.Join(h["Tracestate"], ",") // a list may be in several headers
	return t
}

const (
	parentForm  = "00-00000000000000000000000000000000-0000000000000000-00"
	noTraceID   = "00000000000000000000000000000000"
	noSpanID    = "0000000000000000"
	badVersion  = "ff"
	ownVersion  = "00"
	versionSize = len(ownVersion)
)

func wellFormed(parent string) bool {
	if len(parent) < len(parentForm) || parent[:versionSize] == badVersion {
		return false
	}
	later := parent[:versionSize] != ownVersion // of which only the start is known
	if len(parent) > len(parentForm) && (!later || parent[len(parentForm)] != '-') {
		return false
	}
	for i := range len(parentForm) {
		c := parent[i]
		if separator := parentForm[i] == '-'; separator != (c == '-') || !separator && !isLowerHex(c) {
			return false
		}
	}
	return parent[3:35] != noTraceID && parent[36:52] != noSpanID
}

func isLowerHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

// A tracedContext has the trace for policies that ask others in turn. They
// import nothing of ours, so that the keys are the names of the headers.
type tracedContext struct {
	context.Context
	trace trace
}

// Value returns the header of that name.
func (c *tracedContext) Value(key any) any {
	switch key {
	case traceParent:
		return c.trace.parent
	case traceState:
		return c.trace.state
	}
	return c.Context.Value(key)
}

// context returns the context for the policy: it ends when the client is gone.
func (x *exchange) context() context.Context {
	if x.trace.id == "" {
		return x.r.Context()
	}
	return &tracedContext{x.r.Context(), x.trace}
}
