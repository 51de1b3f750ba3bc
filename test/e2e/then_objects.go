//go:build e2e

package e2e

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// AutoscalerScales waits until the autoscaler's target is of a kind.
func (th *then) AutoscalerScales(kind string) *then {
	th.t.Helper()
	th.eventually("the autoscaler to scale the "+kind, func() (bool, string, error) {
		out, err := world.Kubectl(th.ctx, "", "-n", th.namespace, "get", "hpa", "web-scaler", "-o", "jsonpath={.spec.scaleTargetRef.kind}")
		return out == kind, out, err
	})
	return th
}

// RolloutExists waits until the take-over made the Rollout.
func (th *then) RolloutExists() *then {
	th.t.Helper()
	th.eventually("the Rollout to be made", func() (bool, string, error) {
		_, err := th.getRollout()
		return err == nil, "", err
	})
	return th
}

// RemembersRollout keeps the identity of the Rollout, for AnotherRollout.
func (th *then) RemembersRollout() *then {
	th.t.Helper()
	r, err := th.getRollout()
	th.must(err)
	th.rollout = r.UID
	return th
}

// AnotherRollout waits until the Rollout that was remembered has been replaced.
func (th *then) AnotherRollout() *then {
	th.t.Helper()
	th.eventually("another Rollout", func() (bool, string, error) {
		r, err := th.getRollout()
		return r.UID != th.rollout, string(r.UID), err
	})
	return th
}

// Gone waits until the task is gone.
func (th *then) Gone() *then {
	th.t.Helper()
	th.eventually("the task to be gone", func() (bool, string, error) {
		_, err := th.getTask()
		return apierrors.IsNotFound(err), fmt.Sprint(err), nil
	})
	return th
}

// everything is what a person sees of the namespace's objects that a task may touch.
func (s *scenario) everything() string {
	s.t.Helper()
	return s.kubectl("", "get", "deployment,service,virtualservice,destinationrule,rollout,hpa", "-o",
		`jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation} {.metadata.labels} {.metadata.finalizers}{"\n"}{end}`)
}

// Everything checks that it is as it was.
func (th *then) Everything(before string) *then {
	th.t.Helper()
	if diff := cmp.Diff(before, th.everything()); diff != "" {
		th.t.Errorf("something was touched (-before +now):\n%s", diff)
	}
	return th
}

// QuietFrom waits until a window of answers has no failure and counts failures from then on.
func (th *then) QuietFrom(what string) *then {
	th.t.Helper()
	th.eventually("no request to fail once "+what, func() (bool, string, error) {
		before, err := th.traffic.count(th.ctx)
		if err != nil {
			return false, "", err
		}
		th.shares()
		now, err := th.traffic.count(th.ctx)
		d := now.Since(before)
		th.quiet = now
		return err == nil && d.Failed == 0, failures(d), err
	})
	return th
}

// NoneFailedSinceQuiet looks at the traffic since QuietFrom.
func (th *then) NoneFailedSinceQuiet() *then {
	th.t.Helper()
	now, err := th.traffic.count(th.ctx)
	th.must(err)
	if d := now.Since(th.quiet); d.Failed > 0 {
		th.t.Errorf("%d of %d requests failed:\n%s", d.Failed, d.Sent, failures(d))
	}
	return th
}

// PrometheusCounted waits until Prometheus has counted about as many answers of a subset as the customers had from a
// version, and no error; its counters lag by a scrape.
func (th *then) PrometheusCounted(subset, version string) *then {
	th.t.Helper()
	of := fmt.Sprintf(`destination_service_name=%q,destination_service_namespace=%q`, th.app.Name, th.namespace)
	th.eventually("Prometheus to count the answers of "+version, func() (bool, string, error) {
		counted, err := world.Query(th.ctx, `sum(istio_requests_total{destination_canonical_revision="`+subset+`",`+of+`})`)
		if err != nil {
			return false, "", err
		}
		errors, err := world.Query(th.ctx, `sum(istio_requests_total{response_code=~"5..",`+of+`}) or vector(0)`)
		if err != nil {
			return false, "", err
		}
		now, err := th.traffic.count(th.ctx)
		had := float64(now.Versions[version].Total())
		return err == nil && errors == 0 && counted > 0.5*had && counted < 1.1*had, fmt.Sprintf("Prometheus: %.0f answers, %.0f errors; customers: %.0f", counted, errors, had), err
	})
	return th
}
