package calls

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// openWasm calls the policy as WebAssembly, compiled to machine code by wazero.
// Nothing can stop a policy that loops.
func openWasm(tb testing.TB) call {
	return openModule(tb, wazero.NewRuntimeConfigCompiler())
}

// openStoppableWasm is openWasm where a context that is done ends the call.
func openStoppableWasm(tb testing.TB) call {
	return openModule(tb, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true))
}

func openModule(tb testing.TB, config wazero.RuntimeConfig) call {
	ctx := context.Background() // a test's own is done before its cleanups run
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	tb.Cleanup(func() { runtime.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	reactor := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithStderr(os.Stderr)
	module, err := runtime.InstantiateWithConfig(ctx, buildWasm(tb), reactor)
	if err != nil {
		tb.Fatal(err)
	}
	address, err := module.ExportedFunction("address").Call(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	execute := module.ExportedFunction("execute")
	return func(ctx context.Context, r *request) (bool, error) {
		return textDecision(executeModule(ctx, module.Memory(), execute, uint32(address[0]), r.text))
	}
}

func executeModule(ctx context.Context, memory api.Memory, execute api.Function, address uint32, text []byte) ([]byte, error) {
	if !memory.Write(address, text) {
		return nil, errors.New("the document does not fit into the module's memory")
	}
	size, err := execute.Call(ctx, uint64(len(text)))
	if err != nil {
		return nil, err
	}
	result, ok := memory.Read(address, uint32(size[0]))
	if !ok {
		return nil, errors.New("the result is outside the module's memory")
	}
	return result, nil
}

// buildWasm returns the policy as a WebAssembly module that stays loaded.
func buildWasm(tb testing.TB) []byte {
	path := filepath.Join(tb.TempDir(), "policy.wasm")
	goBuild(tb, ".", []string{"GOOS=wasip1", "GOARCH=wasm"}, "-buildmode=c-shared", "-o", path, "./wasm")
	code, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return code
}
