package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

const echoPath = "/v1/policies/echo/execute"

// Every route answers what it is there for, and every fault has its status and
// its code.
func TestRoutes(t *testing.T) {
	s := serving(t, Options{MaxBody: 1000, MaxDepth: 20}, echoing("echo"), answering("a/b %", 1), answering("c", nil))
	deep := strings.Repeat("[", 19) + strings.Repeat("]", 19)
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"input", "POST", echoPath, `{"input": {"a": [1, "x", null, true]}}`, 200, `{"result":{"a":[1,"x",null,true]}}`},
		{"null", "POST", echoPath, `{"input": null}`, 200, `{"result":null}`},
		{"null result", "POST", "/v1/policies/c/execute", `{"input": 1}`, 200, `{"result":null}`},
		{"numbers", "POST", echoPath, `{"input": [9007199254740993, 1.10, 1e400, -0]}`, 200, `{"result":[9007199254740993,1.10,1e400,-0]}`},
		{"escaped name", "POST", "/v1/policies/a%2Fb%20%25/execute", `{"input": 1}`, 200, `{"result":1}`},
		{"raw", "POST", "/v0/policies/echo/execute", ` {"input": 1}`, 200, `{"input":1}`},
		{"raw without body", "POST", "/v0/policies/echo/execute", "", 200, "null"},
		{"byte order mark", "POST", echoPath, "\ufeff{\"input\": 1}", 200, `{"result":1}`},
		{"byte order mark, raw", "POST", "/v0/policies/echo/execute", "\ufeff7", 200, "7"},
		{"byte order mark, all", "POST", "/v1/execute", "\ufeff{\"input\": 7, \"policies\": [\"c\"]}", 200, `{"results":[{"name":"c","result":null}]}`},
		{"two byte order marks", "POST", echoPath, "\ufeff\ufeff{\"input\": 1}", 400, "bad_request"},
		{"raw with white space alone", "POST", "/v0/policies/echo/execute", "\ufeff \n", 200, "null"},
		{"deep enough", "POST", echoPath, `{"input": ` + deep + `}`, 200, `{"result":` + deep + `}`},
		{"all", "POST", "/v1/execute", `{"input": 7}`, 200, `{"results":[{"name":"echo","result":7},{"name":"a/b %","result":1},{"name":"c","result":null}]}`},
		{"some", "POST", "/v1/execute", `{"input": 7, "policies": ["c", "e*"]}`, 200, `{"results":[{"name":"echo","result":7},{"name":"c","result":null}]}`},
		{"all by pattern", "POST", "/v1/execute", `{"input": 7, "policies": ["*"]}`, 200, `{"results":[{"name":"echo","result":7},{"name":"a/b %","result":1},{"name":"c","result":null}]}`},
		{"live", "GET", "/livez", "", 200, `{"status":"ok"}`},
		{"ready", "GET", "/readyz", "", 200, `{"status":"ready"}`},

		{"not JSON", "POST", echoPath, `{"input": yes}`, 400, "bad_request"},
		{"no body", "POST", echoPath, "", 400, "bad_request"},
		{"text after", "POST", echoPath, `{"input": 1} {"input": 2}`, 400, "bad_request"},
		{"invalid UTF-8", "POST", echoPath, "{\"input\": \"\xff\"}", 400, "bad_request"},
		{"half a surrogate pair", "POST", echoPath, `{"input": "\ud800"}`, 400, "bad_request"},
		{"no input", "POST", echoPath, `{}`, 400, "bad_request"},
		{"misspelt input", "POST", echoPath, `{"inptu": 1}`, 400, "bad_request"},
		{"other keys", "POST", echoPath, `{"input": 1, "policies": ["c"]}`, 400, "bad_request"},
		{"array", "POST", echoPath, `[1]`, 400, "bad_request"},
		{"too deep", "POST", echoPath, `{"input": [` + deep + `]}`, 400, "bad_request"},
		{"too deep, raw", "POST", "/v0/policies/echo/execute", strings.Repeat("[", 900), 400, "bad_request"},
		{"too large", "POST", echoPath, `{"input": "` + strings.Repeat("x", 1000) + `"}`, 413, "too_large"},
		{"no such policy", "POST", "/v1/policies/nobody/execute", `{"input": 1}`, 404, "unknown_policy"},
		{"none chosen", "POST", "/v1/execute", `{"input": 7, "policies": []}`, 400, "bad_request"},
		{"none matches", "POST", "/v1/execute", `{"input": 7, "policies": ["c", "z*"]}`, 404, "unknown_policy"},
		{"no list", "POST", "/v1/execute", `{"input": 7, "policies": "c"}`, 400, "bad_request"},
		{"no names", "POST", "/v1/execute", `{"input": 7, "policies": [1]}`, 400, "bad_request"},
		{"several, one key more", "POST", "/v1/execute", `{"input": 7, "policies": ["c"], "x": 1}`, 400, "bad_request"},
		{"several, other keys", "POST", "/v1/execute", `{"input": 7, "policy": ["c"]}`, 400, "bad_request"},

		{"nothing there", "GET", "/", "", 404, "not_found"},
		{"path that is not clean", "POST", "/v1//execute", "", 404, "not_found"},
		{"path with dots", "POST", "/v1/../v1/execute", "", 404, "not_found"},
		{"more of a path", "POST", echoPath + "/x", "", 404, "not_found"},
		{"less of a path", "GET", "/v1/policies/echo", "", 404, "not_found"},
		{"method", "GET", echoPath, "", 405, "method_not_allowed"},
		{"other method", "DELETE", "/readyz", "", 405, "method_not_allowed"},
		{"made up method", "BREW", "/v1/execute", "", 405, "method_not_allowed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { s.ask(test.method, test.path, test.body).expect(t, test.status, test.want) })
	}
}

