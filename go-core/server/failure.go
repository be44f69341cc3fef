package server

import (
	"net/http"
	"strconv"
)

// fail answers with a problem, in the way of the route.
func (x *exchange) fail(p *problem) {
	x.compose(p)
	x.sendFailure(p.close)
}

// refuse answers with a problem of a request that is not for a policy to see. The
// connection is kept if little of the body is left.
func (x *exchange) refuse(p *problem) {
	x.face = nil
	p.close = p.close || x.r.ProtoMajor == 1 && (x.r.ContentLength > maxLeft || x.r.ContentLength < 0 && !x.readRest())
	x.compose(p)
	x.sendFailure(p.close)
}

// sendFailure writes the answer to a request, of which there may be more to come.
func (x *exchange) sendFailure(more bool) {
	if !more {
		x.send()
		return
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(x.out)))
	x.send()
	x.hearOut()
}

// compose makes the answer about a problem.
func (x *exchange) compose(p *problem) {
	// What is refused since there is too much of it would be too much for the
	// log, too: it is in the metrics.
	if p.status == http.StatusInternalServerError || p.status == http.StatusGatewayTimeout {
		x.logFailure(p)
	}
	if x.face != nil && x.face.fail != nil {
		x.face.fail(x, p)
		return
	}
	p.headers(x.w.Header())
	x.status, x.out = p.status, p.envelope(x.out[:0], x.id)
}

// logFailure tells of a request that failed for a reason on our side.
func (x *exchange) logFailure(p *problem) {
	log := x.server.options.Log.With("path", x.route.path, "code", p.code, "error", p.message, "decision_id", x.decision())
	if x.policy != nil {
		log = log.With("policy", x.policy.Name())
	}
	if x.trace.id != "" {
		log = log.With("trace_id", x.trace.id, "span_id", x.trace.span)
	}
	log.Warn("the request failed")
}
