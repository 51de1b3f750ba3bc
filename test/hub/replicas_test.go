//go:build apiserver

package hub

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestReplicasAgree holds two replicas to being one hub: what was proven, revoked or guessed at one holds at the other.
func TestReplicasAgree(t *testing.T) {
	w := theWorld(t)
	a, b := w.start(t, "--trusted-proxy=127.0.0.0/8"), w.start(t, "--trusted-proxy=127.0.0.0/8")
	a.ready(t)
	b.ready(t)
	w.account(t, a, "max")
	t.Cleanup(func() {
		w.must(t, w.start(t).ready(t).url, http.StatusNoContent, platform, "DELETE", "/api/v1/accounts/max", nil)
	})

	session := w.session(t, a.url, "max")
	w.must(t, b.url, http.StatusOK, nobody, "GET", "/api/v1/me", nil, "Cookie", session)
	var token struct{ ID, Secret string }
	w.must(t, b.url, http.StatusCreated, nobody, "POST", "/api/v1/me/tokens", map[string]any{"name": "tests"}, "Cookie", session).into(t, &token)
	w.secret("a token that is revoked", token.Secret)
	bearer := []string{"Authorization", "Bearer " + token.Secret}
	w.answers(t, a, http.StatusOK, bearer...)

	w.must(t, b.url, http.StatusNoContent, nobody, "DELETE", "/api/v1/me/tokens/"+token.ID, nil, "Cookie", session)
	w.answers(t, b, http.StatusUnauthorized, bearer...)
	w.answers(t, a, http.StatusUnauthorized, bearer...)
	w.must(t, a.url, http.StatusNoContent, nobody, "POST", "/api/v1/auth/sign-out", nil, "Cookie", session)
	w.answers(t, a, http.StatusUnauthorized, "Cookie", session)
	w.answers(t, b, http.StatusUnauthorized, "Cookie", session)

	// Guesses are counted over both. Each may be behind the other by what is under way.
	signIn := func(p *process, password string) int {
		return w.ask(t, p.url, nobody, "POST", "/api/v1/auth/sign-in", map[string]any{"name": "max", "password": password}, "X-Forwarded-For", "198.51.100.7").status
	}
	looked := 0
	for i := range 16 {
		if signIn([]*process{a, b}[i%2], fmt.Sprintf("wrong password %d", i)) == http.StatusUnauthorized {
			looked++
		}
	}
	if looked < 10 || looked > 12 {
		t.Errorf("%d guesses were looked at by two replicas, want 10 or hardly more", looked)
	}
	for _, p := range []*process{a, b} {
		eventually(t, "the account can't be guessed at "+p.address, func() error {
			if status := signIn(p, w.passwords["max"]); status != http.StatusTooManyRequests {
				return fmt.Errorf("a sign-in answers %d", status)
			}
			return nil
		})
	}
}

// answers waits until a replica answers who asks for themselves with the status.
func (w *world) answers(t *testing.T, p *process, status int, headers ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s answers %d", p.address, status), func() error {
		if got := w.ask(t, p.url, nobody, "GET", "/api/v1/me", nil, headers...); got.status != status {
			return fmt.Errorf("it answers %d: %s", got.status, got.body)
		}
		return nil
	})
}

// TestReplicaKilledUnderLoad kills one of two replicas: its streams go on at the other where they were, without
// anybody having to fetch a list again.
func TestReplicaKilledUnderLoad(t *testing.T) {
	w := theWorld(t)
	still := w.watched(t)
	a, b := w.start(t), w.start(t)
	front := newBalancer(t, a.ready(t), b.ready(t))
	writing := w.write(t)
	onlookers := w.crowd(t, front.url, 8)
	everybodyConnects(t, onlookers, make([]int, len(onlookers)))
	writing.goesOn(t, 150)
	before := sum(onlookers)
	a.kill()
	eventually(t, "the streams of the killed replica go on at the other", func() error {
		if now := sum(onlookers); now.connects < before.connects+len(onlookers)/4 {
			return fmt.Errorf("%d streams were opened, %d before", now.connects, before.connects)
		}
		return nil
	})
	writing.goesOn(t, 150)
	writing.stop()
	still()
	w.agree(t, onlookers)
	complaints(t, onlookers)
	after := sum(onlookers)
	if after.resets > 0 {
		t.Errorf("%d times somebody was told to fetch the list again", after.resets)
	}
	t.Logf("1 kill, %d onlookers, %d writes (%d deletions): %+v", len(onlookers), writing.writes.Load(), writing.deleted.Load(), after)
}