// The ways in which a policy fails have their own codes, and none is answered
// with anything that could be a decision, on one route and on the other.
func TestFailures(t *testing.T) {
	s := serving(t, Options{}, append(failing(), echoing("echo"))...)
	tests := map[string]struct {
		status int
		code   string
	}{
		"error": {500, "policy_error"}, "panic": {500, "policy_panic"}, "goexit": {500, "policy_goexit"},
		"hang": {504, "policy_timeout"}, "heed": {504, "policy_timeout"}, "channel": {500, "policy_bad_result"},
	}
	for name, want := range tests {
		for _, version := range []string{"v0", "v1"} {
			t.Run(version+"/"+name, func(t *testing.T) {
				s.ask("POST", "/"+version+"/policies/"+name+"/execute", `{"input": true}`).expect(t, want.status, want.code)
			})
		}
	}
	got := s.ask("POST", "/v1/execute", `{"input": true}`)
	var several struct {
		Results []struct {
			Name   string
			Result any
			Error  *struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal([]byte(got.body), &several); err != nil || got.status != 200 || len(several.Results) != 7 {
		t.Fatalf("status %d, %s, %v", got.status, got.body, err)
	}
	for _, each := range several.Results {
		if each.Name == "echo" && each.Result == true && each.Error == nil {
			continue
		}
		if each.Result != nil || each.Error == nil || each.Error.Code != tests[each.Name].code || each.Error.Message == "" {
			t.Errorf("entry = %+v", each)
		}
	}
}

// A policy that writes into its input spoils no other's.
func TestInputsAreApart(t *testing.T) {
	writing := func(_ context.Context, input any) (any, error) {
		object := input.(map[string]any)
		object["list"].([]any)[0] = "spoilt"
		object["more"] = "spoilt"
		return len(object), nil
	}
	s := serving(t, Options{}, &fake{"a", writing}, echoing("b"), &fake{"c", writing}, echoing("d"))
	want := `{"results":[{"name":"a","result":2},{"name":"b","result":{"list":[1]}},` +
		`{"name":"c","result":2},{"name":"d","result":{"list":[1]}}]}`
	for range 100 {
		s.ask("POST", "/v1/execute", `{"input": {"list": [1]}}`).expect(t, 200, want)
	}
}

// A request can lower the deadline of a policy, and not raise it.
func TestRequestTimeout(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	for timeout, most := range map[string]time.Duration{"10ms": 400 * time.Millisecond, "60m": 5 * time.Second} {
		start := time.Now()
		s.ask("POST", "/v1/policies/heed/execute?timeout="+timeout, `{"input": 1}`).expect(t, 504, "policy_timeout")
		if took := time.Since(start); took > most {
			t.Errorf("timeout %s: took %v", timeout, took)
		}
	}
	for _, query := range []string{"timeout=soon", "timeout=%zz"} {
		s.ask("POST", "/v1/policies/heed/execute?"+query, `{"input": 1}`).expect(t, 400, "bad_request")
	}
}

// A client that leaves cancels its call, which is no error of the policy.
func TestClientLeaves(t *testing.T) {
	called, left := make(chan struct{}), make(chan error, 1)
	e := newEngine(t, engine.Options{Timeout: time.Minute}, &fake{"wait", func(ctx context.Context, _ any) (any, error) {
		close(called)
		<-ctx.Done()
		left <- ctx.Err()
		return nil, ctx.Err()
	}})
	s := servingEngine(t, Options{}, e)
	ctx, leave := context.WithCancel(t.Context())
	request, _ := http.NewRequestWithContext(ctx, "POST", "http://"+s.addr+"/v1/policies/wait/execute", strings.NewReader(`{"input": 1}`))
	go func() {
		<-called
		leave()
	}()
	if _, err := http.DefaultTransport.RoundTrip(request); err == nil {
		t.Error("there was an answer")
	}
	select {
	case err := <-left:
		if err != context.Canceled {
			t.Errorf("the context ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the call was not cancelled")
	}
	time.Sleep(50 * time.Millisecond) // the request ends after the call
	if metrics := s.ask("GET", "/metrics", "").body; !strings.Contains(metrics, `execute",code="499"`) {
		t.Errorf("no request has the status 499 in\n%s", metrics)
	}
}
