package server

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
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
