package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Whatever a request is, it has one answer: JSON, and for a failure an envelope
// without a result; nothing is allowed, and no panic of ours is seen.
func FuzzRequest(f *testing.F) {
	policies := append(failing()[:3], echoing("echo"), answering("deny", false), answering("a/b", map[string]any{"allowed": false, "headers": map[string]any{"x": "y"}}))
	e, err := engine.New(policies, engine.Options{Timeout: 50 * time.Millisecond, Breaker: engine.Breaker{Faults: 1 << 30}})
	if err != nil {
		f.Fatal(err)
	}
	if err := e.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
	s := New(e, Options{MaxBody: 4096, MaxDepth: 100})
	for _, path := range []string{
		echoPath, "/v1/execute", "/v0/policies/panic/execute", "/v1/policies/deny/kubernetes?timeout=1s", "/v1/policies/a%2Fb/envoy/x?y=z",
		"/v1/policies", "/readyz", "/%zz", "//", "/v1/policies//execute", "/v1/policies/error/execute?timeout=-1",
	} {
		f.Add("POST", path, "Traceparent", parent, []byte(`{"input": [1, {"a": "\u00e9"}], "policies": ["e*"]}`))
		f.Add("GET", path, "Content-Encoding", "gzip", []byte(reviewed))
	}
	f.Fuzz(func(t *testing.T, method, path, name, value string, body []byte) {
		if name == "" || strings.ContainsAny(name, "\r\n: ") || strings.ContainsAny(value, "\r\n") {
			return
		}
		request, err := http.NewRequest(method, "http://x"+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		request.RequestURI = request.URL.RequestURI()
		request.Header.Set(name, value)
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, request)
		checkFuzzed(t, request, recorder)
		if executing := s.executing.Load(); executing != 0 {
			t.Fatalf("%d requests are said to be executed", executing)
		}
	})
}

func checkFuzzed(t *testing.T, request *http.Request, got *httptest.ResponseRecorder) {
	t.Helper()
	body := got.Body.Bytes()
	asText := strings.Contains(request.URL.Path, "/envoy/") || request.URL.Path == "/metrics"
	if !asText && !json.Valid(body) {
		t.Fatalf("status %d, body %q", got.Code, body)
	}
	var answer struct {
		Error    *struct{ Code, Message string }
		Result   json.RawMessage
		Results  json.RawMessage
		Response struct{ Allowed bool }
	}
	if got.Code >= 400 && !asText {
		err := json.Unmarshal(body, &answer)
		if err != nil || answer.Error == nil || answer.Error.Code == "" || answer.Result != nil || answer.Results != nil {
			t.Fatalf("status %d, body %q, %v", got.Code, body, err)
		}
	}
	if strings.HasSuffix(request.URL.Path, "/kubernetes") && got.Code == 200 {
		if err := json.Unmarshal(body, &answer); err != nil || answer.Response.Allowed && !strings.Contains(request.URL.Path, "echo") {
			t.Fatalf("body %q, %v", body, err)
		}
	}
	if strings.Contains(request.URL.Path, "/envoy/") && got.Code == 200 {
		t.Fatalf("%s: allowed", request.URL)
	}
}
