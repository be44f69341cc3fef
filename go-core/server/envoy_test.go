package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A policy sees the request that Envoy asks about, and can add headers, but not
// those of the connection.
func TestCheck(t *testing.T) {
	var seen any
	p := &fake{"p", func(_ context.Context, input any) (any, error) {
		seen = input
		return map[string]any{"allowed": true, "headers": map[string]any{"x-user": "alice", "content-length": "9", "a b": "c", "x-line": "a\r\nb: c"}}, nil
	}}
	s := servingEngine(t, Options{}, newEngine(t, engine.Options{}, p))
	got := s.ask("PUT", "/v1/policies/p/envoy/a%2Fb//c?q=1&q=2&r", "text", "X-Forwarded-For", "1.2.3.4", "Authorization", "Bearer x", "Host", "ignored")
	if got.status != 200 || got.body != "" || got.header.Get("X-User") != "alice" || got.header.Get("B") != "" {
		t.Errorf("status %d, %v, %q", got.status, got.header, got.body)
	}
	text, _ := json.Marshal(seen)
	want := `{"attributes":{"request":{"http":{"body":"text","headers":{"accept-encoding":"gzip","authorization":"Bearer x","connection":"close",` +
		`"content-length":"4","user-agent":"Go-http-client/1.1","x-forwarded-for":"1.2.3.4"},"host":"` + s.addr + `","method":"PUT",` +
		`"path":"/a%2Fb//c?q=1\u0026q=2\u0026r","protocol":"HTTP/1.1","size":4}}},"parsed_path":["a/b","","c"],"parsed_query":{"q":["1","2"],"r":[""]}}`
	if got := strings.Replace(string(text), `"host":"ignored",`, "", 1); got != want {
		t.Errorf("input = %s\nwant    %s", got, want)
	}
}

// A policy sets none of the headers that are about the connection, the text of the
// answer or the decision, nor a trailer.
func TestCheckHeadersOfOurs(t *testing.T) {
	headers := map[string]any{"x-user": "alice"}
	for _, name := range []string{
		"connection", "te", "proxy-connection", "keep-alive", "upgrade", "transfer-encoding", "trailer", "Trailer:x-late", ":status", "x:y",
		"content-encoding", "content-length", "decision-id",
	} {
		headers[name] = "policy"
	}
	log := decision.NewLog(io.Discard, decision.Options{})
	for _, allowed := range []bool{true, false} {
		s := serving(t, Options{Decisions: log}, answering("p", map[string]any{"allowed": allowed, "headers": headers, "body": strings.Repeat("x", 3000)}))
		text := s.raw(t, "GET /v1/policies/p/envoy/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		head, _, _ := strings.Cut(text, "\r\n\r\n")
		if got := strings.Count(head, ": policy"); got != 0 || !strings.Contains(head, "X-User: alice") || strings.Contains(text, "late") {
			t.Errorf("allowed %v:\n%s", allowed, head)
		}
	}
}

// The header of an encoding is no reason to deny a check without the body.
func TestCheckOfEncodedBody(t *testing.T) {
	s := serving(t, Options{}, answering("p", true))
	s.ask("POST", "/v1/policies/p/envoy/", "", "Content-Encoding", "gzip").expect(t, 200, "")
	s.ask("POST", "/v1/policies/p/envoy/", "x", "Content-Encoding", "gzip").expect(t, 403, "unsupported_encoding")
}

// The path is that of the request, whatever the policy is called.
func TestCheckedPath(t *testing.T) {
	for _, name := range []string{"p", "envoy", "envoy-guard", "a/envoy/b"} {
		s := serving(t, Options{}, &fake{name, func(_ context.Context, input any) (any, error) {
			attributes := input.(map[string]any)["attributes"].(map[string]any)
			path := attributes["request"].(map[string]any)["http"].(map[string]any)["path"]
			return map[string]any{"allowed": false, "body": path}, nil
		}})
		for _, path := range []string{"/", "/x", "/envoy", "/envoy/x?y=/envoy", "//x"} {
			if got := s.ask("GET", policyPrefix+url.PathEscape(name)+"/envoy"+path, ""); got.body != path {
				t.Errorf("policy %q: path %q, want %q", name, got.body, path)
			}
		}
	}
}

// A policy decides about the path that Envoy forwards, byte for byte, whether or
// not those that should be escaped are.
func TestCheckedPathAsSent(t *testing.T) {
	s := serving(t, Options{}, &fake{"p é", func(_ context.Context, input any) (any, error) {
		attributes := input.(map[string]any)["attributes"].(map[string]any)
		path := attributes["request"].(map[string]any)["http"].(map[string]any)["path"]
		return map[string]any{"allowed": false, "body": path}, nil
	}})
	for _, path := range []string{"/public/..%2Fadmin|", "/public/..%2Fadmin%7C", "/é%2F\"^`{}<>", "/a%2f|?b=%2F|?", "/%25|%3F", "/#|", "/x://y/z|"} {
		for _, before := range []string{"", "http://other", "http://user@other:80"} {
			got := parsed(t, s.raw(t, "GET "+before+"/v1/policies/p%20é/envoy"+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
			if got.body != path {
				t.Errorf("%s%s: path %q, status %d", before, path, got.body, got.status)
			}
		}
	}
}

// With tokens, the one that was for the server is not shown to a policy.
func TestCheckHidesToken(t *testing.T) {
	headers := http.Header{"Authorization": {"Bearer x"}, "X": {"y"}}
	if got := checkedHeaders(headers, true); len(got) != 1 || got["x"] != "y" {
		t.Errorf("headers = %v", got)
	}
}
