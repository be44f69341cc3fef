// Package calls measures what a call of one policy costs in each way in which
// Go programs call code of others: through an interface, through the engine,
// from a plugin, from WebAssembly, and in another process. It is a module of
// its own so that the engine keeps no dependencies.
//
// Each way has a file. All of them have to decide alike before one of them is
// measured. The policy is benchmarks/policies/rbac, for all of them.
package calls
