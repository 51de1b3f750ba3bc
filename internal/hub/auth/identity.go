package auth

import "context"

// DefaultUserPrefix stands before the names of people and groups that the hub tells to a cluster.
const DefaultUserPrefix = "workbench:"

// Method is how somebody proved who they are.
type Method string

const (
	// MethodLocal is a session that began with the password of a local account.
	MethodLocal Method = "Local"
	// MethodOIDC is a session that began at an OpenID Connect provider.
	MethodOIDC Method = "OIDC"
	// MethodToken is an API token; it acts as its owner.
	MethodToken Method = "Token"
)

// Identity is who asks.
type Identity struct {
	// Name of the person, unique over local accounts and OpenID Connect, without the prefix that clusters see.
	Name string
	// DisplayName is what people read; it may be equal for different people. Never decide by it.
	DisplayName string
	// Groups of the person, without the prefix that clusters see.
	Groups []string
	// Admin of the platform: may manage clusters, workspaces and accounts. It is no role in any namespace.
	Admin bool
	// Method tells how the request proved it.
	Method Method
	// ReadOnly is true for a token that may only read.
	ReadOnly bool
	// Token is the id of the API token that was used; empty for a session.
	Token string
	// Prefix of names in clusters; DefaultUserPrefix when empty, so that a name can never reach a cluster bare.
	Prefix string
}

// KubernetesUser is the name to impersonate in a cluster.
func (i Identity) KubernetesUser() string { return i.prefix() + i.Name }

// KubernetesGroups are the groups to impersonate in a cluster.
func (i Identity) KubernetesGroups() []string {
	groups := make([]string, 0, len(i.Groups))
	for _, group := range i.Groups {
		groups = append(groups, i.prefix()+group)
	}
	return groups
}

func (i Identity) prefix() string {
	if i.Prefix == "" {
		return DefaultUserPrefix
	}
	return i.Prefix
}

type contextKey struct{}

// NewContext returns a context that carries the identity.
func NewContext(ctx context.Context, identity Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, identity)
}

// FromContext returns who asks, and false when nobody has signed in.
func FromContext(ctx context.Context) (Identity, bool) {
	identity, ok := ctx.Value(contextKey{}).(Identity)
	return identity, ok
}
