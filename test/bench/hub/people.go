package main

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
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	hubNamespace = "workbench-system"
	hubCluster   = "here"
	password     = "a long password for a bench"
)

// visitor is somebody who uses the hub, by a session of their own.
type visitor struct{ http *http.Client }

func newVisitor() *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{&http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
}

// makePeople makes accounts with a role in every namespace of the fleet, and signs them in.
func makePeople(ctx context.Context, b *bench, n int) ([]*visitor, error) {
	admin := newVisitor()
	secret := &corev1.Secret{}
	if err := b.fleet.client.Get(ctx, client.ObjectKey{Namespace: hubNamespace, Name: "workbench-initial-admin"}, secret); err != nil {
		return nil, fmt.Errorf("the first administrator's password: %w", err)
	}
	if err := admin.signIn(ctx, "admin", string(secret.Data["password"])); err != nil {
		return nil, err
	}
	var namespaces []map[string]string
	for i := range b.fleet.namespaces {
		namespaces = append(namespaces, map[string]string{"cluster": hubCluster, "namespace": b.fleet.namespace(i)})
	}
	var members []map[string]string
	var people []*visitor
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

// makeNamespace makes the namespace of the hub's own Secrets.
func makeNamespace(ctx context.Context, c client.Client) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hubNamespace}}
	if err := c.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

func (v *visitor) signIn(ctx context.Context, name, password string) error {
	return v.post(ctx, "/api/v1/auth/sign-in", map[string]any{"name": name, "password": password})
}

func (v *visitor) post(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hubAddress+path, bytes.NewReader(text))
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

// get reads an answer to its end, into out unless that is nil.
func (v *visitor) get(ctx context.Context, path string, out any) (code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hubAddress+path, nil)
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

// wireSize is how many bytes an answer has, compressed as for a browser.
func (v *visitor) wireSize(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hubAddress+path, nil)
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

// follow reads the stream of the list until the context ends, and tells the message of each row. Once, it tells opened
// whether the stream was opened.
func (v *visitor) follow(ctx context.Context, opened chan<- error, row func(message string)) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hubAddress+"/api/v1/release-tasks/stream", nil)
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
