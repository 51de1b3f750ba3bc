//go:build programs

// Pause holds a pod's namespaces open and does nothing else: the program of the
// sandbox container, like upstream's pause image.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
