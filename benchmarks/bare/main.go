// Bare is the least that serves a policy over HTTP: net/http, encoding/json and
// the call, without the checks, limits and isolation of a server that people
// would run. It is what benchmarks/serve.py measures others against.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"

	"example.com/rbac"
)

var policy = &rbac.Policy{}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "the address to listen on")
	flag.Parse()
	http.HandleFunc("POST /execute", execute)
	log.Fatal(http.ListenAndServe(*addr, nil))
}

func execute(w http.ResponseWriter, r *http.Request) {
	var question struct {
		Input any `json:"input"`
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result, err := policy.Execute(r.Context(), question.Input)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"result": result}) // fails when the client is gone
}
