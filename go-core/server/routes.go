package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// A route is one kind of request.
type route struct {
	method    string // empty means any; GET allows HEAD as well
	path      string // as it is written in documents and metrics
	open      bool   // to requests without a token or a certificate
	anyOrigin bool   // to requests that pages of other origins have sent, and by any name of the server
	handle    func(*exchange)
	durations durations
}

// Routes are all there is to ask. Those of policies begin with policyPrefix or
// rawPrefix and the name of the policy, in which / is written as %2F.
type routes struct {
	fixed  map[string]*route
	policy map[string]*route // by what comes before and after the name
	other  *route            // for what is not there
}

const (
	policyPrefix = "/v1/policies/"
	rawPrefix    = "/v0/policies/"
	nameInPath   = "{name}"
	restInPath   = "{path}"
)

func (s *Server) newRoutes() routes {
	found := routes{fixed: map[string]*route{}, policy: map[string]*route{}}
	for _, each := range []*route{
		{method: "GET", path: "/livez", open: true, anyOrigin: true, handle: s.live},
		{method: "GET", path: "/readyz", open: true, anyOrigin: true, handle: s.ready},
		{method: "GET", path: "/metrics", handle: s.metrics},
		{method: "GET", path: "/openapi.json", handle: s.describe},
		{method: "GET", path: "/v1/policies", handle: s.policies},
		{method: "GET", path: "/v1/status", handle: s.status},
		{method: "POST", path: "/v1/execute", handle: s.executeSeveral},
		{method: "POST", path: policyPrefix + nameInPath + "/execute", handle: s.asking(&plainFace)},
		{method: "POST", path: rawPrefix + nameInPath + "/execute", handle: s.asking(&rawFace)},
		{method: "POST", path: policyPrefix + nameInPath + "/kubernetes", handle: s.asking(&kubernetesFace)},
		// Envoy passes its client's Host, Origin and Sec-Fetch-Site on.
		{path: policyPrefix + nameInPath + "/envoy/" + restInPath, anyOrigin: true, handle: s.asking(&envoyFace)},
	} {
		found.add(each, s.options.Metrics)
	}
	if s.options.Page {
		s.addPage(&found)
	}
	found.other = &route{durations: newDurations(s.options.Metrics, "other")}
	return found
}

func (rs *routes) add(r *route, registry *metrics.Registry) {
	r.durations = newDurations(registry, r.path)
	before, after, ofPolicy := strings.Cut(r.path, nameInPath)
	if !ofPolicy {
		rs.fixed[r.path] = r
		return
	}
	rs.policy[before+strings.TrimSuffix(after, "/"+restInPath)] = r
}

// pathOf returns the path of a request as it was sent. URL does not have it: where
// a byte such as | is not escaped, EscapedPath escapes what Path has decoded, so
// that %2F has become a slash, and a policy would decide about another path.
func pathOf(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if scheme, rest, ok := strings.Cut(path, "://"); ok && !strings.Contains(scheme, "/") {
		_, path, _ = strings.Cut(rest, "/") // after the host
		path = "/" + path
	}
	return path
}

// find returns the route of a request, the name of the policy in it, and what
// is wrong when it is not to be handled.
func (rs *routes) find(method, path string) (found *route, name string, wrong *problem) {
	found, name = rs.at(path)
	if found == nil {
		return rs.other, "", &problem{status: http.StatusNotFound, code: "not_found", message: "there is nothing here; /openapi.json says what there is"}
	}
	if found.method == "" || found.method == method || found.method == "GET" && method == "HEAD" {
		return found, name, nil
	}
	allow := found.method
	if allow == "GET" {
		allow = "GET, HEAD"
	}
	return found, name, &problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", message: "the method is to be " + allow, allow: allow}
}

func (rs *routes) at(path string) (found *route, name string) {
	if found, ok := rs.fixed[path]; ok {
		return found, ""
	}
	for _, prefix := range []string{policyPrefix, rawPrefix} {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		escaped, action, _ := strings.Cut(rest, "/")
		name, err := url.PathUnescape(escaped)
		if err != nil {
			return nil, ""
		}
		return rs.ofPolicy(prefix, action), name
	}
	return nil, ""
}

// ofPolicy returns the route for what comes after the name of a policy.
func (rs *routes) ofPolicy(prefix, action string) *route {
	first, _, more := strings.Cut(action, "/")
	found := rs.policy[prefix+"/"+first]
	if found != nil && more && !strings.HasSuffix(found.path, restInPath) {
		return nil
	}
	return found
}
