package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// controlSocket is where pid 1 listens, in the node's private /run.
const controlSocket = "/run/workbench-local.sock"

// serveControl answers the host's questions and orders, for ever.
func serveControl(s *supervisor) error {
	_ = os.Remove(controlSocket)
	listener, err := net.Listen("unix", controlSocket)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /parts", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(s.statuses())
	})
	mux.HandleFunc("POST /parts/{name}/{action}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.order(r.PathValue("name"), r.PathValue("action")); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return http.Serve(listener, mux)
}

func (s *supervisor) order(name, action string) error {
	switch action {
	case "start":
		return s.setWanted(name, true)
	case "stop":
		return s.setWanted(name, false)
	case "restart":
		if err := s.setWanted(name, false); err != nil {
			return err
		}
		return s.setWanted(name, true)
	}
	return fmt.Errorf("%q can't be done to a part: choose start, stop or restart", action)
}

// Control speaks with the pid 1 of a running node, from the host.
type Control struct{ client *http.Client }

// NewControl returns a control for the node whose pid 1 has that pid on the host.
func NewControl(pid int) Control {
	// Through the process's root: the socket lies in its mount namespace.
	socket := filepath.Join("/proc", fmt.Sprint(pid), "root", controlSocket)
	return Control{client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
}

// Parts returns the state of the node's parts, in start order.
func (c Control) Parts(ctx context.Context) ([]PartStatus, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://node/parts", nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the node's pid 1 doesn't answer: %w", err)
	}
	defer resp.Body.Close()
	var parts []PartStatus
	if err := json.NewDecoder(resp.Body).Decode(&parts); err != nil {
		return nil, fmt.Errorf("the node's pid 1 answered something unreadable: %w", err)
	}
	return parts, nil
}

// Order starts, stops or restarts a part. A stop returns when the part has ended;
// a start returns at once.
func (c Control) Order(ctx context.Context, part, action string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/parts/"+part+"/"+action, nil)
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("the node's pid 1 doesn't answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var message strings.Builder
		buf := make([]byte, 500)
		n, _ := resp.Body.Read(buf)
		message.Write(buf[:n])
		return fmt.Errorf("%s", strings.TrimSpace(message.String()))
	}
	return nil
}
