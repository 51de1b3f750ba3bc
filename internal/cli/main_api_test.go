//go:build apiserver

package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }

const (
	// admin is who the kubeconfig says.
	admin    = ""
	editor   = "ana@example.com"
	clerk    = "kim@example.com" // has no role
	viewer   = "vic@example.com"
	stranger = "sam@example.com"
)

// lab is a namespace of a real API server with the chart in it, an editor and a viewer, and a Deployment; the test
// plays the controller.
type lab struct {
	t          *testing.T
	namespace  string
	kubeconfig string
	// controller has the rights of the controller, admin those of an administrator.
	controller, admin client.WithWatch
}

func newLab(t *testing.T) *lab {
	server := apitest.Start(t)
	server.InstallChart(t)
	l := &lab{t: t, namespace: server.Namespace(t), admin: server.Client(t), controller: server.Controller(t)}
	l.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(kubeconfigOf(server.Config), l.kubeconfig); err != nil {
		t.Fatal(err)
	}
	l.bind(viewer, "workbench-viewer")
	l.bind(editor, "workbench-editor")
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: "shop"}}
	pods := map[string]string{"app": "shop"}
	deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: pods}
	deployment.Spec.Template.Labels = pods
	deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: "shop:v1"}}
	l.must(l.admin.Create(t.Context(), deployment))
	return l
}

func kubeconfigOf(config *rest.Config) clientcmdapi.Config {
	made := clientcmdapi.NewConfig()
	made.Clusters["c"] = &clientcmdapi.Cluster{
		Server: config.Host, CertificateAuthorityData: config.CAData, CertificateAuthority: config.CAFile,
		InsecureSkipTLSVerify: config.Insecure, TLSServerName: config.ServerName,
	}
	made.AuthInfos["u"] = &clientcmdapi.AuthInfo{
		Token: config.BearerToken, TokenFile: config.BearerTokenFile,
		ClientCertificateData: config.CertData, ClientCertificate: config.CertFile,
		ClientKeyData: config.KeyData, ClientKey: config.KeyFile,
	}
	made.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	made.CurrentContext = "c"
	return *made
}

func (l *lab) bind(user, role string) {
	l.must(l.admin.Create(l.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}))
}

// allow lets a user do something with a resource of Workbench, and nothing else.
func (l *lab) allow(user, resource string, verbs ...string) {
	name := metav1.ObjectMeta{Namespace: l.namespace, Name: "allowed-" + resource}
	l.must(l.admin.Create(l.t.Context(), &rbacv1.Role{
		ObjectMeta: name, Rules: []rbacv1.PolicyRule{{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{resource}, Verbs: verbs}},
	}))
	l.must(l.admin.Create(l.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}))
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// result is how a command ended.
type result struct {
	code     ExitCode
	out, err string
}

// run carries a command out as a user.
func (l *lab) run(user, line string) result { return l.runWith(user, line, "") }

func (l *lab) runWith(user, line, input string) result {
	env, io := testEnv()
	env.Clock = clock.RealClock{}
	io.in.WriteString(input)
	code := Run(l.t.Context(), env, l.arguments(user, line))
	return result{code: code, out: io.out.String(), err: io.err.String()}
}

func (l *lab) arguments(user, line string) []string {
	arguments := append(strings.Fields(line), "--kubeconfig", l.kubeconfig)
	if user != admin {
		arguments = append(arguments, "--as", user)
	}
	if !strings.Contains(line, " -n ") {
		arguments = append(arguments, "-n", l.namespace)
	}
	return arguments
}

// command is one that runs while the test goes on.
type command struct {
	lab   *lab
	out   *output
	ended chan ExitCode
}

// output is written by a command and read by the test.
type output struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// start carries a command out while the test goes on.
func (l *lab) start(user, line string) *command {
	env, _ := testEnv()
	env.Clock = clock.RealClock{}
	started := &command{lab: l, out: &output{}, ended: make(chan ExitCode, 1)}
	env.Out, env.ErrOut = started.out, started.out
	ctx, cancel := context.WithTimeout(l.t.Context(), 2*time.Minute)
	go func() {
		defer cancel()
		started.ended <- Run(ctx, env, l.arguments(user, line))
	}()
	return started
}

