package clusters

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// authority is a certificate, in PEM and base64, as a kubeconfig holds it.
func authority(t testing.TB) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

const kubeconfig = `apiVersion: v1
kind: Config
current-context: it
contexts: [{name: it, context: {cluster: c, user: u}}]
clusters:
- name: c
  cluster:
    server: https://kubernetes.example:6443
    certificate-authority-data: AUTHORITY
users:
- name: u
  user:
    token: very-secret
`

func TestParseKubeconfig(t *testing.T) {
	whole := strings.ReplaceAll(kubeconfig, "AUTHORITY", authority(t))
	for name, test := range map[string]struct {
		from, to string
		// refused is part of the sentence; empty when it is taken.
		refused string
	}{
		"a token and an authority":      {"", "", ""},
		"the system's authorities":      {"    certificate-authority-data: ", "    tls-server-name: kubernetes.example\n    #", ""},
		"a proxy by TLS":                {"    server:", "    proxy-url: https://proxy.example:3128\n    server:", ""},
		"a plain proxy":                 {"    server:", "    proxy-url: http://proxy.example:3128\n    server:", "proxy-url must begin with https:// or socks5://"},
		"no kubeconfig":                 {whole, "{{{ very-secret", "no kubeconfig"},
		"empty":                         {whole, "", "current-context"},
		"another context":               {"current-context: it", "current-context: other", `current-context "other"`},
		"a user that isn't there":       {"user: u}", "user: x}", "not both are in it"},
		"plain HTTP":                    {"https://kubernetes", "http://kubernetes", "isn't reached by https"},
		"a password in the address":     {"https://kubernetes", "https://me:very-secret@kubernetes", "has a user in its address"},
		"no address":                    {"https://kubernetes.example:6443", "kubernetes", "is no address"},
		"no check of the server":        {"    certificate-authority-data: ", "    insecure-skip-tls-verify: true\n    #", "insecure-skip-tls-verify"},
		"an authority in a file":        {"    certificate-authority-data: ", "    certificate-authority: /etc/ca.crt\n    #", `the file "/etc/ca.crt"`},
		"an authority that is garbage":  {"certificate-authority-data: ", "certificate-authority-data: Z2FyYmFnZQ== #", "can't be read"},
		"a program":                     {"token: very-secret", "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never}", "runs a program"},
		"an auth-provider":              {"token: very-secret", "auth-provider: {name: gcp}", "auth-provider"},
		"a token in a file":             {"token: very-secret", "tokenFile: /var/run/secrets/token", "tokenFile"},
		"a certificate in a file":       {"token: very-secret", "client-certificate: /x", "client-certificate"},
		"a key in a file":               {"token: very-secret", "client-key: /x", "client-key"},
		"somebody else":                 {"token: very-secret", "token: very-secret\n    as: admin", "acts as somebody else"},
		"groups of somebody else":       {"token: very-secret", "token: very-secret\n    as-groups: [\"system:masters\"]", "acts as somebody else"},
		"a password":                    {"token: very-secret", "username: me\n    password: very-secret", "has a password"},
		"nobody":                        {"token: very-secret", "{}", "neither a token nor a certificate"},
		"more than a kubeconfig can be": {"kind: Config", "kind: Config # " + strings.Repeat("x", MaxKubeconfig), "bytes, more than"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(whole, test.from, test.to, 1)
			config, err := ParseKubeconfig([]byte(text))
			switch {
			case test.refused == "" && err != nil:
				t.Fatal(err)
			case test.refused == "":
				if config.Host != "https://kubernetes.example:6443" || config.BearerToken != "very-secret" {
					t.Errorf("it leads to %s", config.Host)
				}
			case err == nil:
				t.Error("it was taken")
			case !strings.Contains(err.Error(), test.refused):
				t.Errorf("the sentence %q lacks %q", err, test.refused)
			case strings.Contains(err.Error(), "very-secret"):
				t.Errorf("the sentence %q tells a secret", err)
			}
		})
	}
}

// FuzzParseKubeconfig: whatever is pasted is taken or refused with a sentence, and what is taken runs and reads nothing.
func FuzzParseKubeconfig(f *testing.F) {
	f.Add([]byte(strings.ReplaceAll(kubeconfig, "AUTHORITY", authority(f))))
	f.Add([]byte(`{"kind":"Config","current-context":"a","contexts":[{"name":"a","context":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := ParseKubeconfig(text)
		if err != nil {
			return
		}
		if config.ExecProvider != nil || config.AuthProvider != nil || config.BearerTokenFile != "" || config.CAFile != "" ||
			config.CertFile != "" || config.KeyFile != "" || config.Insecure || config.Impersonate.UserName != "" || config.Password != "" {
			t.Errorf("taken, though it does more than the hub allows: %v", config)
		}
		if !strings.HasPrefix(config.Host, "https://") && !strings.HasPrefix(config.Host, "HTTPS://") {
			t.Errorf("taken, though it isn't reached by https: %s", config.Host)
		}
	})
}
