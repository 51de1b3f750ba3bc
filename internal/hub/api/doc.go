// Package api is the hub's REST API in types: every operation with its path, input, output, limits and who may call it.
// docs/openapi.yaml, the reference page, the console's client and the test that tries every role on every operation are
// made from it.
//
// It carries out nothing: who implements an operation puts a function into Handlers.
package api
