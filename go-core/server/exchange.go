package server

import (
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// An exchange is a request and its answer. It is used again for another one,
// with its buffers, unless a call of a policy ended the goroutine.
type exchange struct {
	server  *Server
	w       http.ResponseWriter
	r       *http.Request
	route   *route
	name    string           // of the policy, as the path has it
	policy  *engine.Instance // if the route is one of a policy
	face    *face
	start   time.Time
	body    []byte
	uid     string // of a Kubernetes review
	id      string // of the decision, once it is asked for
	trace   trace
	timeout time.Duration    // that the request asks for, or 0
	record  *decision.Record // if there is a log of decisions

	status    int
	out       []byte
	executing bool
	answered  bool // by now the answer is sent, or there is nobody to send it to
	returned  bool // the handler has come to its end
	lost      func(*engine.Error)
}

// maxKept is how large a buffer may be to be kept for another exchange.
const maxKept = 64 << 10

func newExchange(s *Server) *exchange {
	x := &exchange{server: s}
	x.lost = x.answerLost // made once
	return x
}

func (x *exchange) begin(w http.ResponseWriter, r *http.Request) {
	x.w, x.r, x.start = w, r, time.Now()
	x.trace = parseTrace(r.Header)
}

// end makes sure that the request is answered. A panic here is one of our own:
// those of policies do not come so far.
func (x *exchange) end() {
	if panicked := recover(); panicked != nil {
		x.server.options.Log.Error("the server crashed in a request", "error", panicked, "stack", string(debug.Stack()))
		if x.answered {
			panic(http.ErrAbortHandler)
		}
		x.fail(internal("the server failed"))
		return
	}
	if !x.returned { // the policy ended the goroutine, and lost was told
		return
	}
	body, out := x.body, x.out
	if cap(body) > maxKept || cap(out) > maxKept {
		body, out = nil, nil
	}
	*x = exchange{server: x.server, lost: x.lost, body: body[:0], out: out[:0]}
	x.server.exchanges.Put(x)
}

// decision returns the id of the decision, which is made when it is asked for.
func (x *exchange) decision() string {
	if x.id == "" {
		x.id = decision.NewID()
	}
	return x.id
}

var jsonType = []string{"application/json"}

// sniffed is how much of an answer net/http holds back to find out its length.
const sniffed = 2048

// send writes the answer.
func (x *exchange) send() {
	h := x.w.Header()
	if h["Content-Type"] == nil && len(x.out) > 0 {
		h["Content-Type"] = jsonType
	}
	if x.server.draining.Load() {
		h.Set("Connection", "close")
	}
	if len(x.out) >= sniffed {
		h.Set("Content-Length", strconv.Itoa(len(x.out)))
	}
	x.settle()
	if x.status != http.StatusOK {
		x.w.WriteHeader(x.status)
	}
	x.write()
}

// write writes the text of the answer. In HTTP/1 the connection sees to the deadline;
// in HTTP/2 a client may hold one answer up and read others.
func (x *exchange) write() {
	if x.r.ProtoMajor == 1 {
		_, _ = x.w.Write(x.out) // fails when the client is gone
		return
	}
	control := http.NewResponseController(x.w)
	for piece := range slices.Chunk(x.out, pieceSize) {
		_ = control.SetWriteDeadline(time.Now().Add(x.server.options.WriteTimeout)) // which HTTP/2 has
		if _, err := x.w.Write(piece); err != nil {
			return
		}
	}
}

// settle makes room for another request and counts this one. It comes before
// the answer is written: who has read that finds it in the metrics.
func (x *exchange) settle() {
	x.answered = true
	x.leave()
	x.route.durations.observe(x.status, time.Since(x.start))
}

// enter makes room among the requests that are executed, if there is any.
func (x *exchange) enter() *problem {
	x.executing = true
	if limit := x.server.options.Concurrency; int(x.server.executing.Add(1)) > limit {
		return &problem{
			status: http.StatusServiceUnavailable, code: "overloaded", retry: time.Second,
			message: "over the limit of " + strconv.Itoa(limit) + " requests at once",
		}
	}
	return nil
}

func (x *exchange) leave() {
	if x.executing {
		x.executing = false
		x.server.executing.Add(-1)
	}
}
