package command

import (
	"net"
	"testing"
)

// The page has an address that a browser on this machine can open, also where the
// server listens at all of the machine's.
func TestPageURL(t *testing.T) {
	for _, test := range []struct {
		ip   string
		tls  bool
		want string
	}{
		{"127.0.0.1", false, "http://127.0.0.1:8080/ui/"},
		{"::1", true, "https://[::1]:8080/ui/"},
		{"0.0.0.0", false, "http://localhost:8080/ui/"},
		{"::", true, "https://localhost:8080/ui/"},
	} {
		if got := pageURL(&net.TCPAddr{IP: net.ParseIP(test.ip), Port: 8080}, test.tls); got != test.want {
			t.Errorf("%s: %s, want %s", test.ip, got, test.want)
		}
	}
}
