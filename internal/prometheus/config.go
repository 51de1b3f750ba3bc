package prometheus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Defaults of Config.
const (
	// DefaultTimeout of one query.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxBytes of one answer: some 100,000 samples.
	DefaultMaxBytes = 16 << 20
)

// Config says where a Prometheus is and how to sign in. Printing it shows no credential.
type Config struct {
	// Address is the URL before /api/v1, http or https, without user, query and fragment.
	Address string
	// BearerToken, or Username and Password; empty: nobody signs in.
	BearerToken Secret
	Username    string
	Password    Secret
	// CA holds the certificates, in PEM, that sign the server's; empty: those of the system.
	CA []byte
	// ServerName that the server's certificate must have; empty: the address'.
	ServerName string
	// InsecureSkipVerify leaves the server's certificate unchecked.
	InsecureSkipVerify bool
	// Timeout of one query; default DefaultTimeout. Prometheus is told of it too, and stops working on it.
	Timeout time.Duration
	// MaxBytes of one answer; default DefaultMaxBytes.
	MaxBytes int64
	// Transport carries the requests instead of one made from the fields above, for example through the proxy of an API
	// server. GetOnly sends all queries as GET, for such a proxy: a POST needs another permission there.
	Transport http.RoundTripper
	GetOnly   bool
}

// Secret is text that printing hides.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// GoString hides the text.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the text from JSON and from logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (c Config) check() (*url.URL, error) {
	address, err := url.Parse(c.Address)
	switch {
	case c.Address == "":
		return nil, errors.New("the address of Prometheus is not set")
	case err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https":
		return nil, errors.New("the address of Prometheus is no URL: write it as http://prometheus.monitoring.svc:9090")
	case address.User != nil:
		return nil, errors.New("the address of Prometheus holds a user: give user and password in a Secret")
	case address.RawQuery != "" || address.Fragment != "":
		return nil, errors.New("the address of Prometheus holds a query: give the part before /api/v1 alone")
	case c.BearerToken != "" && c.Username != "":
		return nil, errors.New("both a token and a user are set for Prometheus: set one of them")
	}
	return address, nil
}

func (c Config) transport() (http.RoundTripper, error) {
	if c.Transport != nil {
		return c.Transport, nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName, InsecureSkipVerify: c.InsecureSkipVerify}
	if len(c.CA) > 0 {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(c.CA) {
			return nil, errors.New("the CA of Prometheus holds no certificate in PEM")
		}
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = settings
	base.MaxIdleConnsPerHost = 8
	base.TLSHandshakeTimeout = 5 * time.Second
	return base, nil
}

// guard signs requests and bounds what comes back. It is asked for nothing but the configured host: redirects are not
// followed.
type guard struct {
	Config
	next http.RoundTripper
}

func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if g.GetOnly && request.Method == http.MethodPost {
		if err := asGet(request); err != nil {
			return nil, err
		}
	}
	switch {
	case g.BearerToken != "":
		request.Header.Set("Authorization", "Bearer "+string(g.BearerToken))
	case g.Username != "":
		request.SetBasicAuth(g.Username, string(g.Password))
	}
	response, err := g.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &bounded{ReadCloser: response.Body, left: g.MaxBytes}
	return response, nil
}
