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
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

const (
	reviewPath = "/v1/policies/p/kubernetes"
	reviewed   = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","object":{"n":1}}}`
	reviewHead = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":`
)

// A result is allowed by true alone, in the place where it is looked for; what
// is no verdict denies, for Kubernetes and for Envoy.
func TestVerdicts(t *testing.T) {
	const byDefault = `{"error":{"code":"denied","message":"the policy does not allow the request"}}` + "\n"
	tests := []struct {
		result           any
		review, envoyOut string
		envoy            int
	}{
		{true, `{"uid":"u-1","allowed":true}`, "", 200},
		{false, `{"uid":"u-1","allowed":false,"status":{"code":403}}`, byDefault, 403},
		{map[string]any{"allow": true}, `{"uid":"u-1","allowed":true}`, "", 200},
		{map[string]any{"allowed": true, "allow": false}, `{"uid":"u-1","allowed":false,"status":{"code":403}}`, byDefault, 403},
		{map[string]any{"allowed": false, "message": "no", "code": 422, "reason": "r", "http_status": 302, "body": "go", "patch": []any{1}},
			`{"uid":"u-1","allowed":false,"status":{"message":"no","reason":"r","code":422}}`, "go", 302},
		{map[string]any{"allowed": true, "warnings": []any{"w"}, "auditAnnotations": map[string]any{"a": "b"}, "http_status": 500, "body": "x"},
			`{"uid":"u-1","allowed":true,"warnings":["w"],"auditAnnotations":{"a":"b"}}`, "", 200},
		{map[string]any{"allowed": true, "patch": []any{map[string]any{"op": "add"}}}, `{"uid":"u-1","allowed":true,"patchType":"JSONPatch","patch":"W3sib3AiOiJhZGQifV0="}`, "", 200},
		{map[string]any{"allowed": false, "http_status": 503, "message": "no"}, `{"uid":"u-1","allowed":false,"status":{"message":"no","code":403}}`, `{"error":{"code":"denied","message":"no"}}` + "\n", 403},
	}
	for _, test := range tests {
		s := serving(t, Options{}, answering("p", test.result))
		s.ask("POST", reviewPath, reviewed).expect(t, 200, reviewHead+test.review+"}")
		got := s.ask("GET", "/v1/policies/p/envoy/", "")
		if got.status != test.envoy || got.body != test.envoyOut {
			t.Errorf("%v: Envoy gets %d %q, want %d %q", test.result, got.status, got.body, test.envoy, test.envoyOut)
		}
		s.stop()
	}
}

// What is no verdict, and whatever fails, denies: with a review that has the
// uid, and with a 403.
func TestNoVerdictDenies(t *testing.T) {
	bad := failing()
	for i, result := range []any{
		nil, 1, "true", []any{true}, map[string]any{}, map[string]any{"allowed": "true"}, map[string]any{"allowed": 1},
		map[string]any{"allowed": true, "allow": "no"}, map[string]any{"result": true},
	} {
		bad = append(bad, answering("result-"+string(rune('a'+i)), result))
	}
	for i, result := range []any{
		map[string]any{"allowed": true, "patch": "add"}, map[string]any{"allowed": true, "warnings": true},
		map[string]any{"allowed": false, "code": uint32(1 << 31)}, map[string]any{"allowed": false, "code": 403.5},
	} {
		bad = append(bad, answering("review-"+string(rune('a'+i)), result))
	}
	bad = append(bad, answering("check-a", map[string]any{"allowed": true, "headers": []any{"x"}}))
	s := serving(t, Options{}, bad...)
	for _, p := range append(bad, answering("nobody", nil)) {
		if !strings.HasPrefix(p.Name(), "check") {
			denied(t, p.Name(), s.ask("POST", "/v1/policies/"+p.Name()+"/kubernetes?timeout=90ms", reviewed), "u-1")
		}
		if !strings.HasPrefix(p.Name(), "review") {
			got := s.ask("PUT", "/v1/policies/"+p.Name()+"/envoy/x?y", "body")
			if got.code(t); got.status != 403 {
				t.Errorf("%s: Envoy gets %d %s", p.Name(), got.status, got.body)
			}
		}
	}
}

// denied fails the test unless the answer is a review that denies, with status
// 200 and the uid.
func denied(t *testing.T, name string, got answer, uid string) {
	t.Helper()
	var review struct {
		APIVersion, Kind string
		Response         struct {
			UID     string
			Allowed *bool
			Status  struct{ Message string }
		}
	}
	err := json.Unmarshal([]byte(got.body), &review)
	r := review.Response
	if err != nil || got.status != 200 || review.Kind != "AdmissionReview" || r.UID != uid || r.Allowed == nil || *r.Allowed || r.Status.Message == "" {
		t.Errorf("%s: status %d, %s, %v", name, got.status, got.body, err)
	}
}

// A review that is itself wrong is denied, with its uid where that can be read.
func TestBrokenReviews(t *testing.T) {
	s := serving(t, Options{MaxBody: 300, MaxDepth: 20}, answering("p", true))
	start := reviewed[:len(reviewed)-2]
	tests := map[string]struct{ body, uid string }{
		"empty":         {"", ""},
		"after a mark":  {"\ufeff" + reviewed + "x", "u-1"},
		"not JSON":      {"yes", ""},
		"other version": {strings.Replace(reviewed, "/v1\"", "/v1beta1\"", 1), "u-1"},
		"no uid":        {strings.Replace(reviewed, `"uid":"u-1",`, "", 1), ""},
		"broken later":  {start + "!", "u-1"},
		"text after":    {reviewed + "x", "u-1"},
		"too deep":      {start + strings.Repeat(`,"x":[`, 1) + strings.Repeat("[", 30) + strings.Repeat("]", 31) + "}}", "u-1"},
		"too large":     {start + `,"x":"` + strings.Repeat("x", 500) + `"}}`, "u-1"},
		"uid no text":   {strings.Replace(reviewed, `"u-1"`, "7", 1), ""},
		"array":         {"[" + reviewed + "]", ""},
	}
	for name, test := range tests {
		denied(t, name, s.ask("POST", reviewPath, test.body), test.uid)
	}
	denied(t, "timeout", s.ask("POST", reviewPath+"?timeout=soon", reviewed), "u-1")
}

// A policy sees the whole review, as it is.
func TestReviewInput(t *testing.T) {
	s := serving(t, Options{}, &fake{"p", func(_ context.Context, input any) (any, error) {
		request := input.(map[string]any)["request"].(map[string]any)
		return request["object"].(map[string]any)["n"] == json.Number("1"), nil
	}})
	s.ask("POST", reviewPath, reviewed).expect(t, 200, reviewHead+`{"uid":"u-1","allowed":true}}`)
	s.ask("POST", reviewPath, "\ufeff"+reviewed).expect(t, 200, reviewHead+`{"uid":"u-1","allowed":true}}`)
}

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
		headers[name] = "7"
	}
	log := decision.NewLog(io.Discard, 10, nil, metrics.NewRegistry())
	for _, allowed := range []bool{true, false} {
		s := serving(t, Options{Decisions: log}, answering("p", map[string]any{"allowed": allowed, "headers": headers, "body": strings.Repeat("x", 3000)}))
		text := s.raw(t, "GET /v1/policies/p/envoy/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		head, _, _ := strings.Cut(text, "\r\n\r\n")
		if got := strings.Count(head, ": 7"); got != 0 || !strings.Contains(head, "X-User: alice") || strings.Contains(text, "late") {
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
