package audit

import (
	"context"
	"strings"
	"unicode"
)

// Result is how something ended.
type Result string

const (
	// Succeeded: it was done.
	Succeeded Result = "Succeeded"
	// Refused: it was not allowed, or did not fit the state.
	Refused Result = "Refused"
	// Failed: it was begun and did not end well.
	Failed Result = "Failed"
	// Pending: it is still being done.
	Pending Result = "Pending"
)

// Event is something that was done, or tried, through the hub.
type Event struct {
	// Action in words of the API: SignIn, SignOut, Create, Update, Delete, …
	Action string
	// Kind and Name of what it was done to: Session, Account, Token, Workspace, Cluster, ReleaseTask. The Name of a
	// ReleaseTask is the task's, also for what was asked of it.
	Kind, Name string
	// Cluster and Namespace of it, when it is in one.
	Cluster, Namespace string
	// Result of it.
	Result Result
	// Message is a sentence for people: what was changed, or why it was refused. Never a secret.
	Message string
	// ReleaseAction is the name of the ReleaseAction that was made, which tells what becomes of it; its result then is
	// Pending.
	ReleaseAction string
	// Actor is who did it and Method how they proved it, when the context doesn't tell: at a sign-in.
	Actor, Method string
}

// Source is who asks and from where.
type Source struct {
	// Actor is the name of who asks; empty before the sign-in.
	Actor string
	// Method of proof: Local, OIDC or Token; with a token its id.
	Method, Token string
	// Address of the client, and what its program calls itself.
	Address, UserAgent string
}

type sourceKey struct{}

// NewContext returns a context that carries who asks and from where.
func NewContext(ctx context.Context, source Source) context.Context {
	source.UserAgent = clean(source.UserAgent, 200)
	return context.WithValue(ctx, sourceKey{}, source)
}

// FromContext returns who asks and from where.
func FromContext(ctx context.Context) Source {
	source, _ := ctx.Value(sourceKey{}).(Source)
	return source
}

// Recorder keeps events.
type Recorder interface {
	// Record keeps an event that has just happened to a request with this context. It doesn't wait for that, and what
	// can't be kept is in the log all the same.
	Record(ctx context.Context, event Event)
}

// clean makes a text fit to be kept and shown: no control characters, at most so many characters.
func clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return text
}
