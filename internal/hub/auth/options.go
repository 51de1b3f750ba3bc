package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Options are the settings of sign-in, sessions and tokens.
type Options struct {
	// PublicURL is where browsers reach the hub, without a path. OpenID Connect needs it. Cookies are marked Secure
	// unless it begins with http://, which is meant for a demo on one's own machine.
	PublicURL string
	// UserPrefix stands before the names of people and groups in clusters; never empty.
	UserPrefix string
	// LocalAccounts offers sign-in by accounts that the hub keeps itself.
	LocalAccounts bool
	// SessionLifetime is how long a session lasts at most, SessionIdle how long without a request.
	SessionLifetime, SessionIdle time.Duration
	// TokenLifetime is the longest that an API token may be made for.
	TokenLifetime time.Duration
	// TrustedProxies are the networks whose X-Forwarded-For is believed; none by default.
	TrustedProxies []string
	// OIDC is the OpenID Connect provider; none when its Issuer is empty.
	OIDC OIDCOptions
}

// OIDCOptions say how people sign in at an OpenID Connect provider.
type OIDCOptions struct {
	// Issuer is the provider's URL, exactly as it names itself in its discovery document.
	Issuer string
	// Name of the provider for the button on the sign-in page.
	Name string
	// ClientID is what the provider knows the hub as.
	ClientID string
	// ClientSecretFile holds the client's secret; a file, since arguments can be read by others. Empty for a public client.
	ClientSecretFile string
	// CAFile holds the certificates to trust for the provider, in PEM; empty for those of the system.
	CAFile string
	// Scopes to ask for.
	Scopes []string
	// UsernameClaim names the claim that a person's name is taken from. For any claim but email, UsernamePrefix stands
	// before it, so that nobody can choose the name of a local account.
	UsernameClaim, UsernamePrefix string
	// DisplayNameClaim and GroupsClaim name further claims; a claim inside of another is named with dots.
	DisplayNameClaim, GroupsClaim string
	// GroupsPrefix stands before the names of groups; empty for none.
	GroupsPrefix string
	// AssumeEmailVerified accepts addresses of providers that don't say whether they verified them.
	AssumeEmailVerified bool
	// AllowedDomains are the domains that a verified address must be of; empty for any.
	AllowedDomains []string
	// AllowedGroups are the groups of which a person needs one to sign in; empty for anybody.
	AllowedGroups []string
	// AdminGroups are the groups that make a platform administrator.
	AdminGroups []string
}

// DefaultOptions are what the flags begin with.
func DefaultOptions() Options {
	return Options{
		UserPrefix:      DefaultUserPrefix,
		LocalAccounts:   true,
		SessionLifetime: 24 * time.Hour,
		SessionIdle:     4 * time.Hour,
		TokenLifetime:   365 * 24 * time.Hour,
		OIDC: OIDCOptions{
			Name: "single sign-on", Scopes: []string{"openid", "profile", "email"},
			UsernameClaim: "email", UsernamePrefix: "oidc:", DisplayNameClaim: "name", GroupsClaim: "groups",
		},
	}
}

// AddFlags makes every setting a flag.
func (o *Options) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.PublicURL, "public-url", o.PublicURL, "where browsers reach the hub, as https://workbench.example.com; needed for OpenID Connect. With http:// cookies are sent without encryption: only for a demo on your own machine")
	f.StringVar(&o.UserPrefix, "user-prefix", o.UserPrefix, "stands before the names of people and groups in clusters; ends with a colon")
	f.BoolVar(&o.LocalAccounts, "local-accounts", o.LocalAccounts, "offer sign-in by local accounts")
	f.DurationVar(&o.SessionLifetime, "session-lifetime", o.SessionLifetime, "how long a session lasts at most")
	f.DurationVar(&o.SessionIdle, "session-idle", o.SessionIdle, "how long a session lasts without a request")
	f.DurationVar(&o.TokenLifetime, "token-lifetime", o.TokenLifetime, "the longest that an API token may be made for")
	f.StringSliceVar(&o.TrustedProxies, "trusted-proxy", o.TrustedProxies, "network (CIDR) of proxies whose X-Forwarded-For is believed; may be repeated")
	p := &o.OIDC
	f.StringVar(&p.Issuer, "oidc-issuer", p.Issuer, "URL of the OpenID Connect provider")
	f.StringVar(&p.Name, "oidc-name", p.Name, "name of the provider on the sign-in page")
	f.StringVar(&p.ClientID, "oidc-client-id", p.ClientID, "what the provider knows the hub as")
	f.StringVar(&p.ClientSecretFile, "oidc-client-secret-file", p.ClientSecretFile, "file with the client's secret")
	f.StringVar(&p.CAFile, "oidc-ca-file", p.CAFile, "file with the certificates to trust for the provider (default: those of the system)")
	f.StringSliceVar(&p.Scopes, "oidc-scope", p.Scopes, "scope to ask for; may be repeated. Some providers tell groups only with the scope groups")
	f.StringVar(&p.UsernameClaim, "oidc-username-claim", p.UsernameClaim, "claim that a person's name is taken from")
	f.StringVar(&p.UsernamePrefix, "oidc-username-prefix", p.UsernamePrefix, "stands before names from another claim than email; ends with a colon")
	f.StringVar(&p.DisplayNameClaim, "oidc-display-name-claim", p.DisplayNameClaim, "claim with the name that people read")
	f.StringVar(&p.GroupsClaim, "oidc-groups-claim", p.GroupsClaim, "claim with the groups")
	f.StringVar(&p.GroupsPrefix, "oidc-groups-prefix", p.GroupsPrefix, "stands before the names of groups")
	f.BoolVar(&p.AssumeEmailVerified, "oidc-assume-email-verified", p.AssumeEmailVerified, "accept addresses of a provider that does not say whether it verified them")
	f.StringSliceVar(&p.AllowedDomains, "oidc-allowed-domain", p.AllowedDomains, "domain that a person's address must be of; may be repeated (default: any)")
	f.StringSliceVar(&p.AllowedGroups, "oidc-allowed-group", p.AllowedGroups, "group of which a person needs one to sign in; may be repeated (default: anybody)")
	f.StringSliceVar(&p.AdminGroups, "oidc-admin-group", p.AdminGroups, "group that makes a platform administrator; may be repeated")
}

