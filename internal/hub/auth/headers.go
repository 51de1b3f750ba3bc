package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

// NoncePlaceholder stands in the console's index.html where the nonce of the answer belongs: in
// <meta property="csp-nonce" nonce="__CSP_NONCE__">. The console gives it to Ant Design (ConfigProvider csp={{nonce}}),
// which adds style elements while it runs. Scripts come from files of the hub and need none.
const NoncePlaceholder = "__CSP_NONCE__"

type nonceKey struct{}

// Nonce is that of the content security policy of this answer.
func Nonce(ctx context.Context) string {
	nonce, _ := ctx.Value(nonceKey{}).(string)
	return nonce
}

// WithNonce puts the nonce of this answer into a page.
func WithNonce(ctx context.Context, page []byte) []byte {
	return bytes.ReplaceAll(page, []byte(NoncePlaceholder), []byte(Nonce(ctx)))
}

// policy is the content security policy: nothing but what the hub serves itself.
//
// style-src-attr is open since components set style attributes (widths of bars, places of pop-ups); an attribute can't
// load anything, as img-src and font-src hold for it too.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"style-src-attr 'unsafe-inline'",
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self'",
		"manifest-src 'self'",
		"worker-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"object-src 'none'",
	}, "; ")
}

// Headers sets what makes browsers careful, on every answer: a content security policy with a nonce of its own, and
// what the OWASP Secure Headers Project asks for. Answers of the API are never stored.
func Headers(overTLS bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			nonce := rand.Text()
			h := w.Header()
			h.Set("Content-Security-Policy", policy(nonce))
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Permissions-Policy", "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			if overTLS {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			if strings.HasPrefix(r.URL.Path, "/api/") {
				h.Set("Cache-Control", "no-store")
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
		})
	}
}
