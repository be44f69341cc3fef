package server

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Under load no request is lost: clients that keep their connections get all
// answers, and are told with the last one that there will be no more. Their
// bodies cannot be sent again, so that nothing is repeated.
func TestDrainUnderLoad(t *testing.T) {
	once := func() io.Reader { return io.MultiReader(strings.NewReader(`{"input": 1}`)) }
	drainUnderLoad(t, "http://", Options{}, once, func() *http.Client {
		return &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	})
}

// Fresh connections get their answers too, or are refused: none is made that is
// reset.
func TestDrainUnderLoadFresh(t *testing.T) {
	onLinux(t)
	body := func() io.Reader { return strings.NewReader(`{"input": 1}`) }
	drainUnderLoad(t, "http://", Options{}, body, func() *http.Client {
		return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	})
}

// In HTTP/2 clients share a connection, and are told which requests came too
// late. Those they may send again: the server has not looked at them.
func TestDrainUnderLoadHTTP2(t *testing.T) {
	trusted := newAuthority(t)
	cert, key := trusted.write(t.TempDir(), trusted.issue(2))
	certificates, err := ReadCertificates(cert, key, "")
	if err != nil {
		t.Fatal(err)
	}
	client := trusted.client()
	client.Transport.(*http.Transport).DisableKeepAlives = false
	again := func() io.Reader { return strings.NewReader(`{"input": 1}`) }
	drainUnderLoad(t, "https://", Options{Certificates: certificates}, again, func() *http.Client { return client })
}

func drainUnderLoad(t *testing.T, scheme string, options Options, body func() io.Reader, client func() *http.Client) {
	t.Helper()
	s := serving(t, options, echoing("echo"))
	var answered atomic.Int64
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for client := client(); askOnce(t, client, scheme+s.addr+echoPath, body()); {
				answered.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(30 * time.Second); answered.Load() < 500; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("there are no answers")
		}
	}
	s.stop()
	if err := <-s.done; err != nil {
		t.Errorf("Serve = %v", err)
	}
	running.Wait() // until they are refused
}

// askOnce asks, and reports whether there was an answer or the server was gone.
func askOnce(t *testing.T, client *http.Client, url string, body io.Reader) bool {
	request, _ := http.NewRequest("POST", url, body)
	got, err := client.Do(request)
	if err != nil {
		if !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("a request was lost: %v", err)
		}
		return false
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "{\"result\":1}\n" {
		t.Errorf("answer %q, %v", body, err)
	}
	return true
}
