// Command oidc is a real OpenID Connect provider for tests, made of the certified library of ZITADEL and its example
// storage and sign-in page. It tells groups in UserInfo for the scope groups.
//
//	oidc --redirect URL --users FILE [--issuer URL]
//
// It listens on a free port of 127.0.0.1, prints "ready ADDRESS" and ends when its standard input closes. It is its own
// issuer unless it is told to be behind another address. The client is
// workbench with the secret test-client-secret. FILE is JSON: the users of the example by id, and groups.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// users are those of the file.
type users struct {
	Users  map[string]*storage.User
	Groups map[string][]string // by id of the user
}

// GetUserByID implements storage.UserStore.
func (u *users) GetUserByID(id string) *storage.User { return u.Users[id] }

// GetUserByUsername implements storage.UserStore.
func (u *users) GetUserByUsername(name string) *storage.User {
	for _, user := range u.Users {
		if user.Username == name {
			return user
		}
	}
	return nil
}

// ExampleClientID implements storage.UserStore.
func (u *users) ExampleClientID() string { return storage.ServiceUserID }

// grouped adds the groups of a user to what is told about them.
type grouped struct {
	*storage.Storage
	users *users
}

// SetUserinfoFromScopes implements op.Storage.
func (g grouped) SetUserinfoFromScopes(ctx context.Context, info *oidc.UserInfo, user, client string, scopes []string) error {
	g.add(info, user, scopes)
	return g.Storage.SetUserinfoFromScopes(ctx, info, user, client, scopes)
}

// SetUserinfoFromRequest implements op.CanSetUserinfoFromRequest.
func (g grouped) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	g.add(info, request.GetSubject(), scopes)
	return g.Storage.SetUserinfoFromRequest(ctx, info, request, scopes)
}

// SetUserinfoFromToken implements op.Storage.
func (g grouped) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, user, origin string) error {
	// The example's storage tells the claims of the scopes that the token was given for; groups belong to any here.
	g.add(info, user, []string{"groups"})
	return g.Storage.SetUserinfoFromToken(ctx, info, token, user, origin)
}

func (g grouped) add(info *oidc.UserInfo, user string, scopes []string) {
	if slices.Contains(scopes, "groups") {
		info.AppendClaims("groups", g.users.Groups[user])
	}
}

func main() {
	redirect := flag.String("redirect", "", "where the hub takes people back")
	issuer := flag.String("issuer", "", "address by which it is reached, if not its own")
	file := flag.String("users", "", "file with the users")
	flag.Parse()

	text, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	known := &users{}
	if err := json.Unmarshal(text, known); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if *issuer == "" {
		*issuer = address
	}
	storage.RegisterClients(storage.WebClient("workbench", "test-client-secret", *redirect))
	handler := exampleop.SetupServer(*issuer, grouped{storage.NewStorage(known), known}, slog.New(slog.DiscardHandler), false)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	fmt.Println("ready " + address)
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}
