package tasks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/release"
)

// maxActions is how many actions of a task are listed; the controller keeps 100 ended ones unless told otherwise.
const maxActions = 200

// CreateAction records what a person asks of a task. The controller in the cluster carries it out.
func (s *Service) CreateAction(ctx context.Context, in *api.CreateActionInput) (*api.ActionOutput, error) {
	out, err := s.createAction(ctx, in)
	event := audit.Event{Action: in.Body.Type, Kind: "ReleaseTask", Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name, Result: audit.Pending}
	switch {
	case err != nil:
		event.Result, event.Message = refusedOrFailed(err), err.Error()
	case out.Status == http.StatusOK:
		return out, nil // a repeated request
	default:
		event.ReleaseAction = out.Body.Name
	}
	s.Audit.Record(ctx, event)
	return out, err
}

func (s *Service) createAction(ctx context.Context, in *api.CreateActionInput) (*api.ActionOutput, error) {
	who := s.who(ctx)
	if err := checkAction(in.Body); err != nil {
		return nil, err
	}
	asked, task, err := s.task(ctx, who, in.TaskPath)
	if err != nil {
		return nil, err
	}
	action := newAction(task, in.Body, who.KubernetesUser(), in.IdempotencyKey)
	err = asked.Create(ctx, action, fieldManager)
	status := http.StatusCreated
	if apierrors.IsAlreadyExists(err) && in.IdempotencyKey != "" {
		wanted := action.Spec
		if err := asked.Get(ctx, client.ObjectKeyFromObject(action), action); err != nil {
			return nil, upstream.Problem(err, nil)
		}
		if !equality.Semantic.DeepEqual(action.Spec, wanted) {
			return nil, huma.Error422UnprocessableEntity("This Idempotency-Key was used for another request: use a new key for each thing that you ask.",
				api.Field("header.Idempotency-Key", "was used for "+string(action.Spec.Type)))
		}
		status, err = http.StatusOK, nil
	}
	if err != nil {
		return nil, upstream.Problem(err, upstream.Fields{"spec": "body"})
	}
	return &api.ActionOutput{
		Status: status, Location: taskPath(in.Cluster, in.Namespace, in.Name) + "/actions/" + action.Name, Body: s.action(action),
	}, nil
}

// checkAction says what is wrong with a request before the cluster sees it.
func checkAction(asked api.ActionRequest) error {
	needsRollback, needsUpdate := asked.Type == string(v1alpha1.ActionRollback), asked.Type == string(v1alpha1.ActionUpdateVersion)
	switch {
	case needsRollback != (asked.Rollback != nil):
		return huma.Error422UnprocessableEntity("rollback belongs to type Rollback, and only to it: it names the revision to go to.", api.Field("body.rollback", "is set exactly when type is Rollback"))
	case needsUpdate != (asked.UpdateVersion != nil):
		return huma.Error422UnprocessableEntity("updateVersion belongs to type UpdateVersion, and only to it: it lists containers and their images.", api.Field("body.updateVersion", "is set exactly when type is UpdateVersion"))
	case needsUpdate:
		return upstream.Problem(release.CheckImages(toImages(asked.UpdateVersion.Containers)).AsError(), upstream.Fields{"spec": "body"})
	}
	return nil
}

// newAction is the record of what was asked. With a key its name follows from task, person and key, so that a repeated
// request meets the record of the first, on any replica of the hub.
func newAction(task *v1alpha1.ReleaseTask, asked api.ActionRequest, user, key string) *v1alpha1.ReleaseAction {
	suffix := strings.ToLower(asked.Type) + "-" + rand.String(8)
	if key != "" {
		sum := sha256.Sum256([]byte(string(task.UID) + "\x00" + user + "\x00" + key))
		suffix = "key-" + hex.EncodeToString(sum[:12])
	}
	action := &v1alpha1.ReleaseAction{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ReleaseAction"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: task.Namespace, Name: task.Name + "-" + suffix, Labels: map[string]string{v1alpha1.TaskLabel: task.Name},
		},
		Spec: v1alpha1.ReleaseActionSpec{Task: task.Name, Type: v1alpha1.ActionType(asked.Type), RequestedBy: user},
	}
	if e := asked.Expect; e != nil && (e.Revision != nil || e.Step != nil) {
		action.Spec.Expect = &v1alpha1.Expectation{Revision: e.Revision, Step: e.Step}
	}
	if asked.Rollback != nil {
		action.Spec.Rollback = &v1alpha1.RollbackSpec{Revision: asked.Rollback.Revision}
	}
	if asked.UpdateVersion != nil {
		action.Spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: toImages(asked.UpdateVersion.Containers)}
	}
	return action
}

// ListActions is the actions of a task, newest first, those of the command line too.
func (s *Service) ListActions(ctx context.Context, path *api.TaskPath) (*api.ListActionsOutput, error) {
	asked, task, err := s.task(ctx, s.who(ctx), *path)
	if err != nil {
		return nil, err
	}
	list := &v1alpha1.ReleaseActionList{}
	if err := asked.List(ctx, list, client.InNamespace(task.Namespace), client.MatchingFields{"spec.task": task.Name}); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.ReleaseAction) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	out := &api.ListActionsOutput{}
	for i := range list.Items[:min(len(list.Items), maxActions)] {
		out.Body.Items = append(out.Body.Items, s.action(&list.Items[i]))
	}
	return out, nil
}

// GetAction is what became of an action.
func (s *Service) GetAction(ctx context.Context, in *api.GetActionInput) (*api.GetActionOutput, error) {
	asked, err := s.as(s.who(ctx), in.Cluster)
	if err != nil {
		return nil, err
	}
	action := &v1alpha1.ReleaseAction{}
	if err := asked.Get(ctx, client.ObjectKey{Namespace: in.Namespace, Name: in.Action}, action); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	if action.Spec.Task != in.Name {
		return nil, api.NotFound()
	}
	return &api.GetActionOutput{Body: s.action(action)}, nil
}

func (s *Service) action(action *v1alpha1.ReleaseAction) api.Action {
	shown := api.Action{
		ActionRequest: api.ActionRequest{Type: string(action.Spec.Type)},
		Name:          action.Name, RequestedBy: s.withoutPrefix(action.Spec.RequestedBy), CreatedAt: action.CreationTimestamp.UTC(),
		State: cmp.Or(string(action.Status.State), string(v1alpha1.ActionPending)), Message: s.withoutPrefix(action.Status.Message),
		StartedAt: index.Time(action.Status.StartedAt), FinishedAt: index.Time(action.Status.FinishedAt),
	}
	if e := action.Spec.Expect; e != nil {
		shown.Expect = &api.Expectation{Revision: e.Revision, Step: e.Step}
	}
	if r := action.Spec.Rollback; r != nil {
		shown.Rollback = &api.Rollback{Revision: r.Revision}
	}
	if u := action.Spec.UpdateVersion; u != nil {
		shown.UpdateVersion = &api.UpdateVersion{Containers: index.Images(u.Containers)}
	}
	return shown
}
