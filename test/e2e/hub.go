//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

const (
	// hubDeployment and hubCluster are as the chart makes them.
	hubDeployment = "workbench-server"
	hubCluster    = "local"
	// hubPassword is that of everybody whom a test makes.
	hubPassword = "a long password for tests"
)

// hubValues have the chart install the hub with one replica, so that its restart is a time without any.
var hubValues = []string{"server.enabled=true", "server.replicas=1", "server.ownCluster=" + hubCluster, "server.publicURL=http://127.0.0.1"}

var hubAddress = struct {
	sync.Once
	at  string
	err error
}{}

// hub brings the hub to this machine, once for all tests, and says where it is.
func (s *scenario) hub() string {
	s.t.Helper()
	hubAddress.Do(func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			hubAddress.err = err
			return
		}
		hubAddress.at = listener.Addr().String()
		listener.Close()
		hubAddress.err = world.Forward(s.ctx, hubAddress.at, "svc/"+cluster.SystemNamespace+"/"+hubDeployment+":80")
	})
	s.must(hubAddress.err)
	return hubAddress.at
}

// person is somebody with a session at the hub.
type person struct {
	s    *scenario
	name string
	http *http.Client
}

// signedIn signs somebody in.
func (s *scenario) signedIn(name, password string) *person {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	s.must(err)
	p := &person{s: s, name: name, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	s.eventually(name+" to be signed in at the hub", func() (bool, string, error) {
		status, answer, err := p.ask(http.MethodPost, "/auth/sign-in", map[string]string{"name": name, "password": password}, nil)
		return status == http.StatusOK, answer, err
	})
	return p
}

// administrator of the platform, whom the hub's first start made.
func (s *scenario) hubAdministrator() *person {
	s.t.Helper()
	secret := &corev1.Secret{}
	s.must(world.Client.Get(s.ctx, client.ObjectKey{Namespace: cluster.SystemNamespace, Name: "workbench-initial-admin"}, secret))
	return s.signedIn("admin", string(secret.Data["password"]))
}

// ask sends a request, and reads the answer into out when it is given. It says what the hub answered.
func (p *person) ask(method, path string, body, out any) (status int, answer string, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	ctx, cancel := context.WithTimeout(p.s.ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+p.s.hub()+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	} else {
		request.Body, request.ContentLength = nil, 0
	}
	response, err := p.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err == nil && out != nil && response.StatusCode < 300 {
		err = json.Unmarshal(read, out)
	}
	return response.StatusCode, string(read), err
}

// wants asks once, and the status must be this.
func (p *person) wants(want int, method, path string, body, out any) *person {
	p.s.t.Helper()
	status, answer, err := p.ask(method, path, body, out)
	p.s.must(err)
	if status != want {
		p.s.t.Fatalf("%s: %s %s: status %d, want %d: %s", p.name, method, path, status, want, answer)
	}
	return p
}

// person makes an account of that name and signs it in.
func (p *person) person(name string) *person {
	p.s.t.Helper()
	p.wants(http.StatusCreated, http.MethodPost, "/accounts", map[string]string{"name": name, "password": hubPassword}, nil)
	return p.s.signedIn(name, hubPassword)
}

// workspace gives the people their roles in the scenario's namespace, and waits until the cluster knows.
func (p *person) workspace(roles map[string]string) {
	s := p.s
	s.t.Helper()
	members := []map[string]string{}
	for name, role := range roles {
		members = append(members, map[string]string{"kind": "User", "name": name, "role": role})
	}
	p.wants(http.StatusCreated, http.MethodPost, "/workspaces", map[string]any{
		"name": s.namespace, "members": members, "namespaces": []map[string]string{{"cluster": hubCluster, "namespace": s.namespace}},
	}, nil)
	s.t.Cleanup(func() {
		_, _ = world.Kubectl(context.Background(), "", "delete", "workspace", s.namespace, "--wait=false")
	})
	s.eventually("the roles to be in force", func() (bool, string, error) {
		var told struct{ Ready bool }
		_, answer, err := p.ask(http.MethodGet, "/workspaces/"+s.namespace, nil, &told)
		return told.Ready, answer, err
	})
}

// tasks is the path of the scenario's release tasks, task that of the one.
func (s *scenario) tasks() string {
	return "/clusters/" + hubCluster + "/namespaces/" + s.namespace + "/release-tasks"
}

func (s *scenario) taskPath() string { return s.tasks() + "/" + s.task }

// asks records an action through the hub and waits until it is carried out.
func (p *person) asks(action map[string]any) *then {
	s := p.s
	s.t.Helper()
	var made struct{ Name string }
	p.wants(http.StatusCreated, http.MethodPost, s.taskPath()+"/actions", action, &made)
	s.eventually("the action to be carried out", func() (bool, string, error) {
		var told struct{ State, RequestedBy string }
		_, answer, err := p.ask(http.MethodGet, s.taskPath()+"/actions/"+made.Name, nil, &told)
		if told.State == "Succeeded" && told.RequestedBy != p.name {
			s.t.Fatalf("the action of %s carries the name %q", p.name, told.RequestedBy)
		}
		return told.State == "Succeeded", answer, err
	})
	return &then{s}
}

// hubKilled ends the hub without warning, and waits until another one is started; not until it is ready.
func (w *when) hubKilled() *when {
	w.t.Helper()
	pods := func() []string {
		list := &corev1.PodList{}
		w.must(world.Client.List(w.ctx, list, client.InNamespace(cluster.SystemNamespace), client.MatchingLabels{"app.kubernetes.io/component": "server"}))
		var names []string
		for _, pod := range list.Items {
			names = append(names, pod.Name)
		}
		return names
	}
	before := pods()
	for _, name := range before {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.SystemNamespace, Name: name}}
		w.must(client.IgnoreNotFound(world.Client.Delete(w.ctx, pod, client.GracePeriodSeconds(0))))
	}
	w.eventually("another hub", func() (bool, string, error) {
		now := pods()
		again := slices.ContainsFunc(now, func(name string) bool { return !slices.Contains(before, name) })
		return again, fmt.Sprint(now), nil
	})
	return w
}
