package loadgen

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// keptFailures is how many single failures a Recorder remembers; all are counted.
const keptFailures = 1000

// keptReasons is how many kinds of failure are counted apart; further ones go to "other".
const keptReasons = 100

// Recorder counts what a run sent and got back. All its methods may be called at any time from any goroutine.
type Recorder struct {
	started time.Time
	done    chan struct{}

	mu       sync.Mutex
	totals   Snapshot
	failures []Failure
	stopped  bool
}

// answer is what became of one request: a status, or 0 and a text.
type answer struct {
	due     time.Time
	version string
	status  int
	text    string
	latency time.Duration
	retried bool
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 400 }

func newRecorder() *Recorder {
	now := time.Now()
	return &Recorder{
		started: now,
		done:    make(chan struct{}),
		totals: Snapshot{
			From:     now,
			Versions: map[string]Counts{},
			Reasons:  map[string]int64{},
		},
	}
}

// Wait returns when the run is over and the last request has its answer.
func (r *Recorder) Wait() { <-r.done }

// Done is closed when the run is over and the last request has its answer.
func (r *Recorder) Done() <-chan struct{} { return r.done }

// Snapshot returns what was counted since the start. Use Snapshot.Since for what happened between two of them.
func (r *Recorder) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.totals.clone()
	if !r.stopped {
		s.To = time.Now()
	}
	s.Failures = slices.Clone(r.failures)
	return s
}

func (r *Recorder) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.To = time.Now()
	r.stopped = true
}

func (r *Recorder) missed(lag time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.Due++
	r.totals.Missed++
	r.totals.MaxLag = max(r.totals.MaxLag, lag)
}

func (r *Recorder) sent(lag time.Duration, late bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.Due++
	r.totals.Sent++
	if late {
		r.totals.Late++
	}
	r.totals.MaxLag = max(r.totals.MaxLag, lag)
}

func (r *Recorder) finished(a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.totals
	c := t.Versions[a.version]
	if c.Status == nil {
		c.Status = map[int]int64{}
	}
	c.Status[a.status]++
	if a.ok() {
		t.OK++
		c.OK++
	} else {
		t.Failed++
		c.Failed++
		text := a.text
		if _, known := t.Reasons[text]; !known && len(t.Reasons) >= keptReasons {
			text = "other"
		}
		t.Reasons[text]++
		if len(r.failures) < keptFailures {
			r.failures = append(r.failures, Failure{
				At: a.due.Add(a.latency), Due: a.due, Version: a.version, Status: a.status, Text: a.text,
			})
		}
	}
	t.Versions[a.version] = c
	t.Latency.add(a.latency)
	if a.retried {
		t.Retried++
	}
	if !a.ok() {
		at := a.due.Add(a.latency)
		if t.FirstFailure.IsZero() {
			t.FirstFailure = at
		}
		t.LastFailure = at
	}
}

// Failure is one request that failed.
type Failure struct {
	// At is when it failed, Due when it was to be sent.
	At  time.Time `json:"at"`
	Due time.Time `json:"due"`
	// Version as its answer named it, or NoVersion.
	Version string `json:"version"`
	// Status code of the answer, 0 when there was none.
	Status int `json:"status"`
	// Text is the status and the start of the body, or why there was no answer.
	Text string `json:"text"`
}

// Counts are the answers of one version.
type Counts struct {
	// OK are answers with a status of 200 to 399, Failed all other requests.
	OK     int64 `json:"ok"`
	Failed int64 `json:"failed"`
	// Status counts by status code; 0 stands for no answer.
	Status map[int]int64 `json:"status"`
}

// Total is how many requests the version answered.
func (c Counts) Total() int64 { return c.OK + c.Failed }

// Snapshot is what was counted between From and To. An answer counts when it arrives, so a request that is under way
// when a Snapshot is taken belongs to the next one.
type Snapshot struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Due is how many requests should have been sent: Sent and Missed together.
	Due int64 `json:"due"`
	// Sent is how many were sent; OK and Failed, how many of them are over and how.
	Sent   int64 `json:"sent"`
	OK     int64 `json:"ok"`
	Failed int64 `json:"failed"`
	// Missed were due but not sent, because the generator was too far behind or too many were unanswered.
	Missed int64 `json:"missed"`
	// Late were sent, but later than they were due by Config.LateAfter or more.
	Late int64 `json:"late"`
	// MaxLag is the longest that a request was sent after it was due, since the start of the run.
	MaxLag time.Duration `json:"maxLag"`
	// Retried were sent a second time by the HTTP client because a kept connection was closed under them.
	Retried int64 `json:"retried"`
	// Versions are the answers by the version that gave them.
	Versions map[string]Counts `json:"versions"`
	// Reasons count the failures by what they said.
	Reasons map[string]int64 `json:"reasons"`
	// FirstFailure and LastFailure are when the first and the last failed; zero when none did.
	FirstFailure time.Time `json:"firstFailure,omitzero"`
	LastFailure  time.Time `json:"lastFailure,omitzero"`
	// Failures are single failures in the order in which they came; at most the first 1000 of a run.
	Failures []Failure `json:"failures,omitempty"`
	// Latency is how long answers took from when they were due, failures included.
	Latency Histogram `json:"latency"`
}

// Since returns what was counted after earlier, which must be a Snapshot of the same run.
func (s Snapshot) Since(earlier Snapshot) Snapshot {
	d := s.clone()
	d.From = earlier.To
	d.Due -= earlier.Due
	d.Sent -= earlier.Sent
	d.OK -= earlier.OK
	d.Failed -= earlier.Failed
	d.Missed -= earlier.Missed
	d.Late -= earlier.Late
	d.Retried -= earlier.Retried
	for name, before := range earlier.Versions {
		c := d.Versions[name]
		c.OK -= before.OK
		c.Failed -= before.Failed
		subtract(c.Status, before.Status)
		if c.Total() == 0 {
			delete(d.Versions, name)
			continue
		}
		d.Versions[name] = c
	}
	subtract(d.Reasons, earlier.Reasons)
	d.Latency = s.Latency.minus(earlier.Latency)
	d.Failures = slices.Clone(s.Failures[min(len(earlier.Failures), len(s.Failures)):])
	if d.Failed == 0 {
		d.FirstFailure, d.LastFailure = time.Time{}, time.Time{}
	} else if earlier.Failed > 0 {
		d.FirstFailure = time.Time{}
		if len(d.Failures) > 0 {
			d.FirstFailure = d.Failures[0].At
		}
	}
	return d
}

// KeptUp says whether the generator held its rate: nothing missed, and at most one request in a thousand late.
func (s Snapshot) KeptUp() bool { return s.Missed == 0 && s.Late*1000 <= s.Sent }

// Rate is how many requests a second were sent.
func (s Snapshot) Rate() float64 {
	d := s.To.Sub(s.From).Seconds()
	if d <= 0 {
		return 0
	}
	return float64(s.Sent) / d
}

func (s Snapshot) clone() Snapshot {
	versions := make(map[string]Counts, len(s.Versions))
	for name, c := range s.Versions {
		c.Status = maps.Clone(c.Status)
		versions[name] = c
	}
	s.Versions = versions
	s.Reasons = maps.Clone(s.Reasons)
	return s
}

// subtract takes counts off and drops those that come to nothing.
func subtract[K comparable](from, counts map[K]int64) {
	for k, n := range counts {
		if from[k] -= n; from[k] == 0 {
			delete(from, k)
		}
	}
}
