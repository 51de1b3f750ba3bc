// Hello is the application of the end-to-end tests: it answers with the name it was
// given in the environment variable NAME.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("NAME")) })
	fmt.Println(http.ListenAndServe(":8080", nil))
	os.Exit(1)
}
