package hub

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/lru"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// Rates are how many requests of the API are let through, on each replica.
type Rates struct {
	// PerPerson and PersonBurst are for who signed in, a second and at once.
	PerPerson   float64
	PersonBurst int
	// PerAddress and AddressBurst are for an address from which nobody signed in.
	PerAddress   float64
	AddressBurst int
}

// DefaultRates let a page of the console and a busy program through, and no loop without a pause.
var DefaultRates = Rates{PerPerson: 50, PersonBurst: 200, PerAddress: 10, AddressBurst: 50}

// keptRates is how many people and addresses are remembered.
const keptRates = 10_000

// limiter holds each person, and each address from which nobody signed in, to a rate.
type limiter struct {
	rates Rates
	mutex sync.Mutex
	kept  *lru.Cache
}

func newLimiter(rates Rates) *limiter {
	return &limiter{rates: rates, kept: lru.New(keptRates)}
}

// handler stands behind the layer that finds out who asks.
func (l *limiter) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			if wait := l.wait(r); wait > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
				writeProblem(w, http.StatusTooManyRequests, "Too many requests: wait a moment, and ask less often.")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (l *limiter) wait(r *http.Request) time.Duration {
	key, limit, burst := "address "+host(address(r)), l.rates.PerAddress, l.rates.AddressBurst
	if identity, signedIn := auth.FromContext(r.Context()); signedIn {
		key, limit, burst = "person "+identity.Name, l.rates.PerPerson, l.rates.PersonBurst
	}
	l.mutex.Lock()
	found, known := l.kept.Get(key)
	if !known {
		found = rate.NewLimiter(rate.Limit(limit), burst)
		l.kept.Add(key, found)
	}
	l.mutex.Unlock()
	reservation := found.(*rate.Limiter).Reserve()
	wait := reservation.Delay()
	if wait > 0 {
		reservation.Cancel()
	}
	return wait
}

// host is an address without the port that a connection has.
func host(address string) string {
	if at := strings.LastIndexByte(address, ':'); at > 0 && strings.Count(address, ":") == 1 {
		return address[:at]
	}
	return address
}
