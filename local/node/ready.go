package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"
)

const archName = runtime.GOARCH

const probeTimeout = 2 * time.Second

// httpReady asks an address whose answer isn't secret; certificates, which some
// parts make for themselves, aren't checked.
func httpReady(url string) func() bool {
	client := &http.Client{Timeout: probeTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
	}}
	return func() bool {
		resp, err := client.Get(url)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
}

// unixReady tries a unix socket.
func unixReady(path string) func() bool {
	return func() bool {
		conn, err := net.DialTimeout("unix", path, probeTimeout)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	}
}

// apiReady asks the API server as the administrator. The credentials are read at
// the first question, when they exist.
func apiReady(credentials Credentials, url string) func() bool {
	return func() bool { return APIReady(context.Background(), credentials, url) }
}

// APIReady tells whether the API server at url (its /readyz) answers that it is
// ready.
func APIReady(ctx context.Context, credentials Credentials, url string) bool {
	ca, err := os.ReadFile(credentials.File("ca.crt"))
	if err != nil {
		return false
	}
	token, err := os.ReadFile(credentials.File("token-admin"))
	if err != nil {
		return false
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
