package forward

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestForwarderCarriesConnections uses this process's own network namespace as the
// cluster's, which any process may enter only as root.
func TestForwarderCarriesConnections(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("entering a network namespace needs root")
	}
	echo, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			conn, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	dir := t.TempDir()
	for _, name := range []string{"ca.crt", "token-admin"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	free.Close()

	alive := true
	f := &Forwarder{
		NodePID:    func() (int, bool) { return os.Getpid(), alive },
		Credential: func(name string) string { return filepath.Join(dir, name) },
	}
	ctx := context.Background()
	if err := f.Apply(ctx, []Rule{{listen, echo.Addr().String()}}); err != nil {
		t.Fatal(err)
	}
	defer f.Apply(ctx, nil)
	say := func(words string) (string, error) {
		conn, err := net.Dial("tcp4", listen)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		fmt.Fprint(conn, words)
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(conn)
		return string(answer), err
	}
	for _, words := range []string{"once", "and again"} {
		if got, err := say(words); err != nil || got != words {
			t.Fatalf("said %q, heard %q, %v", words, got, err)
		}
	}
	// When the node is gone its namespace is left, and connections are refused
	// until another runs.
	alive = false
	f.check()
	if got, _ := say("anyone there?"); got != "" {
		t.Errorf("without a node the forwarder answered %q", got)
	}
	alive = true
	if got, err := say("back"); err != nil || got != "back" {
		t.Errorf("after the node's return: heard %q, %v", got, err)
	}
}
