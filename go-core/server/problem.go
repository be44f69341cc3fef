package server

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A problem is why a request is not answered with what it asks for.
type problem struct {
	status  int
	code    string // what a program looks at
	message string // what a person reads
	retry   time.Duration
	allow   string // the methods that there are
	scheme  string // of what is to be shown in the header Authorization
	close   bool   // the rest of the request is not read
}

// envelope appends the JSON object that tells of the problem.
func (p *problem) envelope(dst []byte, decision string) []byte {
	dst = append(dst, `{"error":`...)
	dst = p.appendObject(dst, decision)
	return append(dst, "}\n"...)
}

func (p *problem) appendObject(dst []byte, decision string) []byte {
	dst = append(dst, `{"code":"`...)
	dst = append(dst, p.code...)
	dst = append(dst, `","message":`...)
	dst = appendString(dst, p.message)
	if decision != "" {
		dst = append(dst, `,"decision_id":"`...)
		dst = append(dst, decision...)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// appendString appends text as a JSON string. What is not UTF-8 in it, as in
// the message of a policy's error, becomes U+FFFD.
func appendString(dst []byte, text string) []byte {
	dst, err := document.Append(dst, text)
	if err != nil {
		return append(dst, `""`...)
	}
	return dst
}

// headers sets those that belong to the problem.
func (p *problem) headers(h http.Header) {
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retry.Seconds()))))
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.scheme != "" {
		h.Set("Www-Authenticate", p.scheme)
	}
	if p.close {
		h.Set("Connection", "close")
	}
}

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) {
	p.headers(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.status)
	_, _ = w.Write(p.envelope(nil, "")) // fails when the client is gone
}

// clientClosedRequest is the status that nginx has made usual for a request whose
// client did not wait for the answer. Nobody reads it but the metrics.
const clientClosedRequest = 499

// outcomeStatus is the status for each way a call of a policy can end.
var outcomeStatus = map[engine.Outcome]int{
	engine.Failed:     http.StatusInternalServerError,
	engine.BadResult:  http.StatusInternalServerError,
	engine.Panicked:   http.StatusInternalServerError,
	engine.Exited:     http.StatusInternalServerError,
	engine.Crashed:    http.StatusInternalServerError,
	engine.TimedOut:   http.StatusGatewayTimeout,
	engine.Canceled:   clientClosedRequest,
	engine.Overloaded: http.StatusTooManyRequests,
	engine.Tripped:    http.StatusServiceUnavailable,
	engine.NotReady:   http.StatusServiceUnavailable,
}

// problemOf returns the end of a call as a problem.
func problemOf(err error) *problem {
	var failed *engine.Error
	if !errors.As(err, &failed) {
		return internal(err.Error())
	}
	status, ok := outcomeStatus[failed.Outcome]
	if !ok {
		status = http.StatusInternalServerError
	}
	return &problem{status: status, code: "policy_" + failed.Outcome.String(), message: failed.Message, retry: failed.Retry}
}

func internal(message string) *problem {
	return &problem{status: http.StatusInternalServerError, code: "internal", message: message}
}

func badRequest(message string) *problem {
	return &problem{status: http.StatusBadRequest, code: "bad_request", message: message}
}

func unknownPolicy(message string) *problem {
	return &problem{status: http.StatusNotFound, code: "unknown_policy", message: message}
}
