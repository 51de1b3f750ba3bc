// Package auth answers who asks: sign-in by local accounts and by OpenID Connect, sessions in cookies, tokens for
// programs, and the defences around them (cross-origin requests, guessing of passwords, security headers).
//
// All it has to remember lies in labelled Secrets of the hub's namespace, which every replica follows by watch, so that
// a session, a token and a limit hold on each of them.
//
// It isn't for what somebody may do: internal/hub/workspaces answers that, and the clusters have the last word.
package auth
