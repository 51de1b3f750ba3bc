// Command openapi writes the hub's OpenAPI 3.1 document, made from the Go types of internal/hub/api, to the file it is given.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: openapi FILE"))
	}
	described := api.New(http.NewServeMux(), "v1")
	api.Register(described, api.Handlers{})
	text, err := described.OpenAPI().YAML()
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile(os.Args[1], text, 0o644); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
