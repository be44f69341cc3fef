package server

import (
	"net/url"
	"regexp"
	"time"
)

// timeoutForm is what openapi.json says of the parameter. It has no number that
// is too large for a time.Duration.
var timeoutForm = regexp.MustCompile(`^[1-9][0-9]{0,5}(ms|s|m)$`)

// findTimeout reads the deadline that the request asks for, as Kubernetes does
// in the URL of a webhook. It lowers the policy's own and never raises it. A
// tenth is for the way back: whoever waits is to have an answer by then.
func (x *exchange) findTimeout() *problem {
	if x.r.URL.RawQuery == "" || x.route.anyOrigin {
		return nil
	}
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return badRequest("the query of the URL cannot be read: " + err.Error())
	}
	values, given := query["timeout"]
	if !given {
		return nil
	}
	if len(values) == 1 && timeoutForm.MatchString(values[0]) {
		if asked, err := time.ParseDuration(values[0]); err == nil {
			x.timeout = asked / 10 * 9
			return nil
		}
	}
	return badRequest("timeout is to be a duration such as 500ms or 2s")
}
