package fleet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const password = "a long password for a bench"

// Visitor is somebody who uses the hub, by a session of their own.
type Visitor struct{ http *http.Client }

func newVisitor() *Visitor {
	jar, _ := cookiejar.New(nil)
	return &Visitor{&http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
}

// MakePeople makes accounts with a role in every namespace of the fleet, and signs them in.
func (b *Bench) MakePeople(ctx context.Context, n int) ([]*Visitor, error) {
	admin := newVisitor()
	secret := &corev1.Secret{}
	if err := b.Fleet.Client.Get(ctx, client.ObjectKey{Namespace: hubNamespace, Name: "workbench-initial-admin"}, secret); err != nil {
		return nil, fmt.Errorf("the first administrator's password: %w", err)
	}
	if err := admin.signIn(ctx, "admin", string(secret.Data["password"])); err != nil {
		return nil, err
	}
	var namespaces []map[string]string
	for i := range b.Fleet.Namespaces {
		namespaces = append(namespaces, map[string]string{"cluster": hubCluster, "namespace": b.Fleet.Namespace(i)})
	}
	var members []map[string]string
	var people []*Visitor
	for i := range n {
		name := fmt.Sprintf("person-%02d", i)
		if err := admin.post(ctx, "/api/v1/accounts", map[string]any{"name": name, "password": password}); err != nil {
			return nil, err
		}
		members = append(members, map[string]string{"kind": "User", "name": name, "role": "Editor"})
		person := newVisitor()
		if err := person.signIn(ctx, name, password); err != nil {
			return nil, err
		}
		people = append(people, person)
	}
	return people, admin.post(ctx, "/api/v1/workspaces", map[string]any{"name": "everything", "namespaces": namespaces, "members": members})
}

// Cookies are what a browser needs to go on with the person's session.
func (v *Visitor) Cookies() []*http.Cookie {
	address, err := url.Parse(HubAddress)
	if err != nil {
		panic(err) // it is a constant
	}
	return v.http.Jar.Cookies(address)
}

func (v *Visitor) signIn(ctx context.Context, name, password string) error {
	return v.post(ctx, "/api/v1/auth/sign-in", map[string]any{"name": name, "password": password})
}

func (v *Visitor) post(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, HubAddress+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := v.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("POST %s: %s: %s", path, resp.Status, text)
	}
	return nil
}

// Get reads an answer to its end, into out unless that is nil.
func (v *Visitor) Get(ctx context.Context, path string, out any) (code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, HubAddress+path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if out != nil {
		return resp.StatusCode, json.NewDecoder(resp.Body).Decode(out)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// WireSize is how many bytes an answer has, compressed as for a browser.
func (v *Visitor) WireSize(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, HubAddress+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := v.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(io.Discard, resp.Body)
}

// Follow reads the stream of the list until the context ends, and tells the message of each row. Once, it tells opened
// whether the stream was opened.
func (v *Visitor) Follow(ctx context.Context, opened chan<- error, row func(message string)) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, HubAddress+"/api/v1/release-tasks/stream", nil)
	if err != nil {
		opened <- err
		return
	}
	resp, err := v.http.Do(req)
	if err != nil {
		opened <- err
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		opened <- errors.New(resp.Status)
		return
	}
	opened <- nil
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	event := ""
	for lines.Scan() {
		if name, found := strings.CutPrefix(lines.Text(), "event:"); found {
			event = strings.TrimSpace(name)
		}
		if data, found := strings.CutPrefix(lines.Text(), "data:"); found && event == "row" {
			var task struct{ Message string }
			if json.Unmarshal([]byte(data), &task) == nil {
				row(task.Message)
			}
		}
	}
}
