package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/retry"
)

// identityLabel marks the Secrets of this package and says what is in one.
const identityLabel = "workbench.dev/identity"

// What a Secret of this package holds.
const (
	kindAccount = "account" // a local account
	kindPerson  = "person"  // somebody who came by OpenID Connect
	kindToken   = "token"   // an API token, hashed
	kindKeys    = "keys"    // the keys that cookies are sealed with
	kindLimits  = "limits"  // failed sign-ins
)

const (
	// catchUp is how long a write waits for this replica's cache to show it; the answer says so anyway when it doesn't.
	catchUp = 2 * time.Second
	// callTimeout bounds each request to the API server.
	callTimeout = 10 * time.Second
)

// errNotFound says that a Secret isn't there.
var errNotFound = errors.New("not found")

// store keeps what this package remembers, in labelled Secrets of the hub's namespace. Every replica follows them by
// watch; what was just written by another one, and is asked for here first, is read from the API server.
type store struct {
	secrets typedcorev1.SecretInterface
	cache   listersv1.SecretNamespaceLister
	shared  cache.SharedIndexInformer
	factory informers.SharedInformerFactory

	// live bounds reads past the cache, so that guessed names and tokens can't burden the API server.
	live *rate.Limiter

	mu       sync.Mutex
	decoded  map[string]decoded // by name of the Secret
	onChange []func(name string)
}

// decoded is what was last made of a Secret; valid for one resource version.
type decoded struct {
	version string
	value   any
}

func newStore(client kubernetes.Interface, namespace string) (*store, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = identityLabel }))
	informer := factory.Core().V1().Secrets()
	s := &store{
		secrets: client.CoreV1().Secrets(namespace),
		cache:   informer.Lister().Secrets(namespace),
		shared:  informer.Informer(),
		factory: factory,
		live:    rate.NewLimiter(20, 40),
		decoded: map[string]decoded{},
	}
	if err := s.shared.SetTransform(withoutManagedFields); err != nil {
		return nil, err
	}
	changed := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if secret, ok := object.(*corev1.Secret); ok {
			s.changed(secret.Name)
		}
	}
	_, err := s.shared.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: changed, DeleteFunc: changed, UpdateFunc: func(_, object any) { changed(object) },
	})
	return s, err
}

func withoutManagedFields(object any) (any, error) {
	if secret, ok := object.(*corev1.Secret); ok {
		secret.ManagedFields = nil
	}
	return object, nil
}

// start follows the Secrets until the context ends, and returns when all of them were read once.
func (s *store) start(ctx context.Context) error {
	s.factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), s.shared.HasSynced) {
		return errors.New("the Secrets of the hub's namespace could not be read before the hub was stopped")
	}
	return nil
}

func (s *store) changed(name string) {
	s.mu.Lock()
	delete(s.decoded, name)
	watchers := s.onChange
	s.mu.Unlock()
	for _, watcher := range watchers {
		watcher(name)
	}
}

// get reads a Secret from the cache, and from the API server when the cache hasn't got it.
func (s *store) get(ctx context.Context, kind, name string) (*corev1.Secret, error) {
	secret, err := s.cache.Get(name)
	if err == nil && secret.Labels[identityLabel] == kind {
		return secret, nil
	}
	return s.getLive(ctx, kind, name)
}

// getLive reads a Secret from the API server. Too many such reads are answered as if there were nothing.
func (s *store) getLive(ctx context.Context, kind, name string) (*corev1.Secret, error) {
	if !s.live.Allow() {
		return nil, errNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	secret, err := s.secrets.Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, errNotFound
	case err != nil:
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	case secret.Labels[identityLabel] != kind:
		return nil, errNotFound
	}
	return secret, nil
}

// list returns the Secrets of a kind, as far as the cache knows.
func (s *store) list(kind string) []*corev1.Secret {
	var found []*corev1.Secret
	for _, object := range s.shared.GetStore().List() {
		if secret, ok := object.(*corev1.Secret); ok && secret.Labels[identityLabel] == kind {
			found = append(found, secret)
		}
	}
	return found
}