// says waits until the command has said something.
func (c *command) says(text string) {
	c.lab.t.Helper()
	c.lab.wait("it says "+text, func(context.Context) (bool, error) { return strings.Contains(c.out.String(), text), nil })
}

// ends waits for the end of the command.
func (c *command) ends(code ExitCode, says ...string) {
	c.lab.t.Helper()
	ended := <-c.ended
	c.lab.requires(result{code: ended, out: c.out.String()}, code, says...)
}

// wait waits until something is so.
func (l *lab) wait(what string, so wait.ConditionWithContextFunc) {
	l.t.Helper()
	if err := wait.PollUntilContextTimeout(l.t.Context(), 10*time.Millisecond, time.Minute, true, so); err != nil {
		l.t.Fatalf("waiting until %s: %v", what, err)
	}
}

// requires compares how a command ended.
func (l *lab) requires(got result, code ExitCode, says ...string) {
	l.t.Helper()
	for _, want := range says {
		if !strings.Contains(got.out+got.err, want) {
			l.t.Errorf("%q is not in what it said:\n%s%s", want, got.out, got.err)
		}
	}
	if got.code != code {
		l.t.Fatalf("code %d, want %d\n%s%s", got.code, code, got.out, got.err)
	}
}

// create makes the task shop.
func (l *lab) create() {
	l.t.Helper()
	l.requires(l.run(editor, "release create shop --workload deploy/shop --step 10:5m --step 50:0"), ExitOK)
}

// status has the controller write the task's status.
func (l *lab) status(change func(status *v1alpha1.ReleaseTaskStatus)) {
	l.t.Helper()
	task := l.task()
	change(&task.Status)
	task.Status.ObservedGeneration = task.Generation
	l.must(l.controller.Status().Update(l.t.Context(), task))
}

func (l *lab) task() *v1alpha1.ReleaseTask {
	l.t.Helper()
	task := &v1alpha1.ReleaseTask{}
	l.must(l.admin.Get(l.t.Context(), client.ObjectKey{Namespace: l.namespace, Name: "shop"}, task))
	return task
}

// release has the controller show that v2 is released, in its first step.
func (l *lab) release(phase v1alpha1.Phase) {
	l.t.Helper()
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		runs := makeTask("shop", phase, running(1, v1alpha1.WaitsForPerson))
		*status = runs.Status
	})
}

// end has the controller show how the release of v2 ended.
func (l *lab) end(phase v1alpha1.Phase, outcome v1alpha1.Outcome) {
	l.t.Helper()
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		ended := *status.Release.DeepCopy()
		ended.EndedAt, ended.Outcome, ended.Reason = ptrTo(metav1.Now().Rfc3339Copy()), outcome, "so it was"
		status.History = append([]v1alpha1.ReleaseRecord{ended}, status.History...)
		status.Release, status.Step, status.Phase, status.Message = nil, nil, phase, "It ended."
		if outcome == v1alpha1.OutcomeReleased {
			status.Stable, status.Canary = version("v2", 2), nil
		}
	})
}

// answer waits for the next action, and has the controller end it.
func (l *lab) answer(state v1alpha1.ActionState, message string) *v1alpha1.ReleaseAction {
	l.t.Helper()
	action := l.asked()
	action.Status.State, action.Status.Message = state, message
	l.must(l.controller.Status().Update(l.t.Context(), action))
	return action
}

// asked waits for an action that is not ended.
func (l *lab) asked() *v1alpha1.ReleaseAction {
	l.t.Helper()
	var found *v1alpha1.ReleaseAction
	l.wait("an action is asked for", func(ctx context.Context) (bool, error) {
		actions := &v1alpha1.ReleaseActionList{}
		if err := l.controller.List(ctx, actions, client.InNamespace(l.namespace)); err != nil {
			return false, err
		}
		for i := range actions.Items {
			if !actions.Items[i].Status.State.IsFinal() {
				found = &actions.Items[i]
			}
		}
		return found != nil, nil
	})
	return found
}

// exists waits until the task shop exists.
func (l *lab) exists() {
	l.t.Helper()
	l.wait("the task exists", func(ctx context.Context) (bool, error) {
		err := l.admin.Get(ctx, client.ObjectKey{Namespace: l.namespace, Name: "shop"}, &v1alpha1.ReleaseTask{})
		return err == nil, client.IgnoreNotFound(err)
	})
}
