package server

import (
	"time"
)

// findTimeout reads the deadline that the request asks for, as Kubernetes does
// in the URL of a webhook. It lowers the policy's own and never raises it. A
// tenth is for the way back: whoever waits is to have an answer by then.
func (x *exchange) findTimeout() *problem {
	if x.r.URL.RawQuery == "" || x.route.anyOrigin {
		return nil
	}
	text := x.r.URL.Query().Get("timeout")
	if text == "" {
		return nil
	}
	asked, err := time.ParseDuration(text)
	if err != nil || asked <= 0 {
		return badRequest("timeout is to be a duration such as 500ms or 2s")
	}
	x.timeout = max(asked*9/10, 1)
	return nil
}
