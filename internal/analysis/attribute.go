package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// way is how the series of stable and canary are told apart.
type way string

const (
	// bySubset: the calling proxy names the subset that it chose.
	bySubset way = "subset"
	// byRevision: the calling proxy names the canonical revision of the pod, which differs between the versions.
	byRevision way = "revision"
	// byPod: each pod counts its own answers.
	byPod way = "pod"
)

// shared says whether one process counts both versions, so that they are counted over the same time.
func (w way) shared() bool { return w != byPod }

// side is what a series counts.
type side int

const (
	neither side = iota
	stableSide
	canarySide
)

// attribution says of each series what it counts.
type attribution struct {
	way
	dialect dialect
	subject Subject
}

func (a attribution) of(m model.Metric) side {
	reporter := m["reporter"]
	switch a.way {
	case bySubset:
		if reporter == "destination" {
			return neither
		}
		return pick(a.dialect.subset(m), "stable", "canary")
	case byRevision:
		if reporter != "source" {
			return neither
		}
		return pick(string(m["destination_canonical_revision"]), a.subject.Stable.Revision, a.subject.Canary.Revision)
	}
	if reporter == "source" {
		return neither
	}
	if hash := string(m["rollouts_pod_template_hash"]); hash != "" {
		return pick(hash, a.subject.Stable.Hash, a.subject.Canary.Hash)
	}
	pod := podOf(m)
	switch {
	case a.subject.Canary.PodPrefix != "" && strings.HasPrefix(pod, a.subject.Canary.PodPrefix):
		return canarySide
	case a.subject.Stable.PodPrefix != "" && strings.HasPrefix(pod, a.subject.Stable.PodPrefix):
		return stableSide
	}
	return neither
}

func pick(value, stable, canary string) side {
	switch value {
	case "":
		return neither
	case canary:
		return canarySide
	case stable:
		return stableSide
	}
	return neither
}

// tellApart chooses the best way in which the series can be told apart: the first by which any of them belongs to a
// version. The problem is a sentence when there are series and none does.
func tellApart(d dialect, s Subject, series model.Vector) (attribution, string) {
	ways := []way{bySubset}
	if s.Stable.Revision != s.Canary.Revision && s.Stable.Revision != "" && s.Canary.Revision != "" {
		ways = append(ways, byRevision)
	}
	ways = append(ways, byPod)
	for _, w := range ways {
		a := attribution{w, d, s}
		if slices.ContainsFunc(series, func(sample *model.Sample) bool { return a.of(sample.Metric) != neither }) {
			return a, ""
		}
	}
	a := attribution{bySubset, d, s}
	if len(series) == 0 {
		return a, ""
	}
	return a, fmt.Sprintf("Prometheus has %s of Service %s, but nothing in them tells stable and canary apart: keep the label pod when the pods' proxies are scraped, or give the pod template a label version that changes with each version.",
		d.requests, s.Service)
}
