//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestUse does with one cluster what the demo and the tests of Workbench do: load
// images, run pods in the mesh, split traffic at the gateway, ask Prometheus,
// forward a port.
func TestUse(t *testing.T) {
	c := cluster{t, "lc-use"}
	c.run("down")
	t.Cleanup(func() { c.run("down") })
	c.run("up")

	hello := filepath.Join(t.TempDir(), "hello")
	build := exec.Command("go", "build", "-trimpath", "-o", hello, "./testdata/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	c.run("load-image", "--ref", "example.com/e2e/hello:v1", "--binary", hello)
	tarball := filepath.Join(t.TempDir(), "hello.tar")
	c.run("image", "--ref", "docker.io/e2e/hello:v2", "--binary", hello, "--entrypoint", "/hello", "--output", tarball)
	c.run("load-image", tarball)

	c.kubectl("apply", "-f", "testdata/mesh.yaml")
	c.kubectl("-n", "mesh", "wait", "--for=condition=available", "deployment", "--all", "--timeout=90s")
	s, _ := c.status()
	ask := func(address string) (string, int) {
		req, err := http.NewRequest(http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "hello.example.com"
		resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
		if err != nil {
			return err.Error(), 0
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body), resp.StatusCode
	}
	// The gateway learns the pods of each version on its own: the first answer of one says nothing about the other.
	c.eventually(30*time.Second, "answers of both versions and no other", func() bool {
		seen := map[string]bool{}
		for range 40 {
			body, code := ask(s.Gateway)
			seen[fmt.Sprintf("%d %s", code, body)] = true
		}
		return len(seen) == 2 && seen["200 stable"] && seen["200 canary"]
	})
	counts := map[string]int{}
	for range 400 {
		body, code := ask(s.Gateway)
		counts[fmt.Sprintf("%d %s", code, body)]++
	}
	// 25 % of 400 is 100; five standard deviations are 43.
	if canary := counts["200 canary"]; counts["200 stable"]+canary != 400 || canary < 57 || canary > 143 {
		t.Errorf("with weights 75 and 25 the answers were %v", counts)
	}
	c.eventually(30*time.Second, "the count of these requests in Prometheus", func() bool {
		stable, canary := c.requests(s.Prometheus, "stable"), c.requests(s.Prometheus, "canary")
		return canary >= float64(counts["200 canary"]) && stable+canary >= 400
	})

	port := freePort(t)
	c.run("forward", port+"=svc/monitoring/prometheus:http")
	if resp, err := http.Get("http://127.0.0.1:" + port + "/-/ready"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("through the forward Prometheus answers %v, %v", resp, err)
	}
	c.kubectl("-n", "monitoring", "delete", "pod", "--all")
	c.eventually(time.Minute, "the forward's target after a restart of its pod", func() bool {
		resp, err := http.Get("http://127.0.0.1:" + port + "/-/ready")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	c.run("forward", "--remove", port)
	c.eventually(5*time.Second, "the end of the forward", func() bool {
		conn, err := net.Dial("tcp4", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// requests asks Prometheus for the requests that a subset of the Service hello has
// answered.
func (c cluster) requests(prometheus, subset string) float64 {
	query := fmt.Sprintf(`sum(istio_requests_total{destination_service_name="hello",destination_canonical_revision=%q,response_code="200"})`, subset)
	resp, err := http.Get("http://" + prometheus + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if json.NewDecoder(resp.Body).Decode(&answer) != nil || len(answer.Data.Result) == 0 {
		return 0
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
