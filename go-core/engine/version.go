package engine

import (
	"context"
	"runtime"
	"runtime/debug"
)

type versionDocument struct {
	Name     string `json:"name"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Module   string `json:"module"`
}

// version prints what the binary was built with and for. It asks the policies
// nothing, so that it also works in a binary that cannot load them.
func (e *engine) version(_ context.Context, args []string) (int, error) {
	if err := parseNothing(args); err != nil {
		return 0, err
	}
	answer := versionDocument{
		Name:     "policy-engine",
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		answer.Module = info.Main.Path
	}
	return exitOK, e.writeDocument(answer)
}