// TestReplicaStops ends one of two replicas as Kubernetes does. Its streams are told goodbye, a request under way ends
// well, and nobody's request fails.
func TestReplicaStops(t *testing.T) {
	w := theWorld(t)
	still := w.watched(t)
	a, b := w.start(t), w.start(t)
	front := newBalancer(t, a.ready(t), b.ready(t))
	writing := w.write(t)
	onlookers := w.crowd(t, front.url, 4)
	everybodyConnects(t, onlookers, make([]int, len(onlookers)))
	atA := w.look(t, a.url, editor, inLoad(), "")
	everybodyConnects(t, []*onlooker{atA}, []int{0})

	stop, failed, asked := w.readAlways(front.url)
	underWay := w.half(t, a)
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a stream is told goodbye", func() error {
		if _, _, byes := atA.numbers(); byes == 0 {
			return errors.New("it was not")
		}
		return nil
	})
	underWay(http.StatusUnprocessableEntity)
	eventually(t, "the hub ends", func() error {
		select {
		case <-a.exited:
			return nil
		default:
			return errors.New("it runs")
		}
	})
	if code := a.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	atA.stop()
	writing.goesOn(t, 30)
	stop()
	for _, problem := range failed() {
		t.Errorf("a request failed: %s", problem)
	}
	writing.stop()
	still()
	w.agree(t, onlookers)
	complaints(t, onlookers)
	after := sum(onlookers)
	if reconnects := after.connects - len(onlookers); after.byes != reconnects || reconnects == 0 {
		t.Errorf("%d streams ended and %d were told goodbye", reconnects, after.byes)
	}
	t.Logf("1 stop, %d onlookers, %d requests, %d writes: %+v", len(onlookers), asked(), writing.writes.Load(), after)
}

// half sends the beginning of a request, and returns what sends the rest and expects an answer.
func (w *world) half(t *testing.T, p *process) (rest func(status int)) {
	t.Helper()
	connection, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	const body = `{"name": "half", "namespaces": 1, "members": []}`
	head := "POST /api/v1/workspaces HTTP/1.1\r\nHost: workbench.test\r\nAuthorization: Bearer " + w.tokens[platform] +
		"\r\nContent-Type: application/json\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
	if _, err := connection.Write([]byte(head + body[:10])); err != nil {
		t.Fatal(err)
	}
	return func(status int) {
		t.Helper()
		if _, err := connection.Write([]byte(body[10:])); err != nil {
			t.Errorf("the rest of the request can't be sent: %v", err)
			return
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Errorf("the request under way got no answer: %v", err)
			return
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("the request under way got %d, want %d", response.StatusCode, status)
		}
	}
}

// readAlways asks for the list again and again, as four people do, until stop.
func (w *world) readAlways(url string) (stop func(), failed func() []string, asked func() int) {
	var mutex sync.Mutex
	var problems []string
	number, end := 0, make(chan struct{})
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				got, err := w.try(url, viewer, "GET", "/api/v1/release-tasks?pageSize=10", nil)
				mutex.Lock()
				number++
				if err != nil {
					problems = append(problems, err.Error())
				} else if got.status != http.StatusOK {
					problems = append(problems, fmt.Sprintf("%d %s", got.status, got.body))
				}
				mutex.Unlock()
				time.Sleep(20 * time.Millisecond) // a person's pace, not a measure
			}
		})
	}
	return func() { close(end); running.Wait() },
		func() []string { mutex.Lock(); defer mutex.Unlock(); return problems[:min(len(problems), 5)] },
		func() int { mutex.Lock(); defer mutex.Unlock(); return number }
}
