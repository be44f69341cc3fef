package server

import (
	"regexp"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/server/ui"
)

// The page is there when it is asked for, and not otherwise.
func TestNoPage(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	for _, path := range []string{"/", "/ui", "/ui/", "/ui/main.js"} {
		s.ask("GET", path, "").expect(t, 404, "not_found")
	}
}

// Every file has the headers that keep strangers out, is known again by its
// ETag, and needs no token: it holds nothing of the server.
func TestPage(t *testing.T) {
	tokens, err := ReadTokens(writeFile(t, t.TempDir()+"/tokens", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{Page: true, Tokens: tokens}, echoing("echo"))
	for name, file := range ui.Files() {
		got := s.ask("GET", "/ui/"+name, "")
		if got.status != 200 || got.body != string(file.Content) || got.header.Get("Content-Type") != file.Type {
			t.Errorf("%s: status %d, %d bytes, %q", name, got.status, len(got.body), got.header.Get("Content-Type"))
		}
		for key, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self';",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy":              "no-referrer",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Cache-Control":                "no-cache",
		} {
			if !strings.HasPrefix(got.header.Get(key), want) {
				t.Errorf("%s: %s = %q", name, key, got.header.Get(key))
			}
		}
		if again := s.ask("GET", "/ui/"+name, "", "If-None-Match", got.header.Get("Etag")); again.status != 304 || again.body != "" {
			t.Errorf("%s, again: status %d, body %.50q", name, again.status, again.body)
		}
	}
	s.ask("GET", "/v1/policies", "").expect(t, 401, "unauthorized")
}

// The way to the page is told as seen from the client, so that a prefix which a
// proxy has taken off stays.
func TestWayToPage(t *testing.T) {
	s := serving(t, Options{Page: true}, echoing("echo"))
	for _, path := range []string{"/", "/ui"} {
		got := parsed(t, s.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
		if got.status != 307 || got.header.Get("Location") != "ui/" {
			t.Errorf("%s: status %d, location %q", path, got.status, got.header.Get("Location"))
		}
	}
	s.ask("POST", "/ui/", "").expect(t, 405, "method_not_allowed")
	s.ask("GET", "/ui/index.html", "").expect(t, 404, "not_found")
	s.ask("GET", "/ui/../ui/ui.go", "").expect(t, 404, "not_found")
}

// What a page of another site sends is not executed.
func TestPageOfAnotherSite(t *testing.T) {
	s := serving(t, Options{Page: true}, echoing("echo"))
	s.ask("POST", "/v1/policies/echo/execute", `{"input":1}`, "Sec-Fetch-Site", "cross-site").expect(t, 403, "forbidden")
	s.ask("POST", "/v1/policies/echo/execute", `{"input":1}`, "Sec-Fetch-Site", "same-origin").expect(t, 200, `{"result":1}`)
}

// The files of the page count as one route.
func TestPageCounts(t *testing.T) {
	s := serving(t, Options{Page: true}, echoing("echo"))
	s.ask("GET", "/ui/main.js", "")
	s.ask("GET", "/ui/page.css", "")
	if got := s.ask("GET", "/metrics", "").body; !strings.Contains(got, `http_request_duration_seconds_count{handler="/ui/",code="200"} 2`) {
		t.Errorf("metrics:\n%s", got)
	}
}

// The page is of one piece: nothing in it is from elsewhere, no style or script
// is within the HTML, and no file refers to one that is not there.
func TestPageIsComplete(t *testing.T) {
	files := ui.Files()
	html := string(files[""].Content)
	if found := regexp.MustCompile(`(?i)<style|style=|<script>|\son\w+=|https?:`).FindString(html); found != "" {
		t.Errorf("the page has %q in it", found)
	}
	references := regexp.MustCompile(`(?:src|href|from) ?=? ?"(?:\./)?([\w-]+\.\w+)"`)
	for name, file := range files {
		for _, reference := range references.FindAllStringSubmatch(string(file.Content), -1) {
			if _, ok := files[reference[1]]; !ok {
				t.Errorf("%q refers to %s, which is not there", name, reference[1])
			}
		}
	}
	if total := size(files); total > 80<<10 {
		t.Errorf("the page has %d bytes", total)
	}
}

func size(files map[string]ui.File) (total int) {
	for _, file := range files {
		total += len(file.Content)
	}
	return total
}
