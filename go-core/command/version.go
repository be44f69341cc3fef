package command

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionDocument struct {
	Name     string `json:"name"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Module   string `json:"module"`
	Policies string `json:"policies"` // see Program.digest
}

// digest returns the digest of what Modules says, which holds the digest of each
// module's files: two binaries with the same policies have the same.
func (p Program) digest() string { return fmt.Sprintf("sha256:%x", sha256.Sum256(p.Modules)) }

// versionFlags is the command that prints what the binary was built with and
// for. It asks the policies nothing, so that it also works in a binary that
// cannot load them.
func versionFlags(*flag.FlagSet) Action {
	return func(_ context.Context, in *Invocation) (int, error) {
		answer := versionDocument{
			Name:     "policy-engine",
			Go:       runtime.Version(),
			Platform: runtime.GOOS + "/" + runtime.GOARCH,
			Policies: in.Program.digest(),
		}
		if info, ok := debug.ReadBuildInfo(); ok {
			answer.Module = info.Main.Path
		}
		return exitOK, in.writeDocument(answer)
	}
}
