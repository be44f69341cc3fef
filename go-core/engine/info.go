package engine

import (
	"cmp"
	"encoding/json"
	"runtime/debug"
	"strings"
	"time"
)

// A Module is where the code of policies comes from.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"` // of its files, as ALGORITHM:DIGITS
}

// Info is what is known of a policy. Its JSON keys are those of the commands
// and of the server.
type Info struct {
	Name        string          `json:"name"`
	Package     string          `json:"package"`
	Type        string          `json:"type"`
	Module      string          `json:"module,omitempty"`
	Version     string          `json:"version,omitempty"` // its own, else its module's
	Digest      string          `json:"digest,omitempty"`  // its module's
	Description string          `json:"description,omitempty"`
	Timeout     Duration        `json:"timeout,omitempty"`
	InputSchema json.RawMessage `json:"input_schema,omitempty"`
	State       State           `json:"state,omitempty"`
	Error       string          `json:"error,omitempty"` // of a policy that is Invalid or Down
}

// A Duration is a time.Duration that is text in JSON, such as "1.5s".
type Duration time.Duration

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// A State is what an engine can do with a policy.
type State string

// The states of a policy.
const (
	Loaded  State = "loaded"  // Start was not called
	Ready   State = "ready"   // it can be called
	Broken  State = "tripped" // its breaker is open
	Down    State = "down"    // its process has ended, and will be started again
	Invalid State = "invalid" // it did not start
	Closed  State = "closed"  // Close was called
)

// describe asks the policy for its constants, of which all but the name are
// optional. A method that fails is as good as none.
func describe(loaded loadedPolicy, modules []Module) Info {
	info := Info{Name: loaded.name, Package: loaded.origin.importPath, Type: loaded.origin.typeName}
	module := moduleOf(info.Package, modules)
	info.Module, info.Digest = module.Path, module.Digest
	if policy, ok := loaded.policy.(Versioner); ok {
		info.Version, _ = constant(policy.Version)
	}
	info.Version = cmp.Or(info.Version, module.Version)
	if policy, ok := loaded.policy.(Describer); ok {
		info.Description, _ = constant(policy.Describe)
	}
	if policy, ok := loaded.policy.(InputSchemer); ok {
		if schema, _ := constant(policy.InputSchema); json.Valid([]byte(schema)) {
			info.InputSchema = json.RawMessage(schema)
		}
	}
	if policy, ok := loaded.policy.(Timeouter); ok {
		timeout, _ := constant(policy.Timeout)
		info.Timeout = Duration(max(timeout, 0))
	}
	return info
}

// moduleOf returns the module that the package belongs to, if it is known: the
// one with the longest path. What is known of it in several places is put
// together, the first counts most.
func moduleOf(importPath string, modules []Module) (found Module) {
	for _, module := range modules {
		if importPath != module.Path && !strings.HasPrefix(importPath, module.Path+"/") {
			continue
		}
		if len(module.Path) > len(found.Path) {
			found = Module{Path: module.Path}
		}
		if module.Path == found.Path {
			found.Version = cmp.Or(found.Version, module.Version)
			found.Digest = cmp.Or(found.Digest, module.Digest)
		}
	}
	return found
}

// builtModules returns the modules that the binary says it was built from. A
// module that was replaced by a folder has neither a version nor a digest there.
func builtModules() []Module {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	modules := []Module{{Path: build.Main.Path, Version: release(build.Main.Version)}}
	for _, each := range build.Deps {
		module := Module{Path: each.Path, Version: each.Version, Digest: each.Sum}
		if each.Replace != nil {
			module.Version, module.Digest = release(each.Replace.Version), each.Replace.Sum
		}
		modules = append(modules, module)
	}
	return modules
}

// release returns a version unless it stands for none.
func release(version string) string {
	if version == "(devel)" {
		return ""
	}
	return version
}
