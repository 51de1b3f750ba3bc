package node

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Credentials are the files that the control plane identifies itself and its
// clients with, in one folder.
type Credentials struct{ Dir string }

// Users that get a token, with the groups that Kubernetes' own role bindings give
// them their rights by.
var users = map[string][]string{
	"admin":                          {"system:masters"},
	"system:kube-controller-manager": nil,
	"system:kube-scheduler":          nil,
	"system:kube-proxy":              nil,
	"system:node:node0":              {"system:nodes"},
}

// File is the path of one of the files: ca.crt, ca.key, api.crt, api.key,
// kubelet-client.crt, kubelet-client.key, sa.pub, sa.key, tokens.csv.
func (c Credentials) File(name string) string { return filepath.Join(c.Dir, name) }

// lifetime is how long certificates hold: a local cluster is thrown away long
// before.
const lifetime = 10 * 365 * 24 * time.Hour

// CreateCredentials makes the files unless they are there already. The API
// server's certificate is good for the given addresses and for its usual names.
func CreateCredentials(dir string, addresses ...string) (Credentials, error) {
	c := Credentials{Dir: dir}
	if _, err := os.Stat(c.File("tokens.csv")); err == nil {
		return c, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, err
	}
	ca, caKey, err := c.authority()
	if err != nil {
		return c, err
	}
	api := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, a := range addresses {
		api.IPAddresses = append(api.IPAddresses, net.ParseIP(a))
	}
	if err := c.leaf("api", api, ca, caKey); err != nil {
		return c, err
	}
	client := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver-kubelet-client", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if err := c.leaf("kubelet-client", client, ca, caKey); err != nil {
		return c, err
	}
	if err := c.serviceAccountKey(); err != nil {
		return c, err
	}
	// Last, since its presence says that all the others are there.
	return c, c.tokens()
}

func (c Credentials) authority() (*x509.Certificate, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "workbench-local"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return ca, key, c.writePair("ca", der, key)
}

func (c Credentials) leaf(name string, template, ca *x509.Certificate, caKey crypto.Signer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(lifetime)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	return c.writePair(name, der, key)
}

func (c Credentials) writePair(name string, cert []byte, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := c.writePEM(name+".crt", "CERTIFICATE", cert); err != nil {
		return err
	}
	return c.writePEM(name+".key", "PRIVATE KEY", der)
}

// serviceAccountKey makes the pair that signs and checks service account tokens.
func (c Credentials) serviceAccountKey() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := c.writePEM("sa.pub", "PUBLIC KEY", public); err != nil {
		return err
	}
	return c.writePEM("sa.key", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func (c Credentials) writePEM(name, kind string, der []byte) error {
	return os.WriteFile(c.File(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// tokens writes tokens.csv and, beside it, one file token-USER per user.
func (c Credentials) tokens() error {
	var csv string
	for user, groups := range users {
		secret := make([]byte, 16)
		if _, err := rand.Read(secret); err != nil {
			return err
		}
		token := hex.EncodeToString(secret)
		if err := os.WriteFile(c.File("token-"+user), []byte(token), 0o600); err != nil {
			return err
		}
		csv += fmt.Sprintf("%s,%s,%s", token, user, user)
		for _, g := range groups {
			csv += fmt.Sprintf(",%q", g)
		}
		csv += "\n"
	}
	return os.WriteFile(c.File("tokens.csv"), []byte(csv), 0o600)
}

// Kubeconfig returns a kubeconfig for one of the users, complete in itself.
func (c Credentials) Kubeconfig(user, cluster, server string) ([]byte, error) {
	ca, err := os.ReadFile(c.File("ca.crt"))
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(c.File("token-" + user))
	if err != nil {
		return nil, err
	}
	return kubeconfig(cluster, server, ca, string(token)), nil
}
