package command

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"

	"github.com/policy-tasks/policy-tasks/go-core/build"
)

type versionDocument struct {
	Name     string `json:"name"`
	Version  string `json:"version"`            // of the core
	Build    string `json:"build,omitempty"`    // see build.Digest
	Policies string `json:"policies,omitempty"` // see build.Policies
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Module   string `json:"module"`
}

// versionFlags is the command that prints what the binary was built with and
// for. It asks the policies nothing, so that it also works in a binary that
// cannot load them.
func versionFlags(*flag.FlagSet) Action {
	return func(_ context.Context, in *Invocation) (int, error) {
		answer := versionDocument{
			Name:     "policy-engine",
			Version:  build.Version,
			Build:    build.Digest(),
			Policies: build.Policies(in.Program.Modules),
			Go:       runtime.Version(),
			Platform: runtime.GOOS + "/" + runtime.GOARCH,
		}
		if info, ok := debug.ReadBuildInfo(); ok {
			answer.Module = info.Main.Path
		}
		return exitOK, in.writeDocument(answer)
	}
}