// SecureCookies says whether browsers are to send cookies over TLS only.
func (o *Options) SecureCookies() bool { return !strings.HasPrefix(o.PublicURL, "http://") }

// Validate says what is wrong with the settings, and which flag to mend.
func (o *Options) Validate() error {
	if err := o.validatePublicURL(); err != nil {
		return err
	}
	if len(o.UserPrefix) < 2 || !strings.HasSuffix(o.UserPrefix, ":") || strings.HasPrefix(o.UserPrefix, "system:") || len(o.UserPrefix) > 63 || hasControl(o.UserPrefix) {
		return fmt.Errorf("--user-prefix %q must not begin with system:, must end with a colon and have at most 63 characters", o.UserPrefix)
	}
	if o.SessionIdle < time.Minute || o.SessionLifetime < o.SessionIdle {
		return fmt.Errorf("--session-idle (%s) must be at least 1m, and --session-lifetime (%s) at least as long", o.SessionIdle, o.SessionLifetime)
	}
	if o.TokenLifetime < time.Hour {
		return fmt.Errorf("--token-lifetime %s must be at least 1h", o.TokenLifetime)
	}
	if _, err := parseNetworks(o.TrustedProxies); err != nil {
		return err
	}
	if o.OIDC.Issuer == "" {
		if !o.LocalAccounts {
			return errors.New("nobody could sign in: set --oidc-issuer, or leave --local-accounts on")
		}
		return nil
	}
	return o.validateOIDC()
}

func (o *Options) validatePublicURL() error {
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("--public-url %q must be a scheme and a host without a path, as https://workbench.example.com", o.PublicURL)
	}
	return nil
}

func (o *Options) validateOIDC() error {
	p := o.OIDC
	issuer, err := url.Parse(p.Issuer)
	switch {
	case err != nil || issuer.Host == "" || (issuer.Scheme != "https" && issuer.Scheme != "http"):
		return fmt.Errorf("--oidc-issuer %q must be a URL, as https://login.example.com", p.Issuer)
	case o.PublicURL == "":
		return errors.New("--oidc-issuer needs --public-url: the provider sends people back there")
	case p.ClientID == "":
		return errors.New("--oidc-issuer needs --oidc-client-id")
	case p.UsernameClaim == "":
		return errors.New("--oidc-username-claim must not be empty")
	case p.UsernameClaim != "email" && (len(p.UsernamePrefix) < 2 || !strings.HasSuffix(p.UsernamePrefix, ":") || strings.HasPrefix(p.UsernamePrefix, "system:") || hasControl(p.UsernamePrefix)):
		return fmt.Errorf("--oidc-username-prefix %q must end with a colon: people may choose what the claim %s holds, and could take the name of a local account", p.UsernamePrefix, p.UsernameClaim)
	case hasControl(p.GroupsPrefix) || strings.HasPrefix(p.GroupsPrefix, "system:"):
		return fmt.Errorf("--oidc-groups-prefix %q must not begin with what belongs to Kubernetes", p.GroupsPrefix)
	case len(p.AllowedDomains) > 0 && p.UsernameClaim != "email":
		return errors.New("--oidc-allowed-domain needs --oidc-username-claim=email")
	}
	return nil
}

func parseNetworks(cidrs []string) ([]netip.Prefix, error) {
	networks := make([]netip.Prefix, 0, len(cidrs))
	for _, cidr := range cidrs {
		network, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxy %q must be a network, as 10.0.0.0/8", cidr)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
