package server

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// description is the OpenAPI document of a server, but for the names of its
// policies.
//
//go:embed openapi.json
var description []byte

// describe answers with the OpenAPI document of this server.
func (s *Server) describe(x *exchange) {
	x.status, x.out = http.StatusOK, s.openAPI()
	x.send()
	x.out = nil // it is for others, too
}

// openAPIFor returns the document with the names of the engine's policies.
func openAPIFor(e *engine.Engine) []byte {
	var names []string
	for _, p := range e.Policies() {
		names = append(names, p.Name())
	}
	if names == nil {
		return description
	}
	var document map[string]any
	if err := json.Unmarshal(description, &document); err != nil {
		panic(err) // it is our own
	}
	path := []string{"components", "parameters", "Name", "schema"}
	at := document
	for _, key := range path {
		at = at[key].(map[string]any)
	}
	at["enum"] = names
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(err) // it was JSON
	}
	return text
}
