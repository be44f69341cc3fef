package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

const question = `{"input": {"user": "alice", "action": "write", "object": "server123"}}`

// bare is the least that serves a policy: net/http, encoding/json and the call.
func bare(policy engine.Policy) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var question struct {
			Input any `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result, err := policy.Execute(r.Context(), question.Input)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"result": result})
	}
}

func allowing() engine.Policy {
	return &fake{"allow", func(_ context.Context, input any) (any, error) {
		return input.(map[string]any)["user"] == "alice", nil
	}}
}

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header { return n.header }

func (n *nowhere) Write(text []byte) (int, error) { return len(text), nil }

func (n *nowhere) WriteHeader(int) {}

// benchmarkHandler measures what a handler adds to net/http.
func benchmarkHandler(b *testing.B, handler http.Handler) {
	request, err := http.NewRequest("POST", "http://localhost/v1/policies/allow/execute", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.RequestURI = request.URL.RequestURI()
	b.ReportAllocs()
	for b.Loop() {
		request.Body = io.NopCloser(strings.NewReader(question))
		handler.ServeHTTP(&nowhere{http.Header{}}, request)
	}
}

func BenchmarkHandlerBare(b *testing.B) { benchmarkHandler(b, bare(allowing())) }

func BenchmarkHandler(b *testing.B) {
	benchmarkHandler(b, New(newEngine(b, engine.Options{Timeout: time.Second}, allowing()), Options{}))
}

// BenchmarkHandlerLogged is with a log of decisions.
func BenchmarkHandlerLogged(b *testing.B) {
	log := decision.NewLog(io.Discard, decision.Options{Records: 1000})
	benchmarkHandler(b, New(newEngine(b, engine.Options{Timeout: time.Second}, allowing()), Options{Decisions: log}))
}

// benchmarkSocket measures whole requests of 16 clients, which share the
// processor with the server.
func benchmarkSocket(b *testing.B, url string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			got, err := client.Post(url, "application/json", strings.NewReader(question))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, got.Body)
			got.Body.Close()
		}
	})
}

func BenchmarkSocketBare(b *testing.B) {
	s := httptest.NewServer(bare(allowing()))
	defer s.Close()
	benchmarkSocket(b, s.URL)
}

func BenchmarkSocket(b *testing.B) {
	s := servingEngine(b, Options{}, newEngine(b, engine.Options{Timeout: time.Second}, allowing()))
	benchmarkSocket(b, "http://"+s.addr+"/v1/policies/allow/execute")
}