// create writes a new Secret and returns when this replica's cache has it.
func (s *store) create(ctx context.Context, kind, name string, data map[string][]byte, annotations map[string]string) (*corev1.Secret, error) {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Labels:      map[string]string{identityLabel: kind, "app.kubernetes.io/part-of": "workbench"},
			Annotations: annotations,
		},
		Type: corev1.SecretType("workbench.dev/" + kind),
		Data: data,
	}
	created, err := s.secrets.Create(callCtx, secret, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	s.awaitVersion(ctx, created)
	return created, nil
}

// update changes a Secret as it is at that moment, again when somebody else changed it meanwhile, and returns when this
// replica's cache has it. The function may be called several times; when it returns false, nothing is written.
func (s *store) update(ctx context.Context, kind, name string, change func(*corev1.Secret) (bool, error)) (*corev1.Secret, error) {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var updated *corev1.Secret
	first := true
	err := retry.RetryOnConflict(wait.Backoff{Steps: 20, Duration: 5 * time.Millisecond, Factor: 1.5, Jitter: 0.5, Cap: 500 * time.Millisecond}, func() error {
		secret, err := s.cache.Get(name)
		if !first || err != nil {
			secret, err = s.secrets.Get(callCtx, name, metav1.GetOptions{})
		}
		first = false
		if apierrors.IsNotFound(err) || (err == nil && secret.Labels[identityLabel] != kind) {
			return errNotFound
		}
		if err != nil {
			return err
		}
		secret = secret.DeepCopy()
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		write, err := change(secret)
		if err != nil || !write {
			updated = secret
			return err
		}
		updated, err = s.secrets.Update(callCtx, secret, metav1.UpdateOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	s.awaitVersion(ctx, updated)
	return updated, nil
}

// delete removes a Secret, or says that it isn't there, and returns when this replica's cache has lost it.
func (s *store) delete(ctx context.Context, name string) error {
	callCtx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := s.secrets.Delete(callCtx, name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return errNotFound
	}
	if err != nil {
		return fmt.Errorf("deleting Secret %s: %w", name, err)
	}
	s.await(ctx, func() bool { _, err := s.cache.Get(name); return apierrors.IsNotFound(err) })
	return nil
}

func (s *store) awaitVersion(ctx context.Context, written *corev1.Secret) {
	s.await(ctx, func() bool {
		cached, err := s.cache.Get(written.Name)
		return err == nil && (cached.UID != written.UID || !older(cached.ResourceVersion, written.ResourceVersion))
	})
}

// await lets whoever wrote read their own write here. When the watch is late, nothing is lost but that.
func (s *store) await(ctx context.Context, shown func() bool) {
	if !s.shared.HasSynced() {
		return
	}
	_ = wait.PollUntilContextTimeout(ctx, 2*time.Millisecond, catchUp, true, func(context.Context) (bool, error) { return shown(), nil })
}

// older compares resource versions, which are numbers that grow (Kubernetes API concepts, since 1.35).
func older(a, b string) bool {
	left, errLeft := strconv.ParseUint(a, 10, 64)
	right, errRight := strconv.ParseUint(b, 10, 64)
	return errLeft == nil && errRight == nil && left < right
}

// decode makes a value of a Secret, once for each version of it.
func decode[T any](s *store, secret *corev1.Secret, parse func(*corev1.Secret) (T, error)) (T, error) {
	version := string(secret.UID) + "/" + secret.ResourceVersion
	s.mu.Lock()
	known, ok := s.decoded[secret.Name]
	s.mu.Unlock()
	if ok && known.version == version {
		if value, ok := known.value.(T); ok {
			return value, nil
		}
	}
	value, err := parse(secret)
	if err != nil {
		return value, fmt.Errorf("the Secret %s: %w", secret.Name, err)
	}
	if cached, err := s.cache.Get(secret.Name); err == nil && cached.ResourceVersion == secret.ResourceVersion {
		s.mu.Lock()
		s.decoded[secret.Name] = decoded{version, value}
		s.mu.Unlock()
	}
	return value, nil
}
