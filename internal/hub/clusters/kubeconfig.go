package clusters

import (
	"fmt"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// MaxKubeconfig is how many bytes a kubeconfig may have; one with a bundle of certificates has a few thousand.
const MaxKubeconfig = 256 << 10

// ParseKubeconfig reads the current context of a kubeconfig for use by the hub. All that it needs must be inside, and
// nothing in it may make the hub run a program, read a file of its own or talk to somebody unproven. Errors are
// sentences for who wrote it; they hold nothing secret.
func ParseKubeconfig(text []byte) (*rest.Config, error) {
	if len(text) > MaxKubeconfig {
		return nil, fmt.Errorf("the kubeconfig has %d bytes, more than %d: leave only the cluster, the user and the context in it that the hub needs", len(text), MaxKubeconfig)
	}
	loaded, err := clientcmd.Load(text)
	if err != nil {
		// The error of the parser may quote what it read.
		return nil, fmt.Errorf("this is no kubeconfig: it can't be read as YAML or JSON of kind Config")
	}
	context, found := loaded.Contexts[loaded.CurrentContext]
	if !found || context == nil {
		return nil, fmt.Errorf("the kubeconfig's current-context %q is none of its contexts: set it with `kubectl config use-context`", loaded.CurrentContext)
	}
	cluster, user := loaded.Clusters[context.Cluster], loaded.AuthInfos[context.AuthInfo]
	if cluster == nil || user == nil {
		return nil, fmt.Errorf("the kubeconfig's context %q names the cluster %q and the user %q, and not both are in it: make a whole one with `kubectl config view --minify --flatten --raw`", loaded.CurrentContext, context.Cluster, context.AuthInfo)
	}
	if err := checkCluster(cluster); err != nil {
		return nil, err
	}
	if err := checkUser(user); err != nil {
		return nil, err
	}
	config, err := clientcmd.NewDefaultClientConfig(*loaded, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig can't be used: its cluster, user and context don't make a connection")
	}
	if _, err := rest.TLSConfigFor(config); err != nil {
		return nil, fmt.Errorf("the kubeconfig's certificates or key can't be read: certificate-authority-data, client-certificate-data and client-key-data are PEM in base64, and the key must be that of the certificate")
	}
	return config, nil
}

func checkCluster(cluster *clientcmdapi.Cluster) error {
	server, err := url.Parse(cluster.Server)
	switch {
	case err != nil || server.Host == "":
		return fmt.Errorf("the kubeconfig's server is no address: it must look like https://kubernetes.example:6443")
	case server.Scheme != "https":
		return fmt.Errorf("the kubeconfig's server %s isn't reached by https: the hub would show its credentials to the whole way", server.Redacted())
	case server.User != nil:
		return fmt.Errorf("the kubeconfig's server has a user in its address: put credentials into the user of the kubeconfig")
	case cluster.InsecureSkipTLSVerify:
		return fmt.Errorf("the kubeconfig has insecure-skip-tls-verify, by which the hub would give its credentials to anyone: put the cluster's certificate into certificate-authority-data instead")
	case cluster.CertificateAuthority != "":
		return fmt.Errorf("the kubeconfig names the file %q as certificate-authority, and the hub doesn't read files for it: make one that holds all with `kubectl config view --minify --flatten --raw`", cluster.CertificateAuthority)
	}
	if cluster.ProxyURL == "" {
		return nil
	}
	proxy, err := url.Parse(cluster.ProxyURL)
	if err != nil || (proxy.Scheme != "https" && proxy.Scheme != "socks5") || proxy.Host == "" {
		return fmt.Errorf("the kubeconfig's proxy-url must begin with https:// or socks5://")
	}
	return nil
}

func checkUser(user *clientcmdapi.AuthInfo) error {
	for _, refused := range []struct {
		present bool
		what    string
	}{
		{user.Exec != nil, "runs a program to sign in (exec), and the hub runs none: use a token or a certificate of a service account"},
		{user.AuthProvider != nil, "uses an auth-provider, which Kubernetes gave up: use a token or a certificate of a service account"},
		{user.TokenFile != "", "names a tokenFile, and the hub doesn't read files for it: put the token itself there"},
		{user.ClientCertificate != "", "names a file as client-certificate, and the hub doesn't read files for it: use client-certificate-data"},
		{user.ClientKey != "", "names a file as client-key, and the hub doesn't read files for it: use client-key-data"},
		{user.Impersonate != "" || user.ImpersonateUID != "" || len(user.ImpersonateGroups) > 0 || len(user.ImpersonateUserExtra) > 0,
			"acts as somebody else, and the hub has to do so itself, for each person: leave out as, as-uid, as-groups and as-user-extra"},
		{user.Username != "" || user.Password != "", "has a password, which no Kubernetes takes any more: use a token or a certificate"},
	} {
		if refused.present {
			return fmt.Errorf("the kubeconfig's user %s", refused.what)
		}
	}
	if user.Token == "" && len(user.ClientCertificateData) == 0 {
		return fmt.Errorf("the kubeconfig's user has neither a token nor a certificate: the hub would be nobody in that cluster")
	}
	return nil
}
