package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With tokens, all but the probes ask for one of them, and a file that is read
// again counts from then on.
func TestTokens(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "tokens"), "old token\n\n new \n")
	tokens, err := ReadTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{Tokens: tokens}, echoing("echo"))
	tests := []struct {
		header string
		status int
	}{
		{"", 401}, {"Bearer", 401}, {"Bearer ", 401}, {"Bearer wrong", 401}, {"new", 401}, {"Basic new", 401}, {"Bearer old", 401},
		{"Bearer new", 200}, {"bearer  new", 200}, {"Bearer old token", 200},
	}
	for _, test := range tests {
		want := `{"result":1}`
		if test.status == 401 {
			want = "unauthorized"
		}
		got := s.ask("POST", echoPath, `{"input": 1}`, "Authorization", test.header)
		got.expect(t, test.status, want)
		if asked := got.header.Get("Www-Authenticate"); (asked == "Bearer") != (test.status == 401) {
			t.Errorf("%q: Www-Authenticate = %q", test.header, asked)
		}
	}
	for _, path := range []string{"/metrics", "/openapi.json", "/v1/policies", "/v1/status", "/v1/policies/echo/kubernetes", "/v1/policies/echo/envoy/"} {
		method := "GET"
		if strings.HasSuffix(path, "kubernetes") {
			method = "POST"
		}
		s.ask(method, path, "").expect(t, 401, "unauthorized")
	}
	s.ask("GET", "/livez", "").expect(t, 200, `{"status":"ok"}`)
	s.ask("GET", "/readyz", "").expect(t, 200, `{"status":"ready"}`)
	writeFile(t, path, " \n")
	if err := tokens.Reload(); err == nil {
		t.Error("a file without a token was taken over")
	}
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer new").expect(t, 200, `{"result":1}`)
	writeFile(t, path, "newer")
	if err := tokens.Reload(); err != nil {
		t.Error(err)
	}
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer new").expect(t, 401, "unauthorized")
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer newer").expect(t, 200, `{"result":1}`)
}
