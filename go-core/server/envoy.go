package server

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// envoyFace answers the checks of Envoy's ext_authz filter over HTTP: status 200
// allows, others deny. Whatever fails is a 403: a status of 500 and more is an
// error of ours for Envoy, and allows where the filter is configured to.
var envoyFace = face{
	input:  (*exchange).checkInput,
	decide: (*exchange).decideCheck,
	fail:   (*exchange).failCheck,
}

// checkInput returns the request that Envoy asks about, with the keys of Envoy's
// own CheckRequest, and parsed_path and parsed_query beside them.
func (x *exchange) checkInput() (any, *problem) {
	target := x.checkedTarget()
	http := map[string]any{
		"method": x.r.Method, "path": target, "host": text(x.r.Host),
		"protocol": x.r.Proto, "headers": checkedHeaders(x.r.Header, x.server.options.Tokens != nil),
	}
	if len(x.body) > 0 {
		http["body"] = text(string(x.body))
		http["size"] = json.Number(strconv.Itoa(len(x.body)))
	}
	path, query, _ := strings.Cut(target, "?")
	return map[string]any{
		"attributes":   map[string]any{"request": map[string]any{"http": http}},
		"parsed_path":  parsedPath(path),
		"parsed_query": parsedQuery(query),
	}, nil
}

// checkedTarget returns the path and query that Envoy appended to ours, as it
// forwards them.
func (x *exchange) checkedTarget() string {
	ours := strings.TrimPrefix(pathOf(x.r), policyPrefix)
	_, target, _ := strings.Cut(ours, "/") // after the name
	target = strings.TrimPrefix(target, "envoy")
	if x.r.URL.RawQuery != "" || x.r.URL.ForceQuery {
		target += "?" + x.r.URL.RawQuery
	}
	return text(target)
}

// checkedHeaders returns the headers with their names in small letters, as in
// HTTP/2. The token that was for us is not for policies to see.
func checkedHeaders(headers http.Header, withToken bool) map[string]any {
	all := make(map[string]any, len(headers))
	for name, values := range headers {
		if name != "Authorization" || !withToken {
			all[strings.ToLower(name)] = text(strings.Join(values, ","))
		}
	}
	return all
}

func parsedPath(path string) []any {
	steps := []any{}
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if plain, err := url.PathUnescape(step); err == nil {
			step = plain
		}
		steps = append(steps, text(step))
	}
	return steps
}

func parsedQuery(query string) map[string]any {
	values, _ := url.ParseQuery(query) // what is wrong in it is left out
	parsed := make(map[string]any, len(values))
	for key, each := range values {
		list := make([]any, len(each))
		for i, value := range each {
			list[i] = text(value)
		}
		parsed[text(key)] = list
	}
	return parsed
}

// text returns bytes of a request as text that JSON can hold.
func text(bytes string) string {
	if utf8.ValidString(bytes) {
		return bytes
	}
	return strings.ToValidUTF8(bytes, "\ufffd")
}

// A checkAnswer is what a verdict may have for Envoy, with the keys of OPA's
// plugin for it.
type checkAnswer struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Message string            `json:"message"`
	Status  int               `json:"http_status"`
}

// decideCheck makes the answer from a verdict. Its headers are for the request
// that goes on, or for the client that is denied.
func (x *exchange) decideCheck() error {
	v, err := x.verdict()
	if err != nil {
		return err
	}
	var answer checkAnswer
	text, err := document.Append(nil, v.details)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		return noVerdict(err.Error())
	}
	for name, value := range answer.Headers {
		if !isOurs(name) {
			x.w.Header().Set(name, value)
		}
	}
	x.status, x.out = http.StatusOK, x.out[:0]
	if !v.allowed {
		x.deny(answer)
	}
	return nil
}

// deny makes the answer that Envoy gives to its client.
func (x *exchange) deny(answer checkAnswer) {
	x.status = deniedStatus(answer.Status)
	if answer.Body == "" {
		p := problem{code: "denied", message: cmp.Or(answer.Message, "the policy does not allow the request")}
		x.out = p.envelope(x.out, x.id)
		return
	}
	x.out = append(x.out, answer.Body...)
	if h := x.w.Header(); h["Content-Type"] == nil {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
}

// isOurs reports whether a header is about the connection or the text of the answer
// and not for a policy to set. What net/http takes for the name of a trailer has a
// colon, and so has what HTTP/2 has in place of a status.
func isOurs(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"Content-Encoding", "Content-Length", decisionHeader:
		return true
	}
	return strings.Contains(name, ":")
}

// deniedStatus returns the status that a policy asks for, if it denies.
func deniedStatus(asked int) int {
	if asked >= http.StatusMultipleChoices && asked < http.StatusInternalServerError {
		return asked
	}
	return http.StatusForbidden
}

func (x *exchange) failCheck(p *problem) {
	denied := *p
	denied.status = http.StatusForbidden
	denied.headers(x.w.Header())
	x.status, x.out = denied.status, denied.envelope(x.out[:0], x.id)
}
