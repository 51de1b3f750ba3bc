package apitest

import (
	"fmt"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// AccountConfig returns the configuration of a service account by a token of its own, so that it can impersonate in
// its turn, which a configuration of ConfigAs can't.
func (s *Server) AccountConfig(t testing.TB, namespace, name string) *rest.Config {
	t.Helper()
	account := &corev1.ServiceAccount{}
	account.Namespace, account.Name = namespace, name
	request := &authenticationv1.TokenRequest{}
	if err := s.Client(t).SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(fmt.Errorf("no token for service account %s/%s: %w", namespace, name, err))
	}
	config := rest.AnonymousClientConfig(s.Config)
	config.BearerToken = request.Status.Token
	config.QPS = -1
	return config
}

// KubeconfigOf writes a configuration as a kubeconfig that holds all it needs.
func KubeconfigOf(t testing.TB, config *rest.Config) []byte {
	t.Helper()
	text, err := clientcmd.Write(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"it": {Server: config.Host, CertificateAuthorityData: config.CAData, TLSServerName: config.ServerName}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{"me": {
			Token: config.BearerToken, ClientCertificateData: config.CertData, ClientKeyData: config.KeyData,
		}},
		Contexts:       map[string]*clientcmdapi.Context{"it": {Cluster: "it", AuthInfo: "me"}},
		CurrentContext: "it",
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
