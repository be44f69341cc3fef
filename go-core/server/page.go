package server

import (
	"net/http"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/server/ui"
)

// pagePrefix is where the page for people is. Its files are there for everyone:
// they hold nothing of this server, and ask for a token themselves.
const pagePrefix = "/ui/"

// addPage adds the routes of the page, which count as one.
func (s *Server) addPage(rs *routes) {
	page := &route{method: "GET", path: pagePrefix, open: true, anyOrigin: true}
	rs.add(page, s.options.Metrics)
	files := ui.Files()
	page.handle = func(x *exchange) { x.answerFile(files[strings.TrimPrefix(x.r.URL.Path, pagePrefix)]) }
	for name := range files {
		rs.fixed[pagePrefix+name] = page
	}
	toPage := &route{method: "GET", path: pagePrefix, open: true, anyOrigin: true, handle: (*exchange).leadToPage, durations: page.durations}
	rs.fixed["/"], rs.fixed[strings.TrimSuffix(pagePrefix, "/")] = toPage, toPage
}

func (x *exchange) answerFile(file ui.File) {
	h := x.w.Header()
	ui.SetHeaders(h)
	h.Set("Content-Type", file.Type)
	h.Set("Etag", file.ETag)
	x.status, x.out = http.StatusOK, file.Content
	if x.r.Header.Get("If-None-Match") == file.ETag {
		x.status, x.out = http.StatusNotModified, nil
	}
	x.send()
	x.out = nil // it is for others, too
}

// leadToPage answers where the page is, seen from where the client is: a proxy
// may have put a prefix before both.
func (x *exchange) leadToPage() {
	h := x.w.Header()
	ui.SetHeaders(h)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Location", strings.TrimPrefix(pagePrefix, "/"))
	x.status, x.out = http.StatusTemporaryRedirect, append(x.out[:0], "the page is at "+pagePrefix+"\n"...)
	x.send()
}
