package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	server     = "workbench-server"
	firstAdmin = "workbench-initial-admin"
	// favourite is the port of the hub where it is free.
	favourite = "8088"
)

// account is somebody to try the hub as.
type account struct{ name, displayName, is, password string }

// hubValues are what the chart is told of the hub: that it is here, and where browsers find it. Its address is chosen
// before it is installed, and stays over runs.
func (d *demo) hubValues(ctx context.Context) ([]string, error) {
	listed, err := d.output(ctx, "workbench-local", "forward", "--name", d.cluster)
	if err != nil {
		return nil, err
	}
	d.hub = forwarded(listed, d.hubTarget())
	if d.hub == "" {
		if d.hub, err = freeAddress(); err != nil {
			return nil, err
		}
	}
	// The Cluster comes with the Workspace; see manifests/hub.yaml.
	return []string{"--set", "server.enabled=true", "--set", "server.ownCluster=", "--set", "server.publicURL=http://" + d.hub}, nil
}

func (d *demo) hubTarget() string { return "svc/" + system + "/" + server + ":80" }

// forwarded finds, in the list of forwards, where the target is listened for.
func forwarded(list, target string) string {
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); len(words) == 2 && words[1] == target {
			return words[0]
		}
	}
	return ""
}

// freeAddress is an address of this machine that nobody listens at.
func freeAddress() (string, error) {
	for _, port := range []string{favourite, "0"} {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return listener.Addr().String(), listener.Close()
		}
	}
	return "", errors.New("no port of 127.0.0.1 is free")
}

// openHub brings the hub to this machine and makes a workspace and people to try it as.
func (d *demo) openHub(ctx context.Context) error {
	done := d.screen.begin("A workspace and its people")
	if err := d.apply(ctx, "hub.yaml"); err != nil {
		return err
	}
	if _, err := d.output(ctx, "workbench-local", "forward", "--name", d.cluster, d.hub+"="+d.hubTarget()); err != nil {
		return fmt.Errorf("the hub can't be brought to this machine: %w", err)
	}
	secret := &corev1.Secret{}
	if err := d.client.Get(ctx, client.ObjectKey{Namespace: system, Name: firstAdmin}, secret); client.IgnoreNotFound(err) != nil {
		return err
	} else if err != nil {
		done("accounts are as you left them")
		return nil
	}
	admin := account{name: "admin", is: "administrator of the platform", password: string(secret.Data["password"])}
	people := []account{
		{"ada", "Ada", "Admin of the workspace shop", rand.Text()[:12]},
		{"maria", "Maria", "Editor", rand.Text()[:12]},
		{"vera", "Vera", "Viewer", rand.Text()[:12]},
	}
	hub, err := newHubClient("http://" + d.hub)
	if err != nil {
		return err
	}
	err = wait(ctx, 2*time.Minute, "signing in at the hub", func(ctx context.Context) (bool, string, error) {
		return true, "", hub.do(ctx, http.MethodPost, "/auth/sign-in", map[string]string{"name": admin.name, "password": admin.password}, http.StatusOK)
	})
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := hub.ensureAccount(ctx, p); err != nil {
			return fmt.Errorf("the account %s was not made: %w", p.name, err)
		}
	}
	d.people = append(people, admin)
	done("at http://" + d.hub)
	return nil
}

// hubClient asks the hub's API, with a session.
type hubClient struct {
	base string
	http *http.Client
}

func newHubClient(address string) (*hubClient, error) {
	jar, err := cookiejar.New(nil)
	return &hubClient{base: address + "/api/v1", http: &http.Client{Jar: jar, Timeout: 20 * time.Second}}, err
}

// ensureAccount makes the account, or gives the one that is there the new password.
func (h *hubClient) ensureAccount(ctx context.Context, p account) error {
	settings := map[string]string{"displayName": p.displayName, "password": p.password}
	err := h.do(ctx, http.MethodPut, "/accounts/"+p.name, settings, http.StatusOK)
	if !errors.Is(err, errNotThere) {
		return err
	}
	settings["name"] = p.name
	return h.do(ctx, http.MethodPost, "/accounts", settings, http.StatusCreated)
}

var errNotThere = errors.New("it isn't there")

// do asks, and returns the hub's sentence as the error when the answer isn't the one that is wanted.
func (h *hubClient) do(ctx context.Context, method, path string, body any, want int) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, h.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := h.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusNotFound:
		return errNotThere
	case response.StatusCode != want:
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return nil
}

// showHub says where the hub is and whom to try it as.
func (d *demo) showHub() {
	s := d.screen
	s.heading("The console, over all clusters: http://" + d.hub)
	for _, p := range d.people {
		s.line("  %-8s %-28s %s", p.name, p.password, p.is)
	}
	if len(d.people) == 0 {
		s.line("  The accounts are those of an earlier run.")
	}
}
