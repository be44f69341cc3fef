package server

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// The OpenAPI document has the routes that there are, with their methods and
// the names of the policies, and no reference in it leads nowhere.
func TestOpenAPI(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"), answering("x", 1))
	got := s.ask("GET", "/openapi.json", "")
	var document struct {
		Paths      map[string]map[string]any
		Components map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(got.body), &document); err != nil {
		t.Fatal(err)
	}
	var described, routes []string
	for path, methods := range document.Paths {
		delete(methods, "parameters")
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range slices.Concat(slices.Collect(maps.Values(s.routes.fixed)), slices.Collect(maps.Values(s.routes.policy))) {
		methods := []string{r.method}
		if r.method == "" {
			methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
		}
		for _, method := range methods {
			routes = append(routes, method+" "+r.path)
		}
	}
	slices.Sort(described)
	slices.Sort(routes)
	if !slices.Equal(described, routes) {
		t.Errorf("described: %q\nroutes:    %q", described, routes)
	}
	names, _ := json.Marshal(document.Components["parameters"]["Name"].(map[string]any)["schema"].(map[string]any)["enum"])
	if string(names) != `["echo","x"]` {
		t.Errorf("names = %s", names)
	}
	for _, part := range strings.Split(got.body, `"$ref": "#/components/`)[1:] {
		kind, rest, _ := strings.Cut(part, "/")
		name, _, _ := strings.Cut(rest, `"`)
		if document.Components[kind][name] == nil {
			t.Errorf("there is no component %s/%s", kind, name)
		}
	}
}

// Until the policies are started the server is not ready, and says how it is.
func TestState(t *testing.T) {
	e, err := engine.New([]engine.Policy{echoing("echo")}, engine.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s := servingEngine(t, Options{}, e)
	s.ask("GET", "/readyz", "").expect(t, 503, "not_ready")
	s.ask("POST", echoPath, `{"input": 1}`).expect(t, 503, "policy_not_ready")
	s.ask("GET", "/livez", "").expect(t, 200, `{"status":"ok"}`)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.ask("GET", "/readyz", "").expect(t, 200, `{"status":"ready"}`)
	s.ask("HEAD", "/readyz", "").expect(t, 200, "")
	var status serverStatus
	if err := json.Unmarshal([]byte(s.ask("GET", "/v1/status", "").body), &status); err == nil || status.Status != "ready" || status.Policies[engine.Ready] != 1 {
		t.Errorf("status = %+v", status) // err is that of a duration, which is text
	}
	if status.Version != build.Version || status.Build != build.Digest() || status.Build == "" {
		t.Errorf("version %q, build %q", status.Version, status.Build)
	}
	var policies struct {
		Policies []struct{ Name, State, Timeout string }
	}
	if err := json.Unmarshal([]byte(s.ask("GET", "/v1/policies", "").body), &policies); err != nil || len(policies.Policies) != 1 || policies.Policies[0].State != "ready" || policies.Policies[0].Timeout != "1s" {
		t.Errorf("policies = %+v, %v", policies, err)
	}
}

// The metrics have each request once, by its route and its status.
func TestRequestMetrics(t *testing.T) {
	s := serving(t, Options{}, failing()...)
	for range 3 {
		s.ask("POST", "/v1/policies/error/execute", `{"input": 1}`)
	}
	s.ask("POST", "/v1/policies/hang/execute", `{"input": 1}`)
	s.ask("POST", "/v1/policies/goexit/execute", `{"input": 1}`)
	s.ask("GET", "/livez", "")
	s.ask("GET", "/made/up", "")
	got := s.ask("GET", "/metrics", "")
	for _, want := range []string{
		`http_request_duration_seconds_count{handler="/v1/policies/{name}/execute",code="500"} 4`,
		`http_request_duration_seconds_count{handler="/v1/policies/{name}/execute",code="504"} 1`,
		`http_request_duration_seconds_count{handler="/livez",code="200"} 1`,
		`http_request_duration_seconds_count{handler="other",code="404"} 1`,
		`http_requests_executing 0`,
	} {
		if !strings.Contains(got.body, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if got.header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("content type = %q", got.header.Get("Content-Type"))
	}
}

// The listener for diagnostics asks for nothing, has profiles, and executes
// nothing.
func TestDiagnostics(t *testing.T) {
	tokens, err := ReadTokens(writeFile(t, t.TempDir()+"/tokens", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{Tokens: tokens}, echoing("echo"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ServeDiagnostics(t.Context(), l) }()
	d := &site{Server: s.Server, t: t, addr: l.Addr().String()}
	d.ask("GET", "/readyz", "").expect(t, 200, `{"status":"ready"}`)
	for _, path := range []string{"/metrics", "/v1/status", "/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/cmdline"} {
		if got := d.ask("GET", path, ""); got.status != 200 || got.body == "" {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
	d.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer secret").expect(t, 404, "not_found")
	for remote, want := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "10.0.0.1:1": false, "": false} {
		if got := fromThisMachine(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("fromThisMachine(%q) = %v", remote, got)
		}
	}
}
